import { tmpdir } from 'node:os';
import {
  type AgentModel,
  InferError,
  isInferError,
  type PluginContext,
  type RepoAgent,
  type RepoAgentPlugin,
  toInferError,
} from '@nereid/core';
import { PrivateFolders } from '@nereid/repoagent-kit';
import { decryptModel } from './decrypt-model.js';
import { type KeySource, parseKeySource, readKey } from './key-source.js';

/** Serves models from files that `nereid encrypt-model` has made. */
class DecryptAgent implements RepoAgent {
  readonly #context: PluginContext;
  readonly #folders: PrivateFolders;
  /** Where each loaded model is in clear. */
  readonly #decrypted = new Map<AgentModel, string>();

  constructor(context: PluginContext) {
    this.#context = context;
    const { logger, settings } = context;
    const parent = settings.get('directory') ?? tmpdir();
    this.#folders = new PrivateFolders({ purpose: 'decrypt', parent, logger });
  }

  async load(model: AgentModel): Promise<string> {
    // Comes first: what a killed server has left must go even if this load fails.
    await this.#folders.sweep();
    const key = await readKey(this.#keySource(model), model.name);
    const target = await this.#folders.make();
    try {
      await this.#decrypt(model, { source: model.directory, target, key });
    } catch (error) {
      await this.#folders.remove(target);
      throw isInferError(error) ? error : unwritable(model, target, error);
    }
    this.#decrypted.set(model, target);
    return target;
  }

  async loadFail(model: AgentModel): Promise<void> {
    await this.#remove(model);
  }

  async unloadComplete(model: AgentModel): Promise<void> {
    await this.#remove(model);
  }

  async #decrypt(model: AgentModel, parts: Parameters<typeof decryptModel>[0]): Promise<void> {
    const { clock, logger } = this.#context;
    const startNs = clock.nowNs();
    const fileCount = await decryptModel(parts);
    const durationMs = Math.round((clock.nowNs() - startNs) / 1e6);
    logger.info(`decrypted '${model.name}'`, { fileCount, durationMs });
  }

  /**
   * What the model says, or else what the server was told. A model may not name a command: its
   * configuration may come with a request, and would have the server run anything.
   */
  #keySource({ name, parameters }: AgentModel): KeySource {
    const own = parameters['key_source'];
    const settings = this.#context.settings.get('key_source');
    if (own !== undefined) {
      const source = parseKeySource(own, `the parameter key_source of model '${name}'`);
      if (source.kind !== 'command') return source;
      throw new InferError(
        'INVALID_ARG',
        `model '${name}' names a command for its key; only the server's command line may: ` +
          '--repoagent-config=decrypt,key_source=command:…',
      );
    }
    if (settings !== undefined) {
      return parseKeySource(settings, 'the setting key_source of the repository agent decrypt');
    }
    throw new InferError(
      'INVALID_ARG',
      `nothing says where the key of model '${name}' is: give its repository agent decrypt the ` +
        'parameter key_source (env:NAME or file:PATH), or the server ' +
        '--repoagent-config=decrypt,key_source=…',
    );
  }

  async #remove(model: AgentModel): Promise<void> {
    const folder = this.#decrypted.get(model);
    this.#decrypted.delete(model);
    if (folder !== undefined) await this.#folders.remove(folder);
  }
}

/** Such as a full disk, whose error says neither what was being done nor where. */
function unwritable({ name }: AgentModel, target: string, cause: unknown): InferError {
  const { message } = toInferError(cause);
  return new InferError('INTERNAL', `cannot decrypt '${name}' into ${target}: ${message}`, {
    cause,
  });
}

const plugin: RepoAgentPlugin = { createRepoAgent: (context) => new DecryptAgent(context) };

export default plugin;
