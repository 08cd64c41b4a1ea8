import { join } from 'node:path';
import { fileExists } from '@nereid/backend-kit';
import type { Logger, ModelSource } from '@nereid/core';
import { EnvironmentCache } from './environment-cache.js';
import { openExecutionEnvironment } from './execution-environment.js';
import { findInterpreter, type Interpreter } from './find-interpreter.js';
import type { ModelFile } from './find-model-file.js';
import { openRequirementsEnvironment } from './requirements-environment.js';
import type { PythonRuntime } from './stub-launcher.js';

const MODEL_DIRECTORY = '$$TRITON_MODEL_DIRECTORY';
const REQUIREMENTS_FILE = 'requirements.txt';
/** Triton takes a stub that was built for another Python from there. */
const OTHER_STUB = 'triton_python_backend_stub';

/** Finds the Python that a model runs with, and what its environment variables are. */
export class RuntimeFinder {
  readonly #runtime: string | undefined;
  readonly #logger: Logger;
  readonly #cache: EnvironmentCache;
  #interpreter: Promise<Interpreter> | undefined;

  /** `runtime` is the setting python-runtime. */
  constructor(runtime: string | undefined, logger: Logger) {
    this.#runtime = runtime;
    this.#logger = logger;
    this.#cache = new EnvironmentCache(logger);
  }

  async runtimeFor(source: ModelSource, { environmentArchive }: ModelFile): Promise<PythonRuntime> {
    const { name, directory, config } = source;
    if (await fileExists(join(directory, OTHER_STUB))) this.#refuseStub(name);
    const path =
      config.parameters['EXECUTION_ENV_PATH']?.stringValue ?? (environmentArchive || undefined);
    if (path) {
      const place = path.replaceAll(MODEL_DIRECTORY, directory);
      return await openExecutionEnvironment(place, this.#cache);
    }
    const interpreter = await this.#defaultInterpreter();
    const file = join(directory, REQUIREMENTS_FILE);
    if (!(await fileExists(file))) {
      return { executable: interpreter.executable, environment: process.env };
    }
    const logger = this.#logger.child(name);
    return await openRequirementsEnvironment({ file, interpreter, cache: this.#cache, logger });
  }

  close(): void {
    this.#cache.close();
  }

  #refuseStub(modelName: string): void {
    this.#logger.warn(
      `model '${modelName}' has a ${OTHER_STUB}, which this server does not use: it needs none ` +
        'to run another Python. Name one with the parameter EXECUTION_ENV_PATH',
    );
  }

  /** Asked once; after a failure the next load asks again. */
  #defaultInterpreter(): Promise<Interpreter> {
    this.#interpreter ??= this.#find();
    return this.#interpreter;
  }

  async #find(): Promise<Interpreter> {
    try {
      const found = await findInterpreter(this.#runtime);
      this.#logger.info(`Python ${found.version} at ${found.executable}`);
      return found;
    } catch (error) {
      this.#interpreter = undefined;
      throw error;
    }
  }
}
