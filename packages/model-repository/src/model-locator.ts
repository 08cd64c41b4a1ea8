import type { ModelReference, ModelStore } from '@nereid/core';

/** A model's folder in a store. */
export interface ModelLocation {
  readonly store: ModelStore;
  /** The name in the store, and towards clients. */
  readonly name: string;
  readonly fingerprint: string;
}

const SEPARATOR = '::';

/**
 * Knows models by their keys: their names, or with namespaces the location of their repository and
 * their name, as Triton's texts have it. A model that came with the files of a request is in no
 * repository, so that its name is its key in any case.
 */
export class ModelLocator {
  readonly #stores: readonly ModelStore[];
  readonly #namespacing: boolean;

  constructor(stores: readonly ModelStore[], namespacing: boolean) {
    this.#stores = stores;
    this.#namespacing = namespacing;
  }

  key(namespace: string, name: string): string {
    return this.#namespacing && namespace !== '' ? `${namespace}${SEPARATOR}${name}` : name;
  }

  /** The location of the repository that is part of the key; empty without one. */
  namespace(key: string): string {
    if (!this.#namespacing) return '';
    const store = this.#stores.find(({ location }) => key.startsWith(location + SEPARATOR));
    return store?.location ?? '';
  }

  name(key: string): string {
    const namespace = this.namespace(key);
    return namespace === '' ? key : key.slice(namespace.length + SEPARATOR.length);
  }

  /** Where the model is: several places when it is not clear which one is meant. */
  async locate(key: string): Promise<readonly ModelLocation[]> {
    const namespace = this.namespace(key);
    const name = this.name(key);
    const stores = this.#stores.filter(
      ({ location }) => namespace === '' || location === namespace,
    );
    const looks = stores.map(async (store) => ({
      store,
      name,
      fingerprint: await store.fingerprint(name),
    }));
    return (await Promise.all(looks)).flatMap(({ fingerprint, ...found }) =>
      fingerprint === undefined ? [] : [{ ...found, fingerprint }],
    );
  }

  /** The keys of the models of this name; the name itself when there are none. */
  async keys(name: string): Promise<readonly string[]> {
    if (!this.#namespacing) return [name];
    const found = await this.locate(name);
    const keys = new Set(found.map(({ store }) => this.key(store.location, this.name(name))));
    return keys.size > 0 ? [...keys] : [name];
  }

  /**
   * What a model in a namespace means by a name: the model of its own namespace, else the only one
   * of that name. The name remains as it is where several could be meant, and none can be loaded.
   */
  async resolve(need: ModelReference, namespace: string): Promise<ModelReference> {
    const keys = await this.keys(need.name);
    const own = this.key(namespace, need.name);
    if (keys.includes(own)) return { ...need, name: own };
    const [only = need.name, ...more] = keys;
    return { ...need, name: more.length > 0 ? need.name : only };
  }
}
