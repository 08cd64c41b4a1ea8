import { access } from 'node:fs/promises';

/** Whether there is a file or a folder of that path that this process may reach. */
export async function fileExists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
