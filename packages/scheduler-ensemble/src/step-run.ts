import type {
  ComputeDurations,
  HeldModel,
  InferError,
  InferenceResponse,
  ResponseSink,
} from '@nereid/core';
import type { StepNode } from './ensemble-graph.js';
import type { StepLimiter } from './step-limiter.js';
import type { StepRequest } from './step-request.js';

/** What a step tells the request that it belongs to. */
export interface StepObserver {
  /** Resolves when the step may go on to respond, as in ResponseSink. */
  stepResponded(run: StepRun, response: InferenceResponse): Promise<void> | undefined;
  stepExecuted(durations: ComputeDurations): void;
  /** Called once, last. */
  stepEnded(run: StepRun, error: InferError | undefined): void;
}

export interface StepRunOptions {
  readonly step: StepNode;
  readonly iteration: number;
  readonly model: HeldModel;
  readonly made: StepRequest;
  /** Undefined where any number may run. */
  readonly limiter: StepLimiter | undefined;
  readonly observer: StepObserver;
  /**
   * False where a response gives rise to the step. Whoever responds is in the middle of its work,
   * perhaps for other requests, too: this step must neither hold it up nor count as its time.
   */
  readonly atOnce: boolean;
}

/** As queueMicrotask, without what Node.js makes of each call to trace it. */
const SETTLED = Promise.resolve();

/** One request to the model of a step. */
export class StepRun implements ResponseSink {
  readonly step: StepNode;
  readonly iteration: number;
  readonly sequence: StepRequest['sequence'];
  readonly batchSize: number;
  readonly decoupled: boolean;
  readonly #options: StepRunOptions;
  /** What the limiter calls; undefined when it has done so, or has nothing to call. */
  #waiting: (() => void) | undefined;
  /** Tells a producer that waits for this step's turn that it has come, or never will. */
  #settleTurn: (() => void) | undefined;

  constructor(options: StepRunOptions) {
    const { step, iteration, model, made } = options;
    this.step = step;
    this.iteration = iteration;
    this.sequence = made.sequence;
    this.batchSize = made.batchSize;
    this.decoupled = model.config.modelTransactionPolicy?.decoupled ?? false;
    this.#options = options;
  }

  /** Called once. Returns undefined when it runs, or a promise that resolves when it does. */
  start(): Promise<void> | undefined {
    const { limiter } = this.#options;
    if (!limiter) {
      this.#send();
      return undefined;
    }
    const begin = () => this.#send();
    if (limiter.run(begin)) return undefined;
    this.#waiting = begin;
    return new Promise((resolve) => {
      this.#settleTurn = resolve;
    });
  }

  /** Ends the step with an error if it still waits for its turn. */
  withdraw(error: InferError): void {
    const { limiter, observer } = this.#options;
    if (!this.#waiting || !limiter?.withdraw(this.#waiting)) return;
    this.#waiting = undefined;
    this.#settleTurn?.();
    observer.stepEnded(this, error);
  }

  response(response: InferenceResponse): Promise<void> | undefined {
    return this.#options.observer.stepResponded(this, response);
  }

  executed(durations: ComputeDurations): void {
    this.#options.observer.stepExecuted(durations);
  }

  end(error?: InferError): void {
    const { observer, limiter } = this.#options;
    observer.stepEnded(this, error);
    limiter?.release();
  }

  #send(): void {
    this.#waiting = undefined;
    this.#settleTurn?.();
    const { model, made, atOnce } = this.#options;
    if (atOnce) model.infer(made.request, this);
    else void SETTLED.then(() => model.infer(made.request, this));
  }
}
