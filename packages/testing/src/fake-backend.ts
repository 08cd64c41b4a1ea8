import type {
  Backend,
  ComputeTimer,
  InstancePlacement,
  Model,
  ModelInstance,
  ModelSource,
  PendingRequest,
} from '@nereid/core';

/** What the parts of a FakeBackend do; each answers at once by default. */
export interface FakeBackendOptions {
  readonly load?: (source: ModelSource) => Promise<void>;
  readonly createInstance?: (placement: InstancePlacement) => Promise<void>;
  /** Answers each request with its inputs by default. */
  readonly execute?: (batch: readonly PendingRequest[], timer: ComputeTimer) => Promise<void>;
  readonly defaultInstanceCount?: number;
}

/** A backend without a framework, whose `calls` tell what the server did with it, in order. */
export class FakeBackend implements Backend {
  readonly defaultInstanceCount?: number;
  readonly calls: string[] = [];
  readonly instances: FakeInstance[] = [];
  readonly #options: FakeBackendOptions;

  constructor(options: FakeBackendOptions = {}) {
    this.#options = options;
    if (options.defaultInstanceCount) this.defaultInstanceCount = options.defaultInstanceCount;
  }

  async loadModel(source: ModelSource): Promise<Model> {
    const model = `${source.name}/${source.version}`;
    this.calls.push(`load ${model}`);
    await this.#options.load?.(source);
    return {
      createInstance: (placement) => this.#createInstance(placement),
      close: async () => void this.calls.push(`unload ${model}`),
    };
  }

  async close(): Promise<void> {
    this.calls.push('close');
  }

  async #createInstance(placement: InstancePlacement): Promise<ModelInstance> {
    this.calls.push(`create ${placement.name}`);
    await this.#options.createInstance?.(placement);
    const instance = new FakeInstance(placement, this.#options.execute ?? echo, this.calls);
    this.instances.push(instance);
    return instance;
  }
}

export class FakeInstance implements ModelInstance {
  /** Set it to play an instance that is being restarted. */
  ready = true;
  readonly placement: InstancePlacement;
  readonly batches: (readonly PendingRequest[])[] = [];
  readonly #execute: NonNullable<FakeBackendOptions['execute']>;
  readonly #calls: string[];
  #executing = false;

  constructor(
    placement: InstancePlacement,
    execute: NonNullable<FakeBackendOptions['execute']>,
    calls: string[],
  ) {
    this.placement = placement;
    this.#execute = execute;
    this.#calls = calls;
  }

  async execute(batch: readonly PendingRequest[], timer: ComputeTimer): Promise<void> {
    if (this.#executing) throw new Error(`${this.placement.name} executes two batches at once`);
    this.#executing = true;
    this.batches.push(batch);
    try {
      await this.#execute(batch, timer);
    } finally {
      this.#executing = false;
    }
  }

  async close(): Promise<void> {
    if (this.#executing) throw new Error(`${this.placement.name} is closed while it executes`);
    this.#calls.push(`destroy ${this.placement.name}`);
  }
}

async function echo(batch: readonly PendingRequest[], timer: ComputeTimer): Promise<void> {
  timer.inputEnd();
  timer.outputStart();
  for (const pending of batch) {
    pending.respond({ outputs: pending.request.inputs });
    pending.finish();
  }
}
