/**
 * A typed wrapper around tsyringe, and the only place that knows it. It adds what tsyringe lacks:
 * each part is made once, a second registration is refused, a cycle is named, and closing reaches
 * all parts in reverse order.
 */

import 'reflect-metadata';
import { container as globalContainer } from 'tsyringe';

declare const PART: unique symbol;

/** Names a part of type T. Two tokens are never the same, even with one name. */
export interface Token<T> {
  readonly name: string;
  readonly key: symbol;
  readonly [PART]?: T;
}

export function token<T>(name: string): Token<T> {
  return { name, key: Symbol(name) };
}

type Get = <T>(token: Token<T>) => T;

/** How to make a part, and how to give it up if it was made. */
interface PartRecipe<T> {
  make(get: Get): T;
  close?(part: T): void | Promise<void>;
}

/** The parts of one server. */
export class Container {
  readonly #parts = globalContainer.createChildContainer();
  readonly #making: string[] = [];
  readonly #closers: (() => void | Promise<void>)[] = [];

  /** Tells how to make a part when it is first asked for. Throws for a token provided before. */
  provide<T>(token: Token<T>, recipe: PartRecipe<NoInfer<T>>): void {
    if (this.#parts.isRegistered(token.key)) throw new Error(`${token.name} is provided twice`);
    let made: { readonly part: T } | undefined;
    this.#parts.register<T>(token.key, {
      useFactory: () => {
        made ??= { part: this.#make(token.name, recipe) };
        return made.part;
      },
    });
  }

  readonly get: Get = (token) => {
    if (!this.#parts.isRegistered(token.key)) throw new Error(`nobody provides ${token.name}`);
    return this.#parts.resolve(token.key);
  };

  /**
   * Closes the parts that were made, the last one first; a failure does not keep the others open.
   */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const close of this.#closers.splice(0).reverse()) {
      try {
        await close();
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'some parts did not close');
  }

  #make<T>(name: string, recipe: PartRecipe<T>): T {
    const path = [...this.#making, name];
    if (this.#making.includes(name)) throw new Error(`parts need each other: ${path.join(' → ')}`);
    this.#making.push(name);
    try {
      const part = recipe.make(this.get);
      this.#closers.push(() => recipe.close?.(part));
      return part;
    } finally {
      this.#making.pop();
    }
  }
}
