import {
  CancelSource,
  type ComputeDurations,
  type HeldModel,
  type InferError,
  type InferenceResponse,
  NO_PARAMETERS,
  type PendingRequest,
  type SchedulerContext,
  type SequencePosition,
  type Tensor,
  toInferError,
} from '@nereid/core';
import { cancelledError } from '@nereid/scheduler-kit';
import { deadlockError, inEnsemble } from './ensemble-errors.js';
import type { EnsembleGraph, StepNode } from './ensemble-graph.js';
import type { EnsemblePart } from './ensemble-part.js';
import { EnsembleTimes } from './ensemble-times.js';
import type { StepLimiter } from './step-limiter.js';
import { makeStepRequest } from './step-request.js';
import { StepRun } from './step-run.js';
import { followingSequence, sequenceParameters } from './step-sequence.js';
import { adaptTensor, TensorStore } from './tensor-store.js';

/** What all requests to one ensemble share. */
export interface EnsemblePlan {
  readonly graph: EnsembleGraph;
  readonly decoupled: boolean;
  /** By step; undefined where steps have no limit. */
  readonly limiters: readonly StepLimiter[] | undefined;
  readonly context: SchedulerContext;
}

/**
 * One request on its way through an ensemble. A step starts as soon as all its inputs are there,
 * each time that they are; a response leaves as soon as all requested outputs of one iteration are
 * there. The first failure cancels what still runs, and is told when all of it has ended.
 */
export class EnsembleRun {
  readonly #plan: EnsemblePlan;
  readonly #part: EnsemblePart;
  readonly #pending: PendingRequest;
  readonly #ended: () => void;
  readonly #store: TensorStore;
  readonly #times: EnsembleTimes;
  readonly #cancel = new CancelSource();
  /** By step. They stay loaded as long as the request runs. */
  readonly #models: (HeldModel | undefined)[] = [];
  readonly #steps = new Set<StepRun>();
  /** By step: how often one that is decoupled has responded. */
  #responseCounts: number[] | undefined;
  #stopListening: (() => void) | undefined;
  /** The steps that the request itself gives rise to have not been made yet. */
  #starting = true;
  #failure: InferError | undefined;
  /** Set while the client has not taken what it was sent. */
  #clientWait: Promise<void> | undefined;
  #responded = false;
  #finished = false;

  constructor(
    plan: EnsemblePlan,
    request: { readonly pending: PendingRequest; readonly part: EnsemblePart },
    ended: () => void,
  ) {
    this.#plan = plan;
    this.#part = request.part;
    this.#pending = request.pending;
    this.#ended = ended;
    this.#store = new TensorStore(request.part.useCounts);
    // Nothing waits here.
    this.#times = new EnsembleTimes(request.pending.acceptedNs);
  }

  /** Called once. Takes over the request, and calls `ended` when it has been finished. */
  start(): void {
    this.#pending.started(this.#times);
    try {
      for (const { index, model } of this.#part.steps) {
        this.#models[index] = this.#plan.context.hold(model);
      }
    } catch (error) {
      this.#failure = toInferError(error);
      this.#finishIfDone();
      return;
    }
    this.#stopListening = this.#pending.request.signal.onCancel(() => this.#cancelSteps());
    void this.#advance(this.#takeInputs(), 0, false);
    this.#finishIfDone();
  }

  stepResponded(run: StepRun, response: InferenceResponse): Promise<void> | undefined {
    if (this.#failure) return undefined;
    let sequence: SequencePosition;
    try {
      sequence = followingSequence(run.sequence, response.parameters);
    } catch (error) {
      this.#fail(toInferError(error));
      return undefined;
    }
    const iteration = this.#outputIteration(run);
    const { batchSize } = run;
    for (const { name, tensor: number } of run.step.outputs) {
      const tensor = tensorNamed(response.outputs, name);
      this.#store.put(number, iteration, { tensor, batchSize, sequence });
    }
    const last = response.final && this.#steps.size === 1;
    return this.#advance(run.step.writes, iteration, last);
  }

  stepExecuted(durations: ComputeDurations): void {
    this.#times.add(durations);
  }

  stepEnded(run: StepRun, error: InferError | undefined): void {
    this.#steps.delete(run);
    if (error) this.#fail(error);
    this.#finishIfDone();
  }

  #takeInputs(): readonly number[] {
    const { graph } = this.#plan;
    const { request, batchSize: size } = this.#pending;
    const batchSize = graph.batching ? size : 0;
    for (const { name, tensor: number } of graph.inputs) {
      // One that is missing is optional: the server has checked that.
      const tensor = tensorNamed(request.inputs, name);
      this.#store.put(number, 0, { tensor, batchSize, sequence: undefined });
    }
    return graph.inputTensors;
  }

