import type { Logger, ModelSource } from '@nereid/core';
import type { BackendSettings } from './backend-settings.js';
import { findInterpreter, type Interpreter } from './find-interpreter.js';
import type { PythonRuntime } from './stub-launcher.js';

/** Finds the Python that a model runs with, and what its environment variables are. */
export class RuntimeFinder {
  readonly #settings: BackendSettings;
  readonly #logger: Logger;
  #interpreter: Promise<Interpreter> | undefined;

  constructor(settings: BackendSettings, logger: Logger) {
    this.#settings = settings;
    this.#logger = logger;
  }

  async runtimeFor(_source: ModelSource): Promise<PythonRuntime> {
    const { executable } = await this.#defaultInterpreter();
    return { executable, environment: process.env };
  }

  /** Asked once; after a failure the next load asks again. */
  #defaultInterpreter(): Promise<Interpreter> {
    this.#interpreter ??= this.#find();
    return this.#interpreter;
  }

  async #find(): Promise<Interpreter> {
    try {
      const found = await findInterpreter(this.#settings.runtime);
      this.#logger.info(`Python ${found.version} at ${found.executable}`);
      return found;
    } catch (error) {
      this.#interpreter = undefined;
      throw error;
    }
  }
}
