import type {
  AccessLog,
  Authorizer,
  InferenceServer,
  Logger,
  ModelConfig,
  RequestTrace,
  SharedMemoryClaim,
} from '@nereid/core';
import { InferError } from '@nereid/core';
import type { Settled } from './plain-error.js';
import {
  type ImmediateCalls,
  type LaterCalls,
  type ListenPlace,
  type Notices,
  SHARED_WORDS,
} from './server-calls.js';
import { tensorsOf } from './tensor-data.js';

export interface DeskServices {
  readonly server: InferenceServer;
  readonly logger: Logger;
  readonly authorizer: Authorizer | undefined;
  readonly accessLog: AccessLog | undefined;
  readonly sharedWords: Int32Array;
  listen(frontend: string, place: ListenPlace): Promise<number>;
  unlisten(frontend: string): void;
  carriedOut(order: number, result: Settled): void;
}

const MAX_CONFIGS = 1_024;

/** Answers what one front-end thread asks beside inference, and keeps what the thread holds. */
export class ThreadDesk {
  readonly #services: DeskServices;
  readonly #traces = new Map<number, RequestTrace>();
  readonly #claims = new Map<number, SharedMemoryClaim>();
  readonly #configs = new Map<string, { readonly number: number; readonly config: ModelConfig }>();
  #nextNumber = 0;
  readonly immediate: ImmediateCalls;
  readonly later: LaterCalls;
  readonly notices: Notices;

  constructor(services: DeskServices) {
    this.#services = services;
    this.immediate = this.#immediateCalls();
    this.later = this.#laterCalls();
    this.notices = this.#noticesOf();
  }

  trace(number: number): RequestTrace | undefined {
    return this.#traces.get(number);
  }

  /** The thread is gone: nobody will give back what it holds. */
  abandon(): void {
    for (const claim of this.#claims.values()) claim.release();
    for (const trace of this.#traces.values()) trace.close();
    this.#claims.clear();
    this.#traces.clear();
  }

  /** Shows the threads whether they need to ask for traces. */
  showTracing(): void {
    const { server, sharedWords } = this.#services;
    Atomics.store(sharedWords, SHARED_WORDS.tracingActive, server.tracing.active ? 1 : 0);
  }

  #immediateCalls(): ImmediateCalls {
    const { server } = this.#services;
    const memory = server.systemSharedMemory;
    return {
      isLive: () => server.isLive(),
      isReady: () => server.isReady(),
      isModelReady: (name, version) => server.isModelReady(name, version),
      modelMetadata: (name, version) => server.modelMetadata(name, version),
      modelConfig: (...asked) => this.#modelConfig(...asked),
      modelConfigJson: (name, version) => server.modelConfigJson(name, version),
      modelStatistics: (name, version) => server.modelStatistics(name, version),
      logSettings: () => server.logSettings(),
      updateLogSettings: (change) => server.updateLogSettings(change),
      sampleTrace: (...asked) => this.#sampleTrace(...asked),
      traceSettings: (name) => server.tracing.settings(name),
      updateTraces: (name, change) => server.tracing.update(name, change),
      registerMemory: (region) => memory.register(region),
      memoryStatus: (name) => memory.status(name),
      unregisterMemory: (name) => memory.unregister(name),
      claimMemory: (placement) => {
        const claim = memory.claim(placement);
        const number = this.#number();
        this.#claims.set(number, claim);
        return { number, sizeBytes: claim.sizeBytes };
      },
      readClaim: (claim) => this.#claim(claim).readNow(),
      writeClaim: (claim, data) => this.#claim(claim).writeNow(data),
      decide: (token, category) => this.#services.authorizer?.decide(token, category) ?? 'granted',
    };
  }

  #laterCalls(): LaterCalls {
    const { server } = this.#services;
    return {
      metricsText: () => server.metricsText(),
      repositoryIndex: (readyOnly) => server.repositoryIndex(readyOnly),
      loadModel: (name, options) => this.#change(() => server.loadModel(name, options)),
      unloadModel: (name, options) => this.#change(() => server.unloadModel(name, options)),
      readClaimLater: (claim) => this.#claim(claim).read(),
      writeClaimLater: (claim, data) => this.#claim(claim).write(data),
      listen: (frontend, place) => this.#services.listen(frontend, place),
    };
  }

  #noticesOf(): Notices {
    const { logger, accessLog } = this.#services;
    return {
      log({ level, component, message, fields }) {
        const target = component === '' ? logger : logger.child(component);
        if (typeof level === 'number') target.verbose(level, message, fields);
        else target[level](message, fields);
      },
      access: (entries) => {
        for (const entry of entries) accessLog?.write(entry);
      },
      recordTrace: (trace, activity, atNs) => this.trace(trace)?.record(activity, atNs),
      recordTensors: (trace, activity, tensors) =>
        this.trace(trace)?.recordTensors(activity, tensorsOf(tensors)),
      closeTrace: (trace) => {
        this.trace(trace)?.close();
        this.#traces.delete(trace);
      },
      releaseClaim: (claim) => {
        this.#claims.get(claim)?.release();
        this.#claims.delete(claim);
      },
      unlisten: (frontend) => this.#services.unlisten(frontend),
      carriedOut: (order, result) => this.#services.carriedOut(order, result),
    };
  }

  #modelConfig(...[name, version, known]: Parameters<ImmediateCalls['modelConfig']>) {
    const config = this.#services.server.modelConfig(name, version);
    const key = version === undefined ? name : `${name}/${version}`;
    const sent = this.#configs.get(key);
    if (sent?.config === config && sent.number === known) return { number: known };
    if (this.#configs.size >= MAX_CONFIGS) this.#configs.clear();
    const number = this.#number();
    this.#configs.set(key, { number, config });
    return { number, config };
  }

  #sampleTrace(...[modelName, headers]: Parameters<ImmediateCalls['sampleTrace']>) {
    const { tracing } = this.#services.server;
    const trace = tracing.sample(modelName, { header: (name) => headers[name] });
    if (trace === undefined) return undefined;
    const number = this.#number();
    this.#traces.set(number, trace);
    return { number, traceparent: trace.traceparent };
  }

  /** What threads remember of models is out of date from the beginning of a change to its end. */
  async #change(change: () => Promise<void>): Promise<void> {
    const { sharedWords } = this.#services;
    try {
      await change();
    } finally {
      Atomics.add(sharedWords, SHARED_WORDS.repositoryChanges, 1);
    }
  }

  #claim(number: number): SharedMemoryClaim {
    const claim = this.#claims.get(number);
    if (claim === undefined) throw new InferError('INTERNAL', 'the claim has been released');
    return claim;
  }

  #number(): number {
    const number = this.#nextNumber;
    this.#nextNumber += 1;
    return number;
  }
}
