import {
  type Clock,
  InferError,
  type LocalModel,
  type Logger,
  type ModelStore,
} from '@nereid/core';
import { ConcurrencyLimit } from './concurrency-limit.js';
import type { Credential, CredentialSource } from './credential-file.js';
import { withDeadline } from './deadline.js';
import { ObjectChanged } from './fetch-object.js';
import { ModelFetcher } from './model-fetcher.js';
import { ModelFingerprint, type ModelListing, modelListing } from './model-listing.js';
import { isModelName } from './object-path.js';
import type { ObjectSource, RemoteObject } from './object-source.js';
import { storeFailure } from './store-failure.js';
import type { StoreSettings } from './store-settings.js';

export interface RemoteStoreOptions {
  /** As users give it, without secrets; the names of models follow it after a slash. */
  readonly location: string;
  readonly settings: StoreSettings;
  readonly credentials: CredentialSource;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called at the first use, and again when the credential changed. */
  connect(credential: Credential | undefined): Promise<ObjectSource>;
}

/** How often a model may change while it is being fetched before the fetch is given up. */
const MAX_LISTINGS = 3;

/** Listings are held in memory. */
const MAX_OBJECTS_OF_MODEL = 100_000;
const MAX_OBJECTS = 2_000_000;

/** Listings at the same time: a start asks for every model at once. */
const MAX_LISTINGS_AT_A_TIME = 16;

/** For all pages of a listing together, in request timeouts. */
const LISTING_REQUESTS = 10;

/** A model repository in an object store: the folders directly below its location are models. */
export class RemoteStore implements ModelStore {
  readonly location: string;
  readonly #options: RemoteStoreOptions;
  readonly #fetcher: ModelFetcher;
  readonly #closing = new AbortController();
  readonly #looks = new ConcurrencyLimit(MAX_LISTINGS_AT_A_TIME);
  #connection: Promise<ObjectSource> | undefined;
  #credential: Credential | undefined;
  #warnedOfEmptiness = false;

  constructor(options: RemoteStoreOptions) {
    this.location = options.location;
    this.#options = options;
    this.#fetcher = new ModelFetcher(options);
  }

  async listModels(): Promise<readonly string[]> {
    const names = await this.#look(`list ${this.location}`, async (source, signal) => {
      const found = new Set<string>();
      for await (const page of source.listFolders(signal)) {
        for (const name of page) if (isModelName(name)) found.add(name);
      }
      return [...found];
    });
    this.#noteModelCount(names.length);
    return names;
  }

  /** One listing of everything costs less than one for each model. */
  async scan(): Promise<ReadonlyMap<string, string>> {
    const prints = new Map<string, ModelFingerprint>();
    await this.#listObjects('', MAX_OBJECTS, (object) => {
      const end = object.path.indexOf('/');
      const name = object.path.slice(0, Math.max(0, end));
      if (!isModelName(name)) return;
      const print = prints.get(name) ?? new ModelFingerprint();
      prints.set(name, print);
      print.add(object.path.slice(end + 1), object);
    });
    this.#noteModelCount(prints.size);
    return new Map([...prints].map(([name, print]) => [name, print.digest()]));
  }

  async fingerprint(modelName: string): Promise<string | undefined> {
    const objects = await this.#listModel(modelName);
    if (objects.length === 0) return undefined;
    const print = new ModelFingerprint();
    for (const object of objects) print.add(object.path.slice(modelName.length + 1), object);
    return print.digest();
  }

  async localize(modelName: string): Promise<LocalModel> {
    for (let listings = 1; ; listings++) {
      const listing = await this.#listingOf(modelName);
      try {
        return await this.#fetch(modelName, listing);
      } catch (error) {
        if (!(error instanceof ObjectChanged)) throw error;
        if (listings === MAX_LISTINGS) {
          throw storeFailure(`fetch ${this.location}/${modelName}`, 'changed', error);
        }
      }
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new InferError('UNAVAILABLE', `${this.location} is being closed`));
    await this.#fetcher.close();
    const source = await this.#connection?.catch(() => undefined);
    source?.close();
  }

  async #fetch(modelName: string, listing: ModelListing): Promise<LocalModel> {
    const { settings, clock } = this.#options;
    const options = {
      clock,
      signal: this.#closing.signal,
      limitMs: settings.fetchTimeoutMs,
      action: `fetch ${this.location}/${modelName}`,
    };
    const source = await this.#connected();
    return withDeadline(options, (signal) =>
      this.#fetcher.fetch({ modelName, listing, source, signal }),
    );
  }

  async #listingOf(modelName: string): Promise<ModelListing> {
    const objects = await this.#listModel(modelName);
    if (objects.length === 0) {
      throw new InferError('NOT_FOUND', `there is no model '${modelName}' in ${this.location}`);
    }
    return modelListing(modelName, objects);
  }

  async #listModel(modelName: string): Promise<readonly RemoteObject[]> {
    const objects: RemoteObject[] = [];
    if (!isModelName(modelName)) return objects;
    await this.#listObjects(`${modelName}/`, MAX_OBJECTS_OF_MODEL, (object) => {
      objects.push(object);
    });
    return objects;
  }

  async #listObjects(
    prefix: string,
    limit: number,
    take: (object: RemoteObject) => void,
  ): Promise<void> {
    const url = prefix === '' ? this.location : `${this.location}/${prefix.slice(0, -1)}`;
    await this.#look(`list ${url}`, async (source, signal) => {
      let count = 0;
      for await (const page of source.list(prefix, signal)) {
        count += page.length;
        if (count > limit) {
          throw new InferError('UNAVAILABLE', `${url} has more than ${limit} objects`);
        }
        for (const object of page) take(object);
      }
    });
  }

  async #look<T>(
    action: string,
    task: (source: ObjectSource, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { clock, settings } = this.#options;
    const limitMs = LISTING_REQUESTS * settings.requestTimeoutMs;
    const source = await this.#connected();
    try {
      const { signal } = this.#closing;
      return await this.#looks.run(() =>
        withDeadline({ clock, signal, limitMs, action }, (either) => task(source, either)),
      );
    } catch (error) {
      throw storeFailure(action, source.failureKind(error, 'list'), error);
    }
  }

  /** A connection that could not be made is tried again at the next use. */
  async #connected(): Promise<ObjectSource> {
    this.#closing.signal.throwIfAborted();
    const { credentials, logger, connect } = this.#options;
    const credential = await credentials.current();
    const previous = this.#connection;
    if (previous && credential === this.#credential) return previous;
    if (credential) logger.info(`using credential '${credential.name}' for ${this.location}`);
    this.#credential = credential;
    const connection = connect(credential).catch((error: unknown) => {
      if (this.#connection === connection) this.#connection = undefined;
      throw storeFailure(`connect to ${this.location}`, 'other', error);
    });
    this.#connection = connection;
    // What is under way with the old credential may still end well; its sockets close when idle.
    return connection;
  }

  /** A path with a typing error looks like an empty repository. */
  #noteModelCount(count: number): void {
    if (count > 0 || this.#warnedOfEmptiness) return;
    this.#warnedOfEmptiness = true;
    this.#options.logger.warn(`there are no models in ${this.location}`);
  }
}
