import { createHash, randomUUID } from 'node:crypto';
import {
  access,
  mkdir,
  readdir,
  readlink,
  realpath,
  rm,
  stat,
  symlink,
  utimes,
} from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@nereid/core';

/** Environments that are kept however long ago they were used. */
const KEPT_COUNT = 16;
/** One that was used since may be in use by another server. */
const MAYBE_IN_USE_MS = 24 * 3600 * 1000;
const TOUCH_PERIOD_MS = 3600 * 1000;

/**
 * Python environments on disk, by what they are made of. Each is a folder that never moves, with a
 * link to it that appears when it is complete; so servers that make the same one at the same time
 * do not see each other's halves.
 */
export class EnvironmentCache {
  readonly #logger: Logger;
  readonly #ready = new Map<string, Promise<string>>();
  readonly #used = new Set<string>();
  #touching: NodeJS.Timeout | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /**
   * The folder of an environment, which `make` fills unless it is there. Loads that want the same
   * one share the making. A failure is not remembered.
   */
  environment(parts: readonly string[], make: (folder: string) => Promise<void>): Promise<string> {
    const key = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
    const known = this.#ready.get(key);
    if (known !== undefined) return known;
    const ready = this.#findOrMake(key, make);
    this.#ready.set(key, ready);
    ready.catch(() => this.#ready.delete(key));
    return ready;
  }

  close(): void {
    clearInterval(this.#touching);
  }

  async #findOrMake(key: string, make: (folder: string) => Promise<void>): Promise<string> {
    const root = await cacheRoot();
    const link = join(root, key);
    const folder = (await existing(link)) ?? (await makeLinked(link, make));
    this.#keepInUse(folder);
    await this.#cleanUp(root);
    return folder;
  }

  #keepInUse(folder: string): void {
    this.#used.add(folder);
    void touch(folder);
    this.#touching ??= setInterval(() => {
      for (const used of this.#used) void touch(used);
    }, TOUCH_PERIOD_MS).unref();
  }

  /** Removes environments that nobody has used for a day, but for the latest few. */
  async #cleanUp(root: string): Promise<void> {
    try {
      const names = await readdir(root);
      const folders = names.filter((name) => name.includes('-')).map((name) => join(root, name));
      const aged = await Promise.all(
        folders.map(async (folder) => ({ folder, usedMs: (await stat(folder)).mtimeMs })),
      );
      const old = aged.filter(({ usedMs }) => Date.now() - usedMs > MAYBE_IN_USE_MS);
      const linked = await linkedFolders(names.map((name) => join(root, name)));
      // One without a link was never completed.
      const unfinished = old.filter(({ folder }) => !linked.has(folder));
      const surplus = aged
        .filter(({ folder }) => linked.has(folder))
        .sort((a, b) => b.usedMs - a.usedMs)
        .slice(KEPT_COUNT)
        .filter((one) => old.includes(one));
      for (const { folder } of [...unfinished, ...surplus]) await removeEnvironment(root, folder);
    } catch (error) {
      this.#logger.warn(`the cache of Python environments was not cleaned up: ${String(error)}`);
    }
  }
}

/** The user's cache folder, or the system's temporary one where that cannot be written. */
async function cacheRoot(): Promise<string> {
  const caches = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  for (const base of [caches, tmpdir()]) {
    const root = join(base, 'nereid', 'python-environments');
    try {
      await mkdir(root, { recursive: true, mode: 0o700 });
      await access(root, 2);
      return root;
    } catch {
      // The next one may do.
    }
  }
  throw new Error('there is no folder that can be written to keep Python environments in');
}

async function existing(link: string): Promise<string | undefined> {
  try {
    return await realpath(link);
  } catch {
    return undefined;
  }
}

async function makeLinked(link: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = `${link}-${randomUUID().slice(0, 8)}`;
  await mkdir(folder);
  try {
    await make(folder);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  try {
    await rmDangling(link);
    await symlink(folder, link);
    return folder;
  } catch {
    // Another server was faster. Its environment is as good.
    const theirs = await existing(link);
    if (theirs === undefined) return folder;
    await rm(folder, { recursive: true, force: true });
    return theirs;
  }
}

/** A link whose folder somebody has removed. */
async function rmDangling(link: string): Promise<void> {
  if ((await existing(link)) === undefined) await rm(link, { force: true });
}

async function linkedFolders(paths: readonly string[]): Promise<ReadonlySet<string>> {
  const targets = await Promise.all(paths.map((path) => readlink(path).catch(() => '')));
  return new Set(targets);
}

async function removeEnvironment(root: string, folder: string): Promise<void> {
  const link = folder.slice(0, folder.lastIndexOf('-'));
  // The link first: nobody finds a half removed environment.
  const target = await readlink(link).catch(() => undefined);
  if (target === folder && link.startsWith(root)) await rm(link, { force: true });
  await rm(folder, { recursive: true, force: true });
}

async function touch(folder: string): Promise<void> {
  const now = new Date();
  await utimes(folder, now, now).catch(() => {});
}
