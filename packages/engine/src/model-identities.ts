import { createHash } from 'node:crypto';
import { configJson } from '@nereid/model-config';
import { fingerprintTree, type NamespacedSource } from '@nereid/model-repository';

interface Load {
  readonly fingerprint: string;
  /** How often this process has loaded just these files before, without others in between. */
  readonly earlierCount: number;
}

/**
 * Names loads of model versions so that two of one name give equal answers. The first load of the
 * same files with the same configuration has the same name in every server: answers can be shared,
 * and outlive a server. A repeated one has another name, since a model may read what is not in its
 * folder.
 */
export class ModelIdentities {
  readonly #latest = new Map<string, Load>();

  /** Called once a load, before the backend reads the files. */
  async nameLoad({
    name,
    version,
    config,
    directory,
    namespace,
  }: NamespacedSource): Promise<string> {
    const model = JSON.stringify([namespace, name, version]);
    const files = await fingerprintTree(directory, ['']);
    const text = `${files}\n${configJson(config)}`;
    const fingerprint = createHash('sha256').update(text).digest('base64url');
    const latest = this.#latest.get(model);
    const earlierCount = latest?.fingerprint === fingerprint ? latest.earlierCount + 1 : 0;
    this.#latest.set(model, { fingerprint, earlierCount });
    return `${model} ${fingerprint} ${earlierCount}`;
  }
}
