import { join } from 'node:path';
import { fileExists } from '@nereid/backend-kit';
import { InferError, type ModelSource } from '@nereid/core';

const DEFAULT_FILE = 'model.py';

/** The code of a model. */
export interface ModelFile {
  /** Absolute. */
  readonly file: string;
  /** The folder of a backend that is written in Python, if the file is that backend's. */
  readonly backendDirectory: string | undefined;
  /** The packed environment that comes with such a backend. */
  readonly environmentArchive: string | undefined;
}

/**
 * The Python file of a model: `default_model_filename`, or `model.py`, in the version folder; or,
 * in `scriptFolder`, that of a backend which is written in Python. Throws an INTERNAL InferError,
 * with Triton's texts, when there is none.
 */
export async function findModelFile(
  { config, versionDirectory }: ModelSource,
  scriptFolder: string | undefined,
): Promise<ModelFile> {
  if (scriptFolder !== undefined) return await scriptOf(scriptFolder, config.runtime);
  const fileName = config.defaultModelFilename || DEFAULT_FILE;
  if (!fileName.endsWith('.py')) {
    throw new InferError(
      'INTERNAL',
      `Model name must end with '.py'. Model name is "${fileName}".`,
    );
  }
  const file = join(versionDirectory, fileName);
  await requireFile(file);
  return { file, backendDirectory: undefined, environmentArchive: undefined };
}

async function scriptOf(folder: string, runtime: string): Promise<ModelFile> {
  const fileName = runtime || DEFAULT_FILE;
  const file = join(folder, fileName);
  await requireFile(file);
  const archive = join(folder, `pb_exec_env_${fileName}.tar.gz`);
  return {
    file,
    backendDirectory: folder,
    environmentArchive: (await fileExists(archive)) ? archive : undefined,
  };
}

async function requireFile(file: string): Promise<void> {
  if (await fileExists(file)) return;
  throw new InferError('INTERNAL', `Python model file not found in '${file}'`);
}
