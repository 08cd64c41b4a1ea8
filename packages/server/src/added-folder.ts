import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InferError } from '@nereid/core';

/** Entries that make a folder a model's own, not one that holds models. */
const MODEL_ENTRY = /^(?:config\.(?:pbtxt|json)|[0-9]+)$/;
/** What makes a configuration an ensemble's, in either form. */
const ENSEMBLE = /"?platform"?\s*:\s*"ensemble"|"?ensemble_?[sS]cheduling"?\s*[:{]/;
const CONFIG_FILES = ['config.pbtxt', 'config.json'];

/** Where the models of an added folder are. */
export interface AddedFolder {
  readonly directory: string;
  /** The folders of the models that an ensemble is made of; each has its folder's name. */
  readonly members: readonly string[];
}

/**
 * Finds the model of a folder: the folder itself if it is a model's, or else the one folder in it,
 * or else the one ensemble among several, which no other ensemble there uses. Rejects with an
 * InferError where there is none, or more than one.
 */
export async function findAddedModel(directory: string): Promise<AddedFolder> {
  const names = await readdir(directory).catch((cause: Error) => {
    throw new InferError('NOT_FOUND', `cannot read ${directory}: ${cause.message}`, { cause });
  });
  if (names.some((name) => MODEL_ENTRY.test(name))) return { directory, members: [] };
  const isFolder = await Promise.all(
    names.map(async (name) => (await stat(join(directory, name))).isDirectory()),
  );
  const folders = names.filter((name, at) => isFolder[at] && !name.startsWith('.')).sort();
  const chosen = folders.length > 1 ? await chooseEnsemble(directory, folders) : folders[0];
  if (chosen !== undefined) {
    const members = folders.filter((name) => name !== chosen).map((name) => join(directory, name));
    return { directory: join(directory, chosen), members };
  }
  throw new InferError(
    'INVALID_ARG',
    `${directory} must hold one model, or one ensemble with its models; it has ` +
      `${folders.length} models${folders.length === 0 ? '' : ` (${folders.join(', ')})`}`,
  );
}

/** Undefined unless there is exactly one that no other uses. */
async function chooseEnsemble(
  directory: string,
  folders: readonly string[],
): Promise<string | undefined> {
  const texts = await Promise.all(folders.map((name) => configText(join(directory, name))));
  const ensembles = folders.filter((_, at) => ENSEMBLE.test(texts[at] ?? ''));
  const used = texts.filter((text) => ENSEMBLE.test(text)).flatMap(stepModels);
  const outermost = ensembles.filter((name) => !used.includes(name));
  return outermost.length === 1 ? outermost[0] : undefined;
}

/** The names of the models that an ensemble's configuration passes requests to. */
function stepModels(config: string): readonly string[] {
  const names = config.matchAll(/"?model_?[nN]ame"?\s*:\s*"([^"]*)"/g);
  return [...names].map(([, name = '']) => name);
}

async function configText(directory: string): Promise<string> {
  for (const file of CONFIG_FILES) {
    const text = await readFile(join(directory, file), 'utf8').catch(() => undefined);
    if (text !== undefined) return text;
  }
  return '';
}
