import type { Logger, PluginContext } from '@nereid/core';
import type { Frame } from './frame-reader.js';
import type { BatchSource } from './python-instance.js';
import type { StubLife } from './stub-life.js';

interface ModelCallsOptions {
  readonly life: StubLife;
  readonly batches: BatchSource;
  readonly modelName: string;
  readonly context: PluginContext;
  readonly logger: Logger;
}

/** What a model asks of the server while it executes. */
export class ModelCalls {
  readonly #options: ModelCallsOptions;

  constructor(options: ModelCallsOptions) {
    this.#options = options;
  }

  receive(frame: Frame): void {
    this.#options.logger.verbose(1, `frame ${frame.kind}`);
  }

  close(): void {}
}
