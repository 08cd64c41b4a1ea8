import { chmod, mkdir, mkdtemp, rename, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Clock, InferError, type Logger } from '@nereid/core';
import { claimFolder, HEARTBEAT_MS, showLife } from './cache-owner.js';
import {
  OBJECTS,
  PARTIAL,
  RUNS,
  sweepRuns,
  sweepTemporaryCaches,
  TEMPORARY_PREFIX,
} from './cache-sweep.js';
import { trimCache } from './cache-trim.js';
import { layOutModel, type SnapshotFile } from './lay-out-model.js';

export interface ObjectCacheOptions {
  /** Outlives the server and may be shared; undefined for one that goes with the server. */
  readonly directory: string | undefined;
  /** Of objects that no model in use consists of. */
  readonly limitBytes: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

const READ_ONLY = 0o444;

/**
 * Whole objects under `objects`, which are never written again, and under `runs` a folder for each
 * server that uses the cache, with its models and with objects under way. Objects and models come
 * to their places by a rename, so that a partial one is never found there.
 */
export class ObjectCache {
  readonly #directory: string;
  readonly #run: string;
  readonly #options: ObjectCacheOptions;
  #stopHeartbeat: () => void = () => {};
  #snapshots = 0;

  private constructor(directory: string, run: string, options: ObjectCacheOptions) {
    this.#directory = directory;
    this.#run = run;
    this.#options = options;
    this.#beat();
  }

  /** Throws UNAVAILABLE when the folder cannot be used. */
  static async open(options: ObjectCacheOptions): Promise<ObjectCache> {
    const nowMs = options.clock.wallTimeMs();
    try {
      if (options.directory === undefined) await sweepTemporaryCaches(nowMs);
      const directory = await cacheDirectory(options.directory);
      for (const name of [OBJECTS, PARTIAL, RUNS]) {
        await mkdir(join(directory, name), { recursive: true, mode: 0o700 });
      }
      await sweepRuns(directory, nowMs);
      const run = await mkdtemp(join(directory, RUNS, 'run-'));
      await claimFolder(run);
      await mkdir(join(run, PARTIAL));
      return new ObjectCache(directory, run, options);
    } catch (cause) {
      const where = options.directory ?? tmpdir();
      const reason = cause instanceof Error ? cause.message : String(cause);
      const text = `cannot use ${where} for the files of remote models: ${reason}`;
      throw new InferError('UNAVAILABLE', text, { cause });
    }
  }

  /** True when the object is here as a whole. */
  async has(name: string, sizeBytes: number): Promise<boolean> {
    const info = await stat(this.#object(name)).catch(() => undefined);
    return info?.size === sizeBytes;
  }

  /**
   * A file to write the object to: an empty place, or what an interrupted fetch left. It belongs to
   * this server until it is placed or put back.
   */
  async takePartial(name: string): Promise<string> {
    const file = this.#partial(name);
    await rename(this.#orphan(name), file).catch(() => {});
    return file;
  }

  /** Leaves a file that could not be completed for a later fetch of the object. */
  async putBackPartial(name: string): Promise<void> {
    await rename(this.#partial(name), this.#orphan(name)).catch(() => {});
  }

  async dropPartial(name: string): Promise<void> {
    await rm(this.#partial(name), { force: true });
  }

  /** Takes over a file that is complete. Its time becomes that of the object. */
  async place(name: string, modifiedMs: number): Promise<void> {
    const file = this.#partial(name);
    await chmod(file, READ_ONLY);
    await utimes(file, this.#options.clock.wallTimeMs() / 1000, modifiedMs / 1000);
    await rename(file, this.#object(name));
  }

  /**
   * Makes a folder of objects that are here, under the model's name. Its files are links to them.
   * Returns undefined when an object is missing: another server that shares the cache removed it.
   */
  async layOut(
    modelName: string,
    files: readonly SnapshotFile[],
    folders: readonly string[],
  ): Promise<string | undefined> {
    const place = join(this.#run, String(++this.#snapshots));
    const accessMs = this.#options.clock.wallTimeMs();
    const complete = await layOutModel({
      staging: join(`${place}.partial`, modelName),
      files,
      folders,
      accessMs,
      objectPath: (name) => this.#object(name),
    });
    if (!complete) {
      await rm(`${place}.partial`, { recursive: true, force: true });
      return undefined;
    }
    await rename(`${place}.partial`, place);
    return join(place, modelName);
  }

  /** Removes a folder made by `layOut`. */
  async remove(directory: string): Promise<void> {
    await rm(join(directory, '..'), { recursive: true, force: true });
  }

  /** Removes objects that no model uses, those not used for longest first, until the rest fits. */
  async trim(): Promise<void> {
    await trimCache(this.#directory, this.#options.limitBytes);
  }

  /** Models made by `layOut` are gone then. */
  async close(): Promise<void> {
    this.#stopHeartbeat();
    const temporary = this.#options.directory === undefined;
    await rm(temporary ? this.#directory : this.#run, { recursive: true, force: true });
  }

  #object(name: string): string {
    return join(this.#directory, OBJECTS, name);
  }

  #orphan(name: string): string {
    return join(this.#directory, PARTIAL, name);
  }

  #partial(name: string): string {
    return join(this.#run, PARTIAL, name);
  }

  #beat(): void {
    const { clock, logger } = this.#options;
    this.#stopHeartbeat = clock.schedule(HEARTBEAT_MS * 1000, () => {
      this.#beat();
      showLife(this.#run, clock.wallTimeMs()).catch((error: Error) =>
        logger.warn(`the cache of remote models is damaged: ${error.message}`),
      );
    });
  }
}

async function cacheDirectory(directory: string | undefined): Promise<string> {
  if (directory === undefined) return mkdtemp(join(tmpdir(), TEMPORARY_PREFIX));
  const path = resolve(directory);
  await mkdir(path, { recursive: true, mode: 0o700 });
  return path;
}
