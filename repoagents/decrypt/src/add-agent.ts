import { InferError } from '@nereid/core';
import { parseConfigJson, parseConfigText } from '@nereid/model-config';
import type { KeySource } from './key-source.js';

const AGENT = 'decrypt';

/** A configuration file of the model that is being encrypted. */
interface ConfigFile {
  readonly path: string;
  readonly text: string;
  /** Left out of the configuration when undefined: the server is told then. */
  readonly keySource: KeySource | undefined;
}

/**
 * The configuration with the agent added that decrypts the model; as it is when it has that agent
 * already. Throws an InferError when it has others, whose order only its author knows.
 */
export function addAgent({ path, text, keySource }: ConfigFile): string {
  const isJson = path.endsWith('.json');
  const config = isJson ? parseConfigJson(text, path) : parseConfigText(text, path);
  const agents = config.modelRepositoryAgents?.agents ?? [];
  if (agents.some(({ name }) => name === AGENT)) return text;
  if (agents.length > 0) {
    throw new InferError(
      'INVALID_ARG',
      `${path} has repository agents (${agents.map(({ name }) => name).join(', ')}): put ` +
        `'${AGENT}' in its place among them and try again`,
    );
  }
  if (!isJson) return `${text.trimEnd()}\n${agentText(keySource)}`.trimStart();
  const parameters = keySource && { key_source: written(keySource) };
  const section = { agents: [{ name: AGENT, parameters }] };
  const extended = { ...JSON.parse(text), model_repository_agents: section };
  return `${JSON.stringify(extended, undefined, 2)}\n`;
}

/** A configuration that says no more than who decrypts the one that counts. */
export function agentOnly(path: string, keySource: KeySource | undefined): string {
  return addAgent({ path, text: path.endsWith('.json') ? '{}' : '', keySource });
}

function agentText(keySource: KeySource | undefined): string {
  const parameter = keySource
    ? `    parameters { key: "key_source" value: "${escaped(written(keySource))}" }\n`
    : '';
  return `model_repository_agents {\n  agents {\n    name: "${AGENT}"\n${parameter}  }\n}\n`;
}

function written({ kind, place }: KeySource): string {
  return `${kind}:${place}`;
}

function escaped(text: string): string {
  return text.replaceAll(/[\\"]/g, '\\$&').replaceAll('\n', '\\n');
}
