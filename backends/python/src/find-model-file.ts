import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { InferError, type ModelSource, type PluginContext } from '@nereid/core';

const DEFAULT_FILE = 'model.py';

export interface ModelFile {
  readonly file: string;
  /** Where the file is that of a backend written in Python. */
  readonly backendDirectory: string | undefined;
}

/**
 * The Python file of a model: `default_model_filename`, or `model.py`, in the version folder; or the
 * `model.py` of a backend that is written in Python.
 */
export async function findModelFile(
  source: ModelSource,
  _settings: PluginContext['settings'],
): Promise<ModelFile> {
  const { name, config, versionDirectory } = source;
  const fileName = config.defaultModelFilename || DEFAULT_FILE;
  if (!fileName.endsWith('.py')) {
    throw new InferError(
      'INTERNAL',
      `Model name must end with '.py'. Model name is "${fileName}".`,
    );
  }
  const file = join(versionDirectory, fileName);
  if (await exists(file)) return { file, backendDirectory: undefined };
  throw new InferError('INTERNAL', `Python model file not found in '${file}' for model '${name}'`);
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}
