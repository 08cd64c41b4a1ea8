import { reschedule, selectOutputs } from '@nereid/backend-kit';
import {
  type ComputeTimer,
  InferError,
  type ModelInstance,
  type ModelResponse,
  type PendingRequest,
  toInferError,
} from '@nereid/core';
import type { StubResponse } from './decode-response.js';
import type { WatchedStub } from './health-watch.js';
import type { ModelCalls } from './model-calls.js';
import { PipelineDepth } from './pipeline-depth.js';
import type { BatchSource, OpenRequest, RunningBatch } from './running-batch.js';
import type { StubConnection } from './stub-connection.js';
import { StubKeeper, type StubKeeperOptions } from './stub-keeper.js';
import { type BatchEnd, StubLife, type StubLifeOptions } from './stub-life.js';
import { errorOfCode, RESPONSE_STATUS } from './wire-format.js';

export interface PythonInstanceOptions
  extends Omit<StubKeeperOptions, 'started' | 'died'>,
    StubLifeOptions {
  /** As the model knows itself, such as `m_0_0`. */
  readonly instanceName: string;
  readonly decoupled: boolean;
  /** Requests wait nowhere else to become batches, so that they may as well wait in the process. */
  readonly batchesAhead: boolean;
  /** Outputs that the server needs itself, whatever a request asks for. */
  readonly stateOutputs: ReadonlySet<string>;
  readonly makeCalls: (life: StubLife, batches: BatchSource) => ModelCalls;
  /** Watches over a process from when its model is ready; returns what ends the watch. */
  readonly watch: (watched: WatchedStub) => () => void;
  /** Lets the model finalize, and ends the process. */
  readonly closeStub: (stub: StubConnection) => Promise<void>;
}

/** Responses that have been taken are told of in portions, a quarter of what may be on its way. */
const CREDIT_PORTION_BYTES = 256 * 1024;

/** The server's side of one instance: sends batches to its process, and answers back. */
export class PythonInstance implements ModelInstance {
  /** A model may answer after it has returned. */
  readonly answersLate = true;
  readonly copiesInputs = true;
  readonly #options: PythonInstanceOptions;
  /**
   * Batches that the model has not returned from, in the order they were sent. An array: a Set that
   * is added to and deleted from all the time makes tables that keep each other, and all that was
   * in them, from the quick kind of garbage collection.
   */
  readonly #running: RunningBatch[] = [];
  /** Batches that wait for a process. */
  readonly #unsent = new Set<RunningBatch>();
  /** Requests that were not answered when the model returned. */
  readonly #late = new Map<number, OpenRequest>();
  #keeper: StubKeeper | undefined;
  #life: StubLife | undefined;
  #calls: ModelCalls | undefined;
  #stopWatching: (() => void) | undefined;
  #executingSinceNs: number | undefined;
  /** The one batch whose execution has not been called ended. */
  #unsettled: RunningBatch | undefined;
  readonly #depth = new PipelineDepth();
  #nextKey = 1;

  private constructor(options: PythonInstanceOptions) {
    this.#options = options;
  }

