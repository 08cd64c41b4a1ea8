import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  ftruncateSync,
  openSync,
  read,
  readSync,
  unlinkSync,
  write,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMappedFile, type MappedFile } from '@nereid/mapped-memory';

/** On Linux, a file that never has a name; the flag that Node does not list. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;
const MEMORY_DIRECTORY = '/dev/shm';

/**
 * The memory that the server and a stub share, as a file without a name: the descriptor is all
 * there is of it, so nothing can be left behind, whoever dies. The stub maps it, and so does the
 * server where it can; elsewhere it reads and writes by position.
 */
export class SharedFile {
  readonly fd: number;
  readonly #mapped: MappedFile | undefined;
  readonly #counter = Buffer.alloc(8);
  #pendingTransfers = 0;
  #closed = false;

  private constructor(fd: number, mapped?: MappedFile) {
    this.fd = fd;
    this.#mapped = mapped;
  }

  /** Pages come into being as they are written, so that a large size costs nothing. */
  static create(sizeBytes: number, name: string): SharedFile {
    const mapped = createMappedFile(name, sizeBytes);
    return mapped ? new SharedFile(mapped.fd, mapped) : SharedFile.createUnmapped(sizeBytes, name);
  }

  /** `name` is seen for a moment where files without a name are not supported. */
  static createUnmapped(sizeBytes: number, name: string): SharedFile {
    const file = new SharedFile(openNameless(name));
    ftruncateSync(file.fd, sizeBytes);
    return file;
  }

  /** True when `view` can be used. */
  get hasViews(): boolean {
    return this.#mapped !== undefined;
  }

  /** The memory itself; valid for as long as it is referred to. */
  view(position: number, sizeBytes: number): ArrayBuffer {
    if (!this.#mapped) throw new Error('the shared file is not mapped');
    return this.#mapped.view(position, sizeBytes);
  }

  /** Throws ENOSPC when the file system is full; then nothing of the file is lost. */
  writeNow(data: Uint8Array, position: number): void {
    if (this.#mapped) {
      this.#mapped.write(data, position);
      return;
    }
    for (let done = 0; done < data.length; ) {
      done += writeSync(this.fd, data, done, data.length - done, position + done);
    }
  }

  async write(data: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < data.length; ) {
      done += await this.#transfer(writePart, { data, done, position: position + done });
    }
  }

  /** Fills `data`. */
  readNow(data: Uint8Array, position: number): void {
    if (this.#mapped) {
      this.#mapped.read(data, position);
      return;
    }
    for (let done = 0; done < data.length; ) {
      const count = readSync(this.fd, data, done, data.length - done, position + done);
      if (count === 0) throw new Error('the shared file ended early');
      done += count;
    }
  }

  async read(data: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < data.length; ) {
      const count = await this.#transfer(readPart, { data, done, position: position + done });
      if (count === 0) throw new Error('the shared file ended early');
      done += count;
    }
  }

  /** A number that the stub counts up. */
  readCounter(position: number): number {
    this.readNow(this.#counter, position);
    return Number(this.#counter.readBigUInt64LE());
  }

  /** A transfer that is still going on ends first: its descriptor must not become another's. */
  close(): void {
    this.#closed = true;
    if (this.#pendingTransfers > 0) return;
    if (this.#mapped) this.#mapped.close();
    else closeSync(this.fd);
  }

  async #transfer(operation: Transfer, part: Part): Promise<number> {
    if (this.#closed) throw new Error('the shared file is closed');
    this.#pendingTransfers += 1;
    try {
      return await operation(this.fd, part);
    } finally {
      this.#pendingTransfers -= 1;
      if (this.#closed) this.close();
    }
  }
}

/** What is done with a file's bytes, as node:fs does it with a callback. */
type Transfer = (fd: number, part: Part) => Promise<number>;

interface Part {
  readonly data: Uint8Array;
  readonly done: number;
  readonly position: number;
}

const readPart: Transfer = (fd, { data, done, position }) =>
  new Promise((resolve, reject) => {
    read(fd, data, done, data.length - done, position, (error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });

const writePart: Transfer = (fd, { data, done, position }) =>
  new Promise((resolve, reject) => {
    write(fd, data, done, data.length - done, position, (error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });

function openNameless(name: string): number {
  const { O_RDWR, O_CREAT, O_EXCL } = constants;
  let failure: unknown;
  for (const directory of [MEMORY_DIRECTORY, tmpdir()]) {
    try {
      if (process.platform === 'linux') return openSync(directory, O_TMPFILE | O_RDWR, 0o600);
    } catch (error) {
      failure = error;
    }
    try {
      const path = join(directory, `${name}-${randomUUID()}`);
      const fd = openSync(path, O_RDWR | O_CREAT | O_EXCL, 0o600);
      unlinkSync(path);
      return fd;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
