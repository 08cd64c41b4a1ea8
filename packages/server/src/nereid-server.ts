import {
  type InferenceServer,
  type ListeningAddress,
  type ModelIndexEntry,
  systemClock,
} from '@nereid/core';
import type { Engine } from '@nereid/engine';
import type { CpuMetrics, ServerLogger } from '@nereid/observability';
import type { FrontendGroup } from './frontend-group.js';
import type { ServerSettings } from './server-settings.js';
import { failedModels } from './start-up-failures.js';
import { textTable } from './text-table.js';

/** How long requests are still accepted after the server was told to stop. */
const SETTLE_US = 10_000;

/** Of the time to exit, what running sequences must leave to requests and models. */
const LAST_REQUESTS_MS = 5_000;

interface NereidServerParts {
  readonly settings: ServerSettings;
  readonly engine: Engine;
  readonly frontends: FrontendGroup;
  readonly cpuMetrics: CpuMetrics | undefined;
  readonly logger: ServerLogger;
  /** Called once, when all else has stopped. */
  close(): Promise<void>;
}

/** An inference server in this process. It starts and stops once. */
export class NereidServer {
  readonly #parts: NereidServerParts;
  #stopped: Promise<boolean> | undefined;

  constructor(parts: NereidServerParts) {
    this.#parts = parts;
  }

  /** The server without a network: inference, models, statistics. */
  get inference(): InferenceServer {
    return this.#parts.engine;
  }

  /** Where the front ends listen; empty before they do. */
  get addresses(): readonly ListeningAddress[] {
    return this.#parts.frontends.addresses;
  }

  /**
   * Listens and loads the start-up models, at the same time, so that health is answered meanwhile.
   * Resolves when each model is ready or has failed. Rejects when a front end cannot listen or,
   * with `exitOnError`, when a model has failed; `stop` is still to be called then.
   */
  async start(): Promise<void> {
    const { engine, frontends, cpuMetrics, settings, logger } = this.#parts;
    await Promise.all([frontends.start(), engine.start(), cpuMetrics?.start()]);
    const index = await engine.repositoryIndex(false);
    logger.block('models', modelTable(index));
    const failed = failedModels(index, settings);
    if (failed.length === 0) return;
    const message = `failed to load all models: ${failed.join(', ')}`;
    if (settings.exitOnError) throw new Error(message);
    logger.error(message);
  }

  /**
   * Takes no new requests, lets running sequences end and accepted requests finish, and unloads all
   * models, within `exitTimeoutSecs`. Resolves false when that time was too short. Later calls
   * return the first one's result.
   */
  stop(): Promise<boolean> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<boolean> {
    const { engine, frontends, settings } = this.#parts;
    const timeoutMs = settings.exitTimeoutSecs * 1000;
    // Requests that were sent before may still lie in the buffers of their connections.
    await new Promise<void>((resolve) => systemClock.schedule(SETTLE_US, resolve));
    const startNs = systemClock.nowNs();
    // Meanwhile the front ends go on, for the requests of the sequences come through them. Clients
    // may have abandoned them: what is left of the time is for all else.
    await engine.endSequences(timeoutMs - Math.min(timeoutMs / 2, LAST_REQUESTS_MS));
    const leftMs = Math.max(0, timeoutMs - (systemClock.nowNs() - startNs) / 1e6);
    const [complete] = await Promise.all([engine.stop(leftMs), frontends.stop(leftMs)]);
    await this.#parts.close();
    return complete;
  }
}

function modelTable(index: readonly ModelIndexEntry[]): string {
  const rows = index
    .filter((entry) => entry.version !== undefined)
    .map(({ name, version, state, reason }) => [
      name,
      String(version),
      reason === '' ? `${state}` : `${state}: ${reason}`,
    ]);
  return textTable(['Model', 'Version', 'Status'], rows);
}
