import { InferError } from '@nereid/core';

/** Triton's Python backend keeps its own segments under it; they are not for clients to touch. */
const RESERVED_PREFIX = 'triton_python_backend_shm_region_';

/**
 * The file of the object that a key names, found as `shm_open` finds it: leading slashes do not
 * count, and no other may follow, so that no key leads out of the directory. Throws INVALID_ARG for
 * a reserved key, INTERNAL for one that can name no object.
 */
export function objectPath(directory: string, regionName: string, key: string): string {
  const objectName = key.replace(/^\/+/, '');
  if (objectName.startsWith(RESERVED_PREFIX)) {
    throw new InferError(
      'INVALID_ARG',
      `cannot register shared memory region '${regionName}' with key '${key}' as the key ` +
        `contains the reserved prefix '${RESERVED_PREFIX}'`,
    );
  }
  if (objectName === '' || /[/\0]/.test(objectName)) throw cannotOpen(key);
  return `${directory}/${objectName}`;
}

/** What Triton says of a key that cannot be opened, whatever the reason. */
export function cannotOpen(key: string, cause?: unknown): InferError {
  return new InferError('INTERNAL', `Unable to open shared memory region: '${key}'`, { cause });
}
