import { InferError } from '@nereid/core';
import { checkAnswer, packAnswers, toWireError } from './model-answer.js';
import type { ModelAnswer, ModelError, ModelInput, ModelRequest } from './model-api.js';
import type { ModelEvent, OutputDescription, WireRequest } from './model-protocol.js';
import { toModelInput } from './tensor-arrays.js';

interface OpenRequestOptions {
  readonly wire: WireRequest;
  /** Holds the data of the inputs. */
  readonly buffer: ArrayBuffer;
  readonly outputs: readonly OutputDescription[];
  readonly decoupled: boolean;
  readonly iterative: boolean;
  emit(event: ModelEvent, transfer: readonly ArrayBuffer[]): void;
}

/** Responses that a decoupled model may send ahead of its client, as far as it does not wait. */
const MAX_UNTAKEN_RESPONSES = 65_536;

/** A request in the hands of the model. */
export class OpenRequest implements ModelRequest {
  readonly id: string;
  readonly inputs: Readonly<Record<string, ModelInput>>;
  readonly requestedOutputs: readonly string[];
  readonly batchSize: number;
  readonly parameters: ModelRequest['parameters'];
  readonly sequence: ModelRequest['sequence'];
  readonly priority: number;
  readonly timeoutUs: number;
  readonly #options: OpenRequestOptions;
  readonly #untaken: (() => void)[] = [];
  #abort: AbortController | undefined;
  #cancelled: boolean;
  #ended = false;
  #executing = true;
  #rescheduled = false;

  constructor(options: OpenRequestOptions) {
    const { wire, buffer } = options;
    this.#options = options;
    this.#cancelled = wire.cancelled;
    this.id = wire.id;
    this.inputs = Object.fromEntries(
      wire.slots.map((slot) => [slot.name, toModelInput(slot, buffer)]),
    );
    this.requestedOutputs = wire.requestedOutputs;
    this.batchSize = wire.batchSize;
    this.parameters = wire.parameters ? Object.fromEntries(wire.parameters) : {};
    this.sequence = wire.sequence;
    this.priority = wire.priority;
    this.timeoutUs = wire.timeoutUs;
  }

  /** Tells the open requests of the instance apart. */
  get key(): number {
    return this.#options.wire.key;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get rescheduled(): boolean {
    return this.#rescheduled;
  }

  /** Made when first asked for: most models never look. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#cancelled) this.#abort.abort();
    return this.#abort.signal;
  }

  cancel(): void {
    this.#cancelled = true;
    this.#abort?.abort();
  }

  send(answer: ModelAnswer): Promise<void> {
    this.#checkOpen('send');
    if (this.#untaken.length >= MAX_UNTAKEN_RESPONSES) {
      const count = MAX_UNTAKEN_RESPONSES;
      throw new InferError('INTERNAL', `${count} responses wait for the client; await send()`);
    }
    const { wire, outputs, emit } = this.#options;
    const checked = checkAnswer(answer, this.requestedOutputs, outputs);
    if (checked.error) throw new InferError(checked.error.code, checked.error.message);
    const { answers, buffer } = packAnswers([checked]);
    for (const packed of answers) {
      emit({ kind: 'response', key: wire.key, answer: packed, buffer }, [buffer]);
    }
    return new Promise((resolve) => this.#untaken.push(resolve));
  }

  /** The client has taken the oldest response that was still on its way. */
  taken(): void {
    this.#untaken.shift()?.();
  }

  end(error?: ModelError): void {
    this.#checkOpen('end');
    this.#ended = true;
    const wireError = error === undefined ? undefined : toWireError(error);
    this.#options.emit({ kind: 'end', key: this.#options.wire.key, error: wireError }, []);
  }

  reschedule(): void {
    if (!this.#options.iterative) {
      throw new InferError(
        'UNSUPPORTED',
        'reschedule() is for models with an iterative sequence only',
      );
    }
    if (this.#ended || !this.#executing) {
      throw new InferError('INTERNAL', 'reschedule() after the request or its execution has ended');
    }
    this.#rescheduled = true;
    this.#ended = true;
  }

  /** The model has returned: it can ask for no other execution any more. */
  executionEnded(): void {
    this.#executing = false;
  }

  #checkOpen(method: string): void {
    if (!this.#options.decoupled) {
      throw new InferError('UNSUPPORTED', `${method}() is for models with a decoupled policy only`);
    }
    if (this.#ended) throw new InferError('INTERNAL', `${method}() after the request has ended`);
  }
}
