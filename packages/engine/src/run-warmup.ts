import {
  type Clock,
  InferError,
  type InferenceRequest,
  type Logger,
  type ModelInstance,
  type PendingRequest,
  toInferError,
} from '@nereid/core';
import { BatchTimer } from './batch-timer.js';
import type { WarmupSample } from './warmup-samples.js';

interface WarmupOptions {
  readonly decoupled: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Runs all samples on an instance, one after the other. Throws an InferError that names one that
 * fails.
 */
export async function runWarmup(
  instance: ModelInstance,
  samples: readonly WarmupSample[],
  options: WarmupOptions,
): Promise<void> {
  for (const sample of samples) {
    options.logger.verbose(1, `running warmup sample '${sample.name}'`);
    for (let run = 0; run < sample.count; run += 1) await runSample(instance, sample, options);
  }
}

async function runSample(
  instance: ModelInstance,
  sample: WarmupSample,
  { decoupled, clock }: WarmupOptions,
): Promise<void> {
  const nowNs = clock.nowNs();
  const batch = Array.from(
    { length: sample.batchSize },
    () => new WarmupRequest(sample.request, nowNs),
  );
  try {
    await instance.execute(batch, new BatchTimer(clock));
    for (const pending of batch) {
      if (!decoupled && !instance.answersLate) {
        pending.finish(new InferError('INTERNAL', 'the model gave no answer'));
      }
      await pending.ended;
    }
  } catch (error) {
    const { code, message } = toInferError(error);
    throw new InferError(code, `failed to run warmup sample '${sample.name}': ${message}`, {
      cause: error,
    });
  }
}

/** A request that nobody made: its responses are dropped, and it counts in no statistics. */
class WarmupRequest implements PendingRequest {
  readonly request: InferenceRequest;
  readonly batchSize = 1;
  readonly acceptedNs: number;
  /** Rejects with the error that the request is finished with. */
  readonly ended: Promise<void>;
  #settle: (error: InferError | undefined) => void = () => {};

  constructor(request: InferenceRequest, acceptedNs: number) {
    this.request = request;
    this.acceptedNs = acceptedNs;
    this.ended = new Promise((resolve, reject) => {
      this.#settle = (error) => (error ? reject(error) : resolve());
    });
    // A failed execution is reported for the batch as a whole, and then nobody asks its requests.
    this.ended.catch(() => {});
  }

  started(): void {}

  respond(): undefined {
    return undefined;
  }

  /** Only the first call counts. */
  finish(error?: InferError): void {
    this.#settle(error);
  }
}
