import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferError, type ModelConfig } from '@nereid/core';
import { emptyConfig, parseConfigJson, parseConfigText } from '@nereid/model-config';

interface ConfigSource {
  readonly modelName: string;
  readonly directory: string;
  /** `configs/<name>.pbtxt` is preferred where it exists. */
  readonly configName: string | undefined;
  /** A model without a configuration file is acceptable. */
  readonly autoComplete: boolean;
}

/**
 * The configuration as it is written in the model's folder: `configs/<name>.pbtxt`, else
 * `config.pbtxt`, else `config.json`, else an empty one. Throws an InferError that names the file.
 */
export async function readModelConfig(source: ConfigSource): Promise<ModelConfig> {
  const { directory, modelName, configName } = source;
  const textFiles = ['config.pbtxt'];
  if (configName !== undefined) textFiles.unshift(join('configs', `${configName}.pbtxt`));
  for (const file of textFiles) {
    const path = join(directory, file);
    const text = await readText(path);
    if (text !== undefined) return parseConfigText(text, path);
  }
  const jsonPath = join(directory, 'config.json');
  const json = await readText(jsonPath);
  if (json !== undefined) return parseConfigJson(json, jsonPath);
  if (source.autoComplete) return emptyConfig(modelName);
  throw new InferError(
    'NOT_FOUND',
    `there is no ${join(directory, 'config.pbtxt')}, and completing configurations is switched off`,
  );
}

/** Parses the configuration that a load request carries in place of the file. */
export function parseConfigOverride(text: string): ModelConfig {
  try {
    return parseConfigJson(text, 'config');
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new InferError('INVALID_ARG', `Invalid config override: ${message}`, { cause });
  }
}

/** Throws when the name that the configuration gives the model is not the folder's. */
export function checkConfigName(config: ModelConfig, modelName: string): void {
  if (config.name === '' || config.name === modelName) return;
  throw new InferError(
    'INVALID_ARG',
    `unexpected directory name '${modelName}' for model '${config.name}', ` +
      'directory name must equal model name',
  );
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new InferError('INTERNAL', `failed to read ${path}: ${message}`, { cause });
  }
}

function isMissing(cause: unknown): boolean {
  if (!(cause instanceof Error) || !('code' in cause)) return false;
  return cause.code === 'ENOENT' || cause.code === 'ENOTDIR';
}
