import { type Clock, InferError } from '@nereid/core';

interface DeadlineOptions {
  readonly clock: Clock;
  /** Ends the task as well, with its own reason. */
  readonly signal: AbortSignal;
  readonly limitMs: number;
  /** What took too long, for the message. */
  readonly action: string;
}

/** Gives a task a signal that aborts after a time, with an UNAVAILABLE InferError. */
export async function withDeadline<T>(
  options: DeadlineOptions,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { clock, signal, limitMs, action } = options;
  const late = new AbortController();
  const cancel = clock.schedule(limitMs * 1000, () => {
    const text = `cannot ${action}: it takes longer than ${limitMs / 1000} s`;
    late.abort(new InferError('UNAVAILABLE', text));
  });
  const either = AbortSignal.any([signal, late.signal]);
  try {
    return await task(either);
  } catch (error) {
    // SDKs wrap the reason of an abort in errors of their own.
    throw either.aborted ? either.reason : error;
  } finally {
    cancel();
  }
}