  static async create(options: PythonInstanceOptions): Promise<PythonInstance> {
    const instance = new PythonInstance(options);
    instance.#keeper = await StubKeeper.start({
      ...options,
      started: (stub) => instance.#begin(stub),
      died: () => {},
    });
    return instance;
  }

  get ready(): boolean {
    return this.#life !== undefined;
  }

  execute(requests: readonly PendingRequest[], timer: ComputeTimer): Promise<void> | undefined {
    const batch: RunningBatch = { requests: [], timer, settle: undefined, id: 0 };
    for (const pending of requests) batch.requests.push(this.#openRequest(pending, batch));
    const life = this.#life;
    const ahead = this.#options.batchesAhead && this.#running.length + 1 < this.#depth.batches;
    if (life && ahead) {
      this.#send(batch, life);
      return undefined;
    }
    return new Promise((settle) => {
      batch.settle = settle;
      this.#unsettled = batch;
      if (life) this.#send(batch, life);
      else void this.#sendLater(batch);
    });
  }

  async close(): Promise<void> {
    const stub = await this.#keeper?.release();
    this.#stopWatching?.();
    if (stub) await this.#options.closeStub(stub);
    const error = new InferError('UNAVAILABLE', 'the model was closed before it ended the request');
    for (const { requests } of [...this.#running, ...this.#unsent]) this.#failAll(requests, error);
    this.#failAll([...this.#late.values()], error);
  }

  #begin(stub: StubConnection): void {
    const life = new StubLife(stub, this.#options, {
      done: (end) => this.#done(end),
      response: (response, costBytes) => this.#response(response, costBytes),
      other: (frame) => this.#calls?.receive(frame),
      ended: (error, startedBatch) => this.#died(stub, error, startedBatch),
    });
    this.#life = life;
    this.#calls = this.#options.makeCalls(life, {
      requestsOf: (batchId) => this.#requestsOf(batchId),
    });
    this.#stopWatching = this.#options.watch({
      stub,
      executingSinceNs: () => this.#executingSinceNs,
    });
  }

  #openRequest(pending: PendingRequest, batch: RunningBatch): OpenRequest {
    const key = this.#nextKey;
    this.#nextKey = key === 0xffff_ffff ? 1 : key + 1;
    return {
      key,
      pending,
      batch,
      stopListening: undefined,
      ended: false,
      placement: undefined,
      takenBytes: 0,
    };
  }

  #send(batch: RunningBatch, life: StubLife): void {
    if (this.#running.length === 0) this.#executingSinceNs = this.#options.clock.nowNs();
    this.#running.push(batch);
    life.send(batch);
    for (const open of batch.requests) {
      const { signal } = open.pending.request;
      // One that is cancelled by now carries a flag.
      if (!signal.cancelled) open.stopListening = signal.onCancel(() => this.#cancelled(open));
    }
  }

  async #sendLater(batch: RunningBatch): Promise<void> {
    this.#unsent.add(batch);
    await this.#keeper?.recovered();
    this.#unsent.delete(batch);
    if (this.#life) {
      this.#send(batch, this.#life);
      return;
    }
    const state = this.#keeper?.closed ? 'closed' : 'out of service, as it failed to restart';
    const error = new InferError('UNAVAILABLE', `${this.#options.name} is ${state}`);
    this.#failAll(batch.requests, error);
    this.#settle(batch);
  }

  #cancelled(open: OpenRequest): void {
    if (!open.ended) this.#life?.cancel(open);
  }

  #done({ id, startNs, endNs, responses }: BatchEnd): void {
    const position = this.#running.findIndex((batch) => batch.id === id);
    const batch = this.#running[position];
    if (!batch) return;
    if (position === 0) this.#running.shift();
    else this.#running.splice(position, 1);
    this.#executingSinceNs = this.#running.length > 0 ? this.#options.clock.nowNs() : undefined;
    this.#keeper?.served();
    batch.timer.inputEnd(startNs);
    batch.timer.outputStart(endNs);
    for (let index = 0; index < responses.length; index++) {
      const response = responses[index];
      const open = batch.requests[index];
      if (!response || open?.key !== response.key || open.ended) continue;
      this.#answer(open, response);
      if (!open.ended) this.#late.set(open.key, open);
    }
    this.#depth.executed(endNs - startNs);
    const waiting = this.#unsettled;
    if (waiting && (waiting === batch || this.#running.length < this.#depth.batches)) {
      this.#settle(waiting);
    }
  }

  /** Another batch may come. */
  #settle(batch: RunningBatch): void {
    if (this.#unsettled === batch) this.#unsettled = undefined;
    const { settle } = batch;
    batch.settle = undefined;
    settle?.();
  }

  /** There are but a few batches, and nearly always it is the first. */
  #openOf(key: number): OpenRequest | undefined {
    const late = this.#late.get(key);
    if (late) return late;
    for (const { requests } of this.#running) {
      const found = requests.find((open) => open.key === key);
      if (found) return found.ended ? undefined : found;
    }
    return undefined;
  }

  #requestsOf(batchId: number): readonly PendingRequest[] {
    const batch = this.#running.find(({ id }) => id === batchId);
    return batch ? batch.requests.map(({ pending }) => pending) : [];
  }

  #answer(open: OpenRequest, response: StubResponse): void {
    const { status } = response;
    if (status === RESPONSE_STATUS.none) {
      if (response.final) this.#finish(open);
      return;
    }
    if (status === RESPONSE_STATUS.error) {
      this.#finish(open, toError(response));
      return;
    }
    if (status === RESPONSE_STATUS.rescheduled) {
      this.#finish(open, reschedule(open.pending));
      return;
    }
    void open.pending.respond(this.#toModelResponse(open, response));
    if (response.final || !this.#options.decoupled) this.#finish(open);
  }

  /** A response that a model has sent by itself. */
  #response(response: StubResponse, costBytes: number): void {
    const open = this.#openOf(response.key);
    if (!open) return;
    const { status, final } = response;
    const responds = status === RESPONSE_STATUS.response || status === RESPONSE_STATUS.error;
    if (!responds || final || !this.#options.decoupled) {
      this.#answer(open, response);
      return;
    }
    const waiting = open.pending.respond(this.#toModelResponse(open, response));
    if (waiting === undefined) this.#taken(open, costBytes);
    else void waiting.then(() => this.#taken(open, costBytes));
  }

  #taken(open: OpenRequest, bytes: number): void {
    open.takenBytes += bytes;
    if (open.takenBytes < CREDIT_PORTION_BYTES || open.ended) return;
    this.#life?.credit(open, open.takenBytes);
    open.takenBytes = 0;
  }

  #finish(open: OpenRequest, error?: InferError): void {
    if (open.ended) return;
    open.ended = true;
    if (this.#late.size > 0) this.#late.delete(open.key);
    open.stopListening?.();
    open.pending.finish(error);
  }

  #died(stub: StubConnection, error: InferError, startedBatch: number): void {
    this.#life = undefined;
    this.#stopWatching?.();
    this.#calls?.close();
    const running = this.#running.splice(0);
    const unsettled = this.#unsettled;
    const unseen = running.filter(({ id }) => id === 0 || id > startedBatch);
    for (const batch of unseen) forgetPlaces(batch);
    for (const batch of running) if (!unseen.includes(batch)) this.#failAll(batch.requests, error);
    this.#failAll([...this.#late.values()], error);
    this.#keeper?.processEnded(stub, error);
    // Those that the model has not seen are none of its victims: the next process gets them.
    for (const batch of unseen) void this.#sendLater(batch);
    if (unsettled && !unseen.includes(unsettled)) {
      void this.#keeper?.recovered().then(() => this.#settle(unsettled));
    }
  }

  #toModelResponse({ pending }: OpenRequest, response: StubResponse): ModelResponse {
    const { parameters, final, status, shared } = response;
    if (status === RESPONSE_STATUS.error) return { outputs: [], error: toError(response) };
    const { stateOutputs } = this.#options;
    const outputs = selectOutputs(pending.request, response.outputs, stateOutputs);
    const memory = this.#life?.outputs;
    const release = shared && memory ? () => memory.release(shared) : undefined;
    return parameters ? { outputs, parameters, final, release } : { outputs, final, release };
  }

  #failAll(requests: readonly OpenRequest[], error: unknown): void {
    const failure = toInferError(error);
    for (const open of requests) this.#finish(open, failure);
  }
}

function toError({ errorCode, text }: StubResponse): InferError {
  return new InferError(errorOfCode(errorCode), text);
}

function forgetPlaces(batch: RunningBatch): void {
  batch.id = 0;
  for (const open of batch.requests) {
    open.placement = undefined;
    open.stopListening?.();
    open.stopListening = undefined;
  }
}
