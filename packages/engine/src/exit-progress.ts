import type { Clock, Logger } from '@nereid/core';

const SECOND_US = 1_000_000;

/** A model version that still has work. */
interface InflightModel {
  readonly name: string;
  readonly version: number;
  readonly inflightCount: number;
}

interface ExitProgressOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timeoutMs: number;
  /** The model versions that accepted requests which are not finished. */
  inflightModels(): readonly InflightModel[];
  /** The model versions that are not unloaded yet. */
  liveModelCount(): number;
}

/** Tells once a second what a stopping server waits for, until it is told to be quiet. */
export class ExitProgress {
  readonly #options: ExitProgressOptions;
  #remainingSeconds: number;
  #cancel: () => void = () => {};

  constructor(options: ExitProgressOptions) {
    this.#options = options;
    this.#remainingSeconds = Math.ceil(options.timeoutMs / 1000);
    options.logger.info('Waiting for in-flight requests to complete.');
    this.#report();
  }

  quiet(): void {
    this.#cancel();
  }

  #report(): void {
    const { clock, logger, inflightModels, liveModelCount } = this.#options;
    const models = inflightModels();
    const timeout = `Timeout ${this.#remainingSeconds}`;
    if (models.length > 0) {
      logger.info(
        `${timeout}: Found ${models.length} model versions that have in-flight inferences`,
      );
    } else {
      logger.info(`${timeout}: Found ${liveModelCount()} live models`);
    }
    for (const { name, version, inflightCount } of models) {
      logger.info(`Model '${name}' (version ${version}) has ${inflightCount} in-flight inferences`);
    }
    this.#remainingSeconds -= 1;
    this.#cancel = clock.schedule(SECOND_US, () => this.#report());
  }
}
