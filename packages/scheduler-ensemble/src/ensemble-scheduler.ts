import type { PendingRequest, Scheduler, SchedulerContext } from '@nereid/core';
import { cancelledError, stoppedError } from '@nereid/scheduler-kit';
import { compileEnsembleGraph } from './ensemble-graph.js';
import { type EnsemblePart, partFor } from './ensemble-part.js';
import { type EnsemblePlan, EnsembleRun } from './ensemble-run.js';
import { StepLimiter } from './step-limiter.js';

/** Passes requests through other models of the server. Nothing waits here. */
export class EnsembleScheduler implements Scheduler {
  readonly pendingCount = 0;
  readonly #plan: EnsemblePlan;
  readonly #wholePart: EnsemblePart;
  readonly #stopWaiters: (() => void)[] = [];
  #inflightCount = 0;
  #stopped = false;

  constructor(context: SchedulerContext) {
    const { config } = context;
    const graph = compileEnsembleGraph(config);
    const limit = config.ensembleScheduling?.maxInflightRequests ?? 0;
    this.#plan = {
      graph,
      decoupled: config.modelTransactionPolicy?.decoupled ?? false,
      limiters: limit > 0 ? graph.steps.map(() => new StepLimiter(limit)) : undefined,
      context,
    };
    this.#wholePart = partFor(graph, []);
  }

  get inflightCount(): number {
    return this.#inflightCount;
  }

  enqueue(pending: PendingRequest): void {
    const { request } = pending;
    if (this.#stopped) {
      pending.finish(stoppedError(request));
    } else if (request.signal.cancelled) {
      pending.finish(cancelledError());
    } else {
      this.#inflightCount += 1;
      new EnsembleRun(this.#plan, { pending, part: this.#part(pending) }, () =>
        this.#requestEnded(),
      ).start();
    }
  }

  stop(): Promise<void> {
    this.#stopped = true;
    return new Promise((resolve) => {
      this.#stopWaiters.push(resolve);
      this.#checkStopped();
    });
  }

  /** Most clients ask for all outputs, by name or by saying nothing. */
  #part({ request }: PendingRequest): EnsemblePart {
    const { requestedOutputs } = request;
    if (requestedOutputs.length === 0) return this.#wholePart;
    const whole = this.#wholePart.outputs.every(({ name }) =>
      requestedOutputs.some((output) => output.name === name),
    );
    if (whole) return this.#wholePart;
    return partFor(this.#plan.graph, requestedOutputs);
  }

  #requestEnded(): void {
    this.#inflightCount -= 1;
    this.#checkStopped();
  }

  #checkStopped(): void {
    if (!this.#stopped || this.#inflightCount > 0) return;
    for (const resolve of this.#stopWaiters.splice(0)) resolve();
  }
}
