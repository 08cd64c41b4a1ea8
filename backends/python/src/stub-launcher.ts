import { fileURLToPath } from 'node:url';
import { type Clock, InferError, type Logger, toInferError } from '@nereid/core';
import { mappingProblem, openProcessArena } from '@nereid/mapped-memory';
import type { BackendSettings } from './backend-settings.js';
import { Guardian } from './guardian.js';
import type { ModelSettings } from './model-settings.js';
import { readProcessVitals } from './process-vitals.js';
import { SharedFile } from './shared-file.js';
import { StartQueue } from './start-queue.js';
import { StubConnection } from './stub-connection.js';
import { SHARED_HEADER_BYTES } from './wire-format.js';

/** What a stub has to know of a model to import it; all paths are absolute. */
export interface StubModel {
  readonly name: string;
  readonly version: number;
  /** The Python file. */
  readonly file: string;
  readonly directory: string;
  readonly versionDirectory: string;
  /** Of a backend that is itself written in Python. */
  readonly backendDirectory: string | undefined;
}

/** How a Python process is started. */
export interface PythonRuntime {
  readonly executable: string;
  readonly environment: NodeJS.ProcessEnv;
}

export interface LaunchOptions {
  /** Named in every message, such as `model instance 'm_0_0'`. */
  readonly name: string;
  readonly model: StubModel;
  readonly runtime: PythonRuntime;
  readonly settings: ModelSettings;
  readonly logger: Logger;
}

const STUB_SCRIPT = fileURLToPath(new URL('../python/start_stub.py', import.meta.url));
const CLOSE_TIMEOUT_MS = 5_000;
/** A load that goes on computing is let go on for so many times the timeout. */
const MAX_TIMEOUTS = 10;
/** The share of a core that counts as going on. */
const MIN_LOAD_ACTIVITY = 0.05;
const HEARTBEATS_PER_INTERVAL = 4;
const MAX_HEARTBEAT_SECONDS = 5;

/** Starts Python processes, a few at a time, and ends them. */
export class StubLauncher {
  readonly #settings: BackendSettings;
  readonly #clock: Clock;
  readonly #guardian: Guardian;
  readonly #queue: StartQueue;
  readonly #logger: Logger;
  #problemTold = false;

  constructor(settings: BackendSettings, { clock, logger }: { clock: Clock; logger: Logger }) {
    this.#settings = settings;
    this.#clock = clock;
    this.#guardian = new Guardian(logger);
    this.#logger = logger;
    this.#queue = new StartQueue(settings.parallelStarts);
  }

  /**
   * Starts a process, imports the model in it, and lets `prepare` go on with it. Rejects with the
   * reason when anything of that fails or nothing goes on any more; the process is ended then.
   */
  launch<T>(options: LaunchOptions, prepare: (stub: StubConnection) => Promise<T>): Promise<T> {
    return this.#queue.run(async () => {
      const stub = this.#connect(options);
      return await this.supervised(stub, options, async () => {
        const hasArena = await stub.command('import', this.#importValue(options));
        if (hasArena === true) stub.arena = openProcessArena();
        return await prepare(stub);
      });
    });
  }

  /** Runs a step of a load, which fails when it takes too long; the process is ended then. */
  async supervised<T>(
    stub: StubConnection,
    { settings }: Pick<LaunchOptions, 'settings'>,
    step: () => Promise<T>,
  ): Promise<T> {
    const stop = this.#watchProgress(stub, settings.stubTimeoutSeconds);
    try {
      return await step();
    } catch (error) {
      stub.kill();
      await stub.ended();
      throw toInferError(error);
    } finally {
      stop();
    }
  }

  /** Lets the model finalize, for a while, and ends the process. */
  async close(stub: StubConnection, name: string, logger: Logger): Promise<void> {
    const cancel = this.#clock.schedule(CLOSE_TIMEOUT_MS * 1000, () => {
      logger.warn(`${name} did not finalize within ${CLOSE_TIMEOUT_MS / 1000} seconds`);
      stub.kill();
    });
    try {
      await stub.command('finalize', {});
    } catch (error) {
      logger.warn(`${name} did not finalize cleanly: ${toInferError(error).message}`);
    }
    cancel();
    stub.kill();
    await stub.ended();
  }

  shutDown(): void {
    this.#guardian.close();
  }

  #connect({ name, runtime, logger }: LaunchOptions): StubConnection {
    const size = SHARED_HEADER_BYTES + 2 * this.#settings.sharedMaxBytes;
    const file = SharedFile.create(size, 'nereid-python');
    if (!file.hasViews) this.#tellProblem();
    try {
      return new StubConnection({
        name,
        file,
        arena: openProcessArena(),
        command: [runtime.executable, STUB_SCRIPT],
        environment: runtime.environment,
        directory: process.cwd(),
        logger,
        clock: this.#clock,
        guardian: this.#guardian,
      });
    } catch (error) {
      file.close();
      throw new InferError('INTERNAL', `${name} cannot be started: ${String(error)}`);
    }
  }

  #tellProblem(): void {
    if (this.#problemTold) return;
    this.#problemTold = true;
    const reason = mappingProblem() ?? 'no memory can be mapped in the address space there is';
    this.#logger.info(`large tensors of Python models are copied: ${reason}`);
  }

  #importValue({ model, settings }: LaunchOptions): Readonly<Record<string, unknown>> {
    const { sharedMaxBytes, sharedDefaultBytes, sharedGrowthBytes } = this.#settings;
    return {
      model: { ...model, backendDirectory: model.backendDirectory ?? null },
      parentPid: process.pid,
      heartbeatSeconds: Math.min(
        (settings.healthIntervalSeconds || MAX_HEARTBEAT_SECONDS) / HEARTBEATS_PER_INTERVAL,
        MAX_HEARTBEAT_SECONDS,
      ),
      shared: {
        start: SHARED_HEADER_BYTES,
        maxBytes: sharedMaxBytes,
        defaultBytes: sharedDefaultBytes,
        growthBytes: sharedGrowthBytes,
        arenaBytes: openProcessArena()?.sizeBytes ?? 0,
      },
    };
  }

  /**
   * A load may take as long as it likes while it computes, up to a multiple of the timeout; one
   * that does nothing for the timeout has hung. Returns what ends the watch.
   */
  #watchProgress(stub: StubConnection, stubTimeoutSeconds: number): () => void {
    let timeouts = 0;
    let cpuMs = 0;
    let cancel = () => {};
    let stopped = false;
    const check = async () => {
      timeouts += 1;
      const vitals = stub.pid === undefined ? undefined : await readProcessVitals(stub.pid);
      if (stopped) return;
      const goesOn = vitals && vitals.cpuMs - cpuMs > stubTimeoutSeconds * 1000 * MIN_LOAD_ACTIVITY;
      if (!goesOn || timeouts >= MAX_TIMEOUTS) {
        const seconds = stubTimeoutSeconds * (goesOn ? MAX_TIMEOUTS : 1);
        stub.kill(`did not start within ${seconds} seconds`);
        return;
      }
      cpuMs = vitals.cpuMs;
      schedule();
    };
    const schedule = () => {
      cancel = this.#clock.schedule(stubTimeoutSeconds * 1e6, () => void check());
    };
    schedule();
    return () => {
      stopped = true;
      cancel();
    };
  }
}
