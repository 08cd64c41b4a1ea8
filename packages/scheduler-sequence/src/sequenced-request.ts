import type {
  BatchTimes,
  InferError,
  InferenceRequest,
  ModelResponse,
  PendingRequest,
} from '@nereid/core';
import type { ResponseOrder } from '@nereid/scheduler-kit';
import type { Sequence } from './sequence.js';
import type { SequenceInputs } from './sequence-inputs.js';
import type { SequenceStates } from './sequence-states.js';

export interface SequencedRequestOptions {
  readonly pending: PendingRequest;
  readonly sequence: Sequence;
  readonly start: boolean;
  readonly end: boolean;
  readonly queuedNs: number;
  /** The model may ask for another execution of the same request. */
  readonly iterative: boolean;
}

/**
 * A request of a sequence: stands for it towards the backend, with the inputs that the sequence
 * adds, and takes the states from its answers.
 */
export class SequencedRequest implements PendingRequest {
  readonly sequence: Sequence;
  readonly batchSize: number;
  readonly acceptedNs: number;
  readonly queuedNs: number;
  readonly reschedule: (() => void) | undefined;
  /** The next one in the sequence's queue. */
  next: SequencedRequest | undefined;
  /** Takes the cancel listener back. */
  unwatch: (() => void) | undefined;
  #pending: PendingRequest;
  #start: boolean;
  #end: boolean;
  #complete: InferenceRequest | undefined;
  #states: SequenceStates | undefined;
  #ordered = false;
  #started = false;
  #executing = false;
  #finished = false;
  #rescheduled = false;

  constructor(options: SequencedRequestOptions) {
    const { pending, sequence, start, end, queuedNs, iterative } = options;
    this.sequence = sequence;
    this.batchSize = pending.batchSize;
    this.acceptedNs = pending.acceptedNs;
    this.queuedNs = queuedNs;
    this.reschedule = iterative ? () => this.#askAgain() : undefined;
    this.#pending = pending;
    this.#start = start;
    this.#end = end;
  }

  get request(): InferenceRequest {
    return this.#complete ?? this.#pending.request;
  }

  get finished(): boolean {
    return this.#finished;
  }

  /** False while it waits to be executed, for the first time or again. */
  get executing(): boolean {
    return this.#executing;
  }

  /** True from the model's wish for another execution to `again`. */
  get rescheduled(): boolean {
    return this.#rescheduled;
  }

  /**
   * Adds the inputs of the sequence, once before each execution: when the request is next in its
   * sequence and none of those before it executes.
   */
  complete(inputs: SequenceInputs): void {
    if (this.#complete) return;
    const { sequence } = this;
    if (this.#start) sequence.states = inputs.newStates();
    this.#states = sequence.states;
    const position = { start: this.#start, end: this.#end };
    this.#complete = inputs.complete(this.#pending.request, sequence, position);
  }

  /** Its responses wait for those of the requests that were admitted before. */
  answerInOrder(order: ResponseOrder): void {
    if (this.#ordered) return;
    this.#ordered = true;
    this.#pending = order.admit(this.#pending);
  }

  /** Makes it ready for the execution that the model asked for; neither START nor END any more. */
  again(): void {
    this.#rescheduled = false;
    this.#executing = false;
    this.#complete = undefined;
    this.#start = false;
    this.#end = false;
  }

  /** Only the first execution counts: the statistics see one request. */
  started(times: BatchTimes): void {
    this.#executing = true;
    if (this.#started) return;
    this.#started = true;
    this.#pending.started(times);
  }

  respond(response: ModelResponse): Promise<void> | undefined {
    this.#states?.take(response);
    return this.#pending.respond(response);
  }

  /** The server finishes what looks unfinished to it, as a request does that is to run again. */
  finish(error?: InferError): void {
    if (this.#finished || this.#rescheduled) return;
    this.#finished = true;
    this.unwatch?.();
    this.#pending.finish(error);
  }

  #askAgain(): void {
    if (!this.#finished) this.#rescheduled = true;
  }
}
