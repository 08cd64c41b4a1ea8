import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ModelConfig, ModelSource } from '@nereid/core';

/** A model folder in the system's temporary directory. */
export interface TemporaryModel {
  readonly source: ModelSource;
  remove(): Promise<void>;
}

/**
 * Writes `files`, by their path in the folder of version 1, and describes them as a ModelSource.
 */
export async function makeTemporaryModel(
  config: ModelConfig,
  files: Readonly<Record<string, string | Uint8Array>> = {},
): Promise<TemporaryModel> {
  const repository = await mkdtemp(join(tmpdir(), 'nereid-model-'));
  const directory = join(repository, config.name);
  const versionDirectory = join(directory, '1');
  await mkdir(versionDirectory, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    const file = join(versionDirectory, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  return {
    source: { name: config.name, version: 1, config, directory, versionDirectory },
    remove: () => rm(repository, { recursive: true, force: true }),
  };
}
