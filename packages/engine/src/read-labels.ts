import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferError, type ModelConfig, type ModelOutputConfig } from '@nereid/core';

/**
 * Reads the label files of a model's outputs: one label a line, the first for class 0. Throws a
 * NOT_FOUND InferError that names a file which cannot be read.
 */
export async function readLabels(
  config: ModelConfig,
  directory: string,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const labelled = config.output.filter((output) => output.labelFilename !== '');
  return new Map(await Promise.all(labelled.map((output) => readLabelFile(output, directory))));
}

async function readLabelFile(
  output: ModelOutputConfig,
  directory: string,
): Promise<[string, readonly string[]]> {
  const path = join(directory, output.labelFilename);
  try {
    const lines = (await readFile(path, 'utf8')).split(/\r?\n/);
    if (lines.at(-1) === '') lines.pop();
    return [output.name, lines];
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InferError(
      'NOT_FOUND',
      `failed to read the label file of output '${output.name}': ${reason}`,
      { cause },
    );
  }
}
