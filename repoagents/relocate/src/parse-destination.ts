import { InferError } from '@nereid/core';

/** Where a model goes: into that very folder, or as a private copy within it. */
export interface Destination {
  readonly kind: 'folder' | 'copy';
  readonly path: string;
}

/** Reads the one parameter that there may be, `path` or `copy_to`. Throws an InferError. */
export function parseDestination(parameters: Readonly<Record<string, string>>): Destination {
  const [[key, path] = [], ...others] = Object.entries(parameters);
  if ((key === 'path' || key === 'copy_to') && path && others.length === 0) {
    return { kind: key === 'path' ? 'folder' : 'copy', path };
  }
  const given = Object.keys(parameters).join(', ') || 'none';
  throw new InferError(
    'INVALID_ARG',
    `the repository agent relocate takes one parameter, 'path' or 'copy_to'; got: ${given}`,
  );
}