  /**
   * Does what new tensors of one iteration make possible. Returns a promise when whoever gave them
   * has to wait before it gives more.
   */
  #advance(
    tensors: readonly number[],
    iteration: number,
    last: boolean,
  ): Promise<void> | undefined {
    const steps = this.#readySteps(tensors, iteration);
    const runs: StepRun[] = [];
    for (const step of steps) runs.push(this.#makeRun(step, iteration));
    this.#starting = false;
    // All are counted before the first one starts, which may end at once.
    for (const run of runs) this.#steps.add(run);
    this.#respondIfComplete(tensors, iteration, last && runs.length === 0);
    let wait = this.#clientWait;
    for (const run of runs) wait = both(wait, this.#launch(run));
    return wait;
  }

  /** Each once. */
  #readySteps(tensors: readonly number[], iteration: number): readonly StepNode[] {
    let ready: StepNode[] | undefined;
    for (const tensor of tensors) {
      for (const step of this.#part.readers[tensor] ?? NO_STEPS) {
        if (ready?.includes(step) || !this.#hasInputs(step, iteration)) continue;
        ready ??= [];
        ready.push(step);
      }
    }
    return ready ?? NO_STEPS;
  }

  #hasInputs({ reads }: StepNode, iteration: number): boolean {
    for (const tensor of reads) if (!this.#store.has(tensor, iteration)) return false;
    return true;
  }

  #makeRun(step: StepNode, iteration: number): StepRun {
    const model = this.#models[step.index];
    if (!model) throw new Error('every step of the part has its model');
    const store = this.#store;
    const { limiters, context } = this.#plan;
    const made = makeStepRequest({
      step,
      iteration,
      store,
      config: model.config,
      request: this.#pending.request,
      signal: this.#cancel,
      logger: context.logger,
    });
    for (const tensor of step.reads) store.used(tensor, iteration);
    const limiter = limiters?.[step.index];
    const atOnce = this.#starting;
    return new StepRun({ step, iteration, model, made, limiter, observer: this, atOnce });
  }

  #launch(run: StepRun): Promise<void> | undefined {
    if (!this.#failure) return run.start();
    this.#steps.delete(run);
    return undefined;
  }

  /** What one run of a step gives belongs together, and to what the run was made of. */
  #outputIteration(run: StepRun): number {
    if (!run.decoupled) return run.iteration;
    const { index } = run.step;
    this.#responseCounts ??= [];
    const count = this.#responseCounts[index] ?? 0;
    this.#responseCounts[index] = count + 1;
    return count;
  }

  #respondIfComplete(tensors: readonly number[], iteration: number, last: boolean): void {
    const { outputs } = this.#part;
    let given = false;
    for (const { tensor } of outputs) {
      if (!this.#store.has(tensor, iteration)) return;
      if (tensors.includes(tensor)) given = true;
    }
    if (!given) return;
    const { batching } = this.#plan.graph;
    const answered: Tensor[] = [];
    let sequence: SequencePosition | undefined;
    for (const { name, tensor, dims } of outputs) {
      const value = this.#store.get(tensor, iteration);
      const output = value && adaptTensor(value, name, { dims, batching });
      this.#store.used(tensor, iteration);
      if (!output) continue;
      answered.push(output);
      sequence ??= value.sequence;
    }
    this.#responded = true;
    const parameters = sequence ? sequenceParameters(sequence) : NO_PARAMETERS;
    this.#waitFor(this.#pending.respond({ outputs: answered, parameters, final: last }));
  }

  /** The client is slow: whichever step responds next has to wait for it, most of all the first. */
  #waitFor(client: Promise<void> | undefined): void {
    if (client === undefined) return;
    this.#clientWait = client;
    void client.then(() => {
      if (this.#clientWait === client) this.#clientWait = undefined;
    });
  }

  #fail(error: InferError): void {
    if (this.#failure) return;
    this.#failure = error;
    this.#cancelSteps();
  }

  #cancelSteps(): void {
    this.#cancel.cancel();
    for (const run of [...this.#steps]) run.withdraw(cancelledError());
  }

  #finishIfDone(): void {
    if (this.#finished || this.#steps.size > 0) return;
    this.#finished = true;
    this.#stopListening?.();
    // There are holes where the part has no such step, and after one that could not be held.
    for (const model of this.#models) model?.release();
    this.#pending.finish(this.#outcome());
    this.#ended();
  }

  #outcome(): InferError | undefined {
    const complete = this.#responded || this.#plan.decoupled;
    const failure = this.#failure ?? (complete ? undefined : deadlockError(this.#pending.request));
    return failure && inEnsemble(this.#plan.graph.name, failure);
  }
}

const NO_STEPS: readonly StepNode[] = [];

function tensorNamed(tensors: readonly Tensor[], name: string): Tensor | undefined {
  for (const tensor of tensors) if (tensor.name === name) return tensor;
  return undefined;
}

/** Waits for two things; most often there is nothing to wait for. */
function both(
  first: Promise<void> | undefined,
  second: Promise<void> | undefined,
): Promise<void> | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return Promise.all([first, second]).then(() => {});
}
