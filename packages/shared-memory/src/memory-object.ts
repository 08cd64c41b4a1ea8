import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  read,
  readSync,
  type Stats,
  write,
  writeSync,
} from 'node:fs';

/** Linux moves at most this much in one call (2 GiB less a page). */
const MAX_TRANSFER_BYTES = 0x7fff_f000;

/** What is done with a file's bytes, as node:fs does it with a callback. */
type Transfer = (
  fd: number,
  data: Uint8Array,
  options: { offset: number; length: number; position: number },
) => Promise<number>;

/**
 * An open shared-memory object. Its bytes are copied with positional reads and writes, not mapped:
 * its owner may truncate it at any time, and touching mapped memory that is gone ends a process
 * with SIGBUS. Methods throw, or reject with, the system's errors.
 */
export class MemoryObject {
  readonly #fd: number;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** Opens as `shm_open` does. Throws also for what is no plain file. */
  static open(path: string): MemoryObject {
    // NONBLOCK only matters for what is refused afterwards: a pipe must not hold up the server.
    const { O_RDWR, O_NOFOLLOW, O_NONBLOCK } = constants;
    const object = new MemoryObject(openSync(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK));
    if (object.#stat().isFile()) return object;
    object.close();
    throw new Error(`${path} is no shared-memory object`);
  }

  sizeBytes(): number {
    return this.#stat().size;
  }

  /** Fills `data` from the object; returns how much of it the object still had. */
  readNow(data: Uint8Array, position: number): number {
    for (let done = 0; done < data.length; ) {
      const count = readSync(this.#fd, data, nextPart(data, done, position));
      if (count === 0) return done;
      done += count;
    }
    return data.length;
  }

  read(data: Uint8Array, position: number): Promise<number> {
    return this.#transfer(readPart, data, position);
  }

  writeNow(data: Uint8Array, position: number): void {
    for (let done = 0; done < data.length; ) {
      const { offset, length, position: at } = nextPart(data, done, position);
      done += writeSync(this.#fd, data, offset, length, at);
    }
  }

  async write(data: Uint8Array, position: number): Promise<void> {
    await this.#transfer(writePart, data, position);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #stat(): Stats {
    return fstatSync(this.#fd);
  }

  async #transfer(transfer: Transfer, data: Uint8Array, position: number): Promise<number> {
    let done = 0;
    while (done < data.length) {
      const count = await transfer(this.#fd, data, nextPart(data, done, position));
      if (count === 0) break;
      done += count;
    }
    return done;
  }
}

function nextPart(data: Uint8Array, done: number, position: number) {
  const length = Math.min(data.length - done, MAX_TRANSFER_BYTES);
  return { offset: done, length, position: position + done };
}

const readPart: Transfer = (fd, data, options) =>
  new Promise((resolve, reject) => {
    read(fd, data, options.offset, options.length, options.position, (error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });

const writePart: Transfer = (fd, data, options) =>
  new Promise((resolve, reject) => {
    write(fd, data, options.offset, options.length, options.position, (error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });
