/** A place in a LinkedList, kept by its owner, who can leave from anywhere at once. */
export class ListNode<T> {
  readonly value: T;
  list: LinkedList<T> | undefined;
  previous: ListNode<T> | undefined;
  next: ListNode<T> | undefined;

  constructor(value: T) {
    this.value = value;
  }
}

/** First come first served; every operation takes the same time, however long the list is. */
export class LinkedList<T> {
  #first: ListNode<T> | undefined;
  #last: ListNode<T> | undefined;

  get first(): T | undefined {
    return this.#first?.value;
  }

  /** The node must be in no list. */
  append(node: ListNode<T>): void {
    node.list = this;
    node.previous = this.#last;
    if (this.#last) this.#last.next = node;
    else this.#first = node;
    this.#last = node;
  }

  /** Takes the first value out. */
  shift(): T | undefined {
    const node = this.#first;
    if (node) this.remove(node);
    return node?.value;
  }

  /** Does nothing for a node that is not in this list. */
  remove(node: ListNode<T>): void {
    if (node.list !== this) return;
    if (node.previous) node.previous.next = node.next;
    else this.#first = node.next;
    if (node.next) node.next.previous = node.previous;
    else this.#last = node.previous;
    node.list = undefined;
    node.previous = undefined;
    node.next = undefined;
  }
}
