import { type CancelSignal, InferError } from '@nereid/core';

/** So many steps of encoding take a few milliseconds; then other requests get their turn. */
export const STEPS_PER_TURN = 4;

/** Something encoded step by step. */
export interface StepwiseEncoder<T> {
  /** Undefined until everything is encoded. Throws the InferError that the client is to see. */
  step(): T | undefined;
}

/** Who waits for the encoding: either `encoded` or `failed` is called, once. */
export interface EncodingClient<T> {
  readonly signal: CancelSignal;
  encoded(result: T): void;
  failed(error: unknown): void;
}

/** Encodes at once what is small, and all else in turns with other work. */
export function encodeInTurns<T>(encoder: StepwiseEncoder<T>, client: EncodingClient<T>): void {
  if (client.signal.cancelled) {
    client.failed(new InferError('CANCELLED', 'the client has gone'));
    return;
  }
  let result: T | undefined;
  try {
    for (let steps = 0; steps < STEPS_PER_TURN && result === undefined; steps += 1) {
      result = encoder.step();
    }
  } catch (error) {
    client.failed(error);
    return;
  }
  if (result === undefined) setImmediate(() => encodeInTurns(encoder, client));
  else client.encoded(result);
}
