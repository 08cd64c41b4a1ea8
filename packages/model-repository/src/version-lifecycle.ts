import type { ModelState } from '@nereid/core';
import type { ModelContent } from './model-content.js';
import { statusText } from './status-text.js';
import type { LoadedVersion } from './version-loader.js';

export type VersionState = 'unloaded' | 'loading' | 'ready' | 'unloading' | 'failed';

export type VersionEvent = 'load' | 'serve' | 'fail' | 'unload' | 'stopped';

/** All that can happen to a model version. What is not in the table cannot. */
const TRANSITIONS = {
  unloaded: { load: 'loading' },
  // A version that loaded but is no longer wanted, because another version of the same load failed
  // or the server exits, is unloaded without ever serving.
  loading: { serve: 'ready', fail: 'failed', unload: 'unloading' },
  ready: { unload: 'unloading' },
  unloading: { stopped: 'unloaded' },
  // Nothing has to be stopped: unloading a failed version only clears its failure.
  failed: { load: 'loading', unload: 'unloaded' },
} as const satisfies Record<VersionState, Partial<Record<VersionEvent, VersionState>>>;

/** The states as the repository index words them (spec §1.8). */
export const INDEX_STATE = {
  unloaded: 'UNAVAILABLE',
  loading: 'LOADING',
  ready: 'READY',
  unloading: 'UNLOADING',
  failed: 'UNAVAILABLE',
} as const satisfies Record<VersionState, ModelState>;

/** The state that `event` leads to. Throws for an event that the state does not allow. */
export function nextState(state: VersionState, event: VersionEvent): VersionState {
  const row: Partial<Record<VersionEvent, VersionState>> = TRANSITIONS[state];
  const next = row[event];
  if (next === undefined) throw new Error(`a version that is ${state} cannot ${event}`);
  return next;
}

/**
 * One load of one model version. A reload makes a new object beside the one that serves, so that
 * both can live at the same time.
 */
export class ModelVersion<V extends LoadedVersion> {
  readonly version: number;
  readonly content: ModelContent;
  #state: VersionState = 'unloaded';
  #reason = '';
  #loaded: V | undefined;

  constructor(version: number, content: ModelContent) {
    this.version = version;
    this.content = content;
  }

  get state(): VersionState {
    return this.#state;
  }

  /** Why the version is unavailable, in the words of the index; empty in all other states. */
  get reason(): string {
    return this.#reason;
  }

  /** What answers requests; undefined unless the version is ready. */
  get serving(): V | undefined {
    return this.#state === 'ready' ? this.#loaded : undefined;
  }

  /** Loaded and able to serve once all versions of the same load are. */
  get complete(): boolean {
    return this.#state === 'loading' && this.#loaded !== undefined;
  }

  beginLoad(): void {
    this.#move('load');
  }

  completeLoad(loaded: V): void {
    this.#loaded = loaded;
  }

  fail(error: unknown): void {
    this.#move('fail');
    this.#reason = statusText(error);
  }

  serve(): void {
    if (!this.#loaded) throw new Error(`version ${this.version} cannot serve before it is loaded`);
    this.#move('serve');
  }

  /** Ends the routing of requests; `finishUnload` must follow unless the version had failed. */
  beginUnload(): void {
    this.#move('unload');
    if (this.#state === 'unloaded') this.#reason = 'unloaded';
  }

  /** Waits for accepted requests and frees everything; unloaded even if that throws. */
  async finishUnload(): Promise<void> {
    const loaded = this.#loaded;
    this.#loaded = undefined;
    try {
      await loaded?.stop();
    } finally {
      this.#move('stopped');
      this.#reason = 'unloaded';
    }
  }

  #move(event: VersionEvent): void {
    this.#state = nextState(this.#state, event);
  }
}
