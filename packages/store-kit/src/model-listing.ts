import { createHash } from 'node:crypto';
import { InferError } from '@nereid/core';
import { mattersToLoad, whyUnsafe } from './object-path.js';
import type { RemoteObject } from './object-source.js';

/** A file of a model, to be written to `path` below its folder. */
export interface ModelFile {
  readonly path: string;
  readonly object: RemoteObject;
}

/** A model's files and folders, all safe to be written to the local disk. */
export interface ModelListing {
  readonly files: readonly ModelFile[];
  /** Also those without files, each after the ones it is in. */
  readonly folders: readonly string[];
}

/**
 * Turns the objects below a model into files and folders. Throws INVALID_ARG for a key that leads
 * out of the folder, and for one that is both a file and a folder.
 */
export function modelListing(modelName: string, objects: readonly RemoteObject[]): ModelListing {
  const files = new Map<string, RemoteObject>();
  const folders = new Set<string>();
  for (const object of objects) {
    const path = object.path.slice(modelName.length + 1);
    if (path === '') continue;
    const reason = whyUnsafe(path);
    if (reason) throw new InferError('INVALID_ARG', `the object key '${object.path}' ${reason}`);
    if (path.endsWith('/')) addFolder(folders, path.slice(0, -1));
    else {
      files.set(path, object);
      addFolder(folders, parentOf(path));
    }
  }
  const clash = [...files.keys()].find((path) => folders.has(path));
  if (clash !== undefined) {
    throw new InferError('INVALID_ARG', `'${modelName}/${clash}' is both an object and a folder`);
  }
  return { files: [...files].map(([path, object]) => ({ path, object })), folders: [...folders] };
}

function addFolder(folders: Set<string>, path: string): void {
  if (path === '' || folders.has(path)) return;
  addFolder(folders, parentOf(path));
  folders.add(path);
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** Collects what the objects of one model say about its contents, in whatever order they come. */
export class ModelFingerprint {
  readonly #lines: string[] = [];

  /** `path` is the one below the model. */
  add(path: string, { sizeBytes, version }: RemoteObject): void {
    if (mattersToLoad(path)) this.#lines.push(`${path}\0${sizeBytes}\0${version}\n`);
  }

  digest(): string {
    const hash = createHash('sha256');
    for (const line of this.#lines.sort()) hash.update(line);
    return hash.digest('base64url');
  }
}
