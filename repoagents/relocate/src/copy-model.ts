import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { copyModelFile, listModelFiles } from '@nereid/repoagent-kit';

/** Copies all files of a model into an empty folder, one after the other. */
export async function copyModel(source: string, target: string): Promise<void> {
  const { files, folders } = await listModelFiles(source);
  for (const folder of folders) await mkdir(join(target, folder), { mode: 0o700 });
  for (const file of files) await copyModelFile(join(source, file), join(target, file));
}
