import {
  type Clock,
  type FrontendContext,
  InferError,
  type InferenceServer,
  type Logger,
  type ModelFolders,
  toInferError,
} from '@nereid/core';
import type { HttpResponse } from './http-exchange.js';
import { errorResponse, jsonResponse } from './json-response.js';
import { failedLoad } from './sagemaker-memory-errors.js';

/** What comes below the directory of all models: the folder of one, or of a model within it. */
const MODEL_FOLDER = /^\/[0-9A-Za-z._-]+\/model(?:\/[0-9A-Za-z._-]+)?\/?$/;

/** SageMaker gives an unload 6 minutes. */
const UNLOAD_LIMIT_US = 350_000_000;
const UNLOAD_CHECK_INTERVAL_US = 50_000;

/** What SageMaker asks to load. */
export interface LoadRequest {
  readonly modelName: string;
  readonly url: string;
  /** The model's name in this server. */
  readonly servedName: string;
}

/** A model in the words of SageMaker. */
interface SageMakerModel {
  readonly modelName: string;
  readonly modelUrl: string;
}

interface SageMakerModelsOptions extends Pick<FrontendContext, 'modelFolders'> {
  readonly modelsDirectory: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The models that SageMaker has loaded into this server. */
export class SageMakerModels {
  readonly #server: InferenceServer;
  readonly #options: SageMakerModelsOptions;
  readonly #models = new Map<string, SageMakerModel>();
  /** By served name, when it is loaded: it, and the models of its ensemble. */
  readonly #names = new Map<string, readonly string[]>();
  readonly #servedNames = new Map<string, string>();

  constructor(server: InferenceServer, options: SageMakerModelsOptions) {
    this.#server = server;
    this.#options = options;
  }

  /** Undefined for a model that is not loaded. */
  servedName(modelName: string): string | undefined {
    return this.#servedNames.get(modelName);
  }

  find(modelName: string): SageMakerModel | undefined {
    return this.#models.get(modelName);
  }

  list(): readonly SageMakerModel[] {
    return [...this.#models.values()];
  }

  /** Throws INVALID_ARG for a URL that is none of a model's folder. */
  async load({ modelName, url, servedName }: LoadRequest): Promise<HttpResponse> {
    if (this.#models.has(modelName)) {
      return errorResponse(409, `Model '${modelName}' is already loaded`);
    }
    const folders = this.#folders();
    this.#checkUrl(url);
    // Noted at once, so that the same request that comes meanwhile is refused.
    this.#models.set(modelName, { modelName, modelUrl: url });
    this.#servedNames.set(modelName, servedName);
    try {
      this.#names.set(servedName, await folders.add(servedName, url));
    } catch (error) {
      this.#forget(modelName);
      const { code, message } = toInferError(error);
      return code === 'ALREADY_EXISTS' ? errorResponse(409, message) : failedLoad(message);
    }
    try {
      await this.#server.loadModel(servedName, {});
      return jsonResponse(200, '');
    } catch (error) {
      await this.#takeBack(servedName);
      this.#remove(modelName, servedName);
      return failedLoad(toInferError(error).message);
    }
  }

  /** Resolves once the model has finished its requests and is gone. */
  async unload(modelName: string): Promise<HttpResponse> {
    const servedName = this.#servedNames.get(modelName) ?? modelName;
    // As in Triton, the models of an ensemble go with it.
    await this.#server.unloadModel(servedName, { unloadDependents: true });
    await this.#gone(servedName);
    this.#remove(modelName, servedName);
    return jsonResponse(200, '');
  }

  #remove(modelName: string, servedName: string): void {
    this.#folders().remove(servedName);
    this.#names.delete(servedName);
    this.#forget(modelName);
  }

  #forget(modelName: string): void {
    this.#models.delete(modelName);
    this.#servedNames.delete(modelName);
  }

  /** Of an ensemble that failed to load, some models may have been loaded. */
  async #takeBack(servedName: string): Promise<void> {
    for (const name of this.#names.get(servedName) ?? []) {
      if (name === servedName) continue;
      try {
        await this.#server.unloadModel(name, { unloadDependents: false });
      } catch (error) {
        const reason = toInferError(error).message;
        this.#options.logger.verbose(1, `model '${name}' could not be unloaded: ${reason}`);
      }
    }
  }

  async #gone(servedName: string): Promise<void> {
    const { clock, logger } = this.#options;
    const names = this.#names.get(servedName) ?? [];
    for (let waitedUs = 0; waitedUs < UNLOAD_LIMIT_US; waitedUs += UNLOAD_CHECK_INTERVAL_US) {
      const index = await this.#server.repositoryIndex(false);
      if (!index.some(({ name, state }) => names.includes(name) && state === 'UNLOADING')) return;
      await new Promise<void>((done) => clock.schedule(UNLOAD_CHECK_INTERVAL_US, done));
    }
    logger.warn(`model '${servedName}' still finishes requests, its unload is not waited for`);
  }

  #folders(): ModelFolders {
    const { modelFolders } = this.#options;
    if (modelFolders !== undefined) return modelFolders;
    throw new InferError('INVALID_ARG', 'loading models needs --model-control-mode=explicit');
  }

  #checkUrl(url: string): void {
    const { modelsDirectory } = this.#options;
    const rest = url.startsWith(modelsDirectory) ? url.slice(modelsDirectory.length) : '';
    if (MODEL_FOLDER.test(rest) && !rest.includes('/..') && !rest.includes('/./')) return;
    throw new InferError(
      'INVALID_ARG',
      `url '${url}' is not of the form ${modelsDirectory}/<hash>/model[/<folder>]`,
    );
  }
}
