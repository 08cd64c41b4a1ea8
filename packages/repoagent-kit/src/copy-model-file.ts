import { constants } from 'node:fs';
import { chmod, copyFile } from 'node:fs/promises';

/**
 * Copies a file so that its owner alone can read it, and later changes of the source do not show. A
 * file system that can shares the data until one of the two changes.
 */
export async function copyModelFile(source: string, target: string): Promise<void> {
  await copyFile(source, target, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  await chmod(target, 0o600);
}
