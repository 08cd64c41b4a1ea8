import type { BodyMemory } from '@nereid/mapped-memory';
import type { SharedTensorData, TensorMemory } from './decode-response.js';
import { MAX_SYNCHRONOUS_BYTES } from './input-placement.js';
import type { SharedFile } from './shared-file.js';

/** Views of memory that is free are kept up to this number, for when it is used again. */
const MAX_KEPT_VIEWS = 64;

interface SharedOutputsOptions {
  readonly file: SharedFile;
  /** For outputs that have to be read from the file. */
  readonly memory: BodyMemory;
  /** The stub may write to that memory again. */
  readonly freed: (position: number, sizeBytes: number) => void;
}

/**
 * The outputs that a stub leaves in the shared file. Where the file is mapped, they go to the
 * client from where they lie, and the memory is the stub's again once they are released or, if that
 * never happens, once the garbage collector finds that nobody refers to them. Elsewhere they are
 * read, and the memory is the stub's at once.
 */
export class SharedOutputs implements TensorMemory {
  readonly #options: SharedOutputsOptions;
  /** By position: memory of the stub's that has been released, and that it will use again. */
  readonly #kept = new Map<number, ArrayBuffer>();
  readonly #lent = new WeakSet<ArrayBufferLike>();
  readonly #collected: FinalizationRegistry<Omit<SharedTensorData, 'data'> & { sizeBytes: number }>;

  constructor(options: SharedOutputsOptions) {
    this.#options = options;
    this.#collected = new FinalizationRegistry(({ position, sizeBytes }) =>
      options.freed(position, sizeBytes),
    );
  }

  take(sizeBytes: number, position: number): Buffer {
    const { file, memory } = this.#options;
    if (!file.hasViews) return memory.take(sizeBytes);
    const kept = this.#kept.get(position);
    if (kept) this.#kept.delete(position);
    const fits = kept && kept.byteLength >= sizeBytes;
    if (kept && !fits) this.#collected.unregister(kept);
    const view = fits ? kept : file.view(position, sizeBytes);
    if (view !== kept) this.#collected.register(view, { position, sizeBytes }, view);
    this.#lent.add(view);
    return Buffer.from(view, 0, sizeBytes);
  }

  /** Fills what `take` gave, if that is needed; returns a promise when it takes longer. */
  fill(shared: readonly SharedTensorData[]): Promise<void> | undefined {
    return this.#options.file.hasViews ? undefined : this.read(shared);
  }

  /** Reads into memory that is not the stub's; returns a promise when it takes longer. */
  read(shared: readonly SharedTensorData[]): Promise<void> | undefined {
    const { file } = this.#options;
    let total = 0;
    for (const { data } of shared) total += data.length;
    if (total <= MAX_SYNCHRONOUS_BYTES) {
      for (const { data, position } of shared) file.readNow(data, position);
      this.#free(shared);
      return undefined;
    }
    const reads = shared.map(({ data, position }) => file.read(data, position));
    return Promise.all(reads).then(() => this.#free(shared));
  }

  /** Nothing refers to these any more. */
  release(shared: readonly SharedTensorData[]): void {
    const { file, memory, freed } = this.#options;
    for (const { data, position } of shared) {
      const { buffer } = data;
      if (!file.hasViews) memory.giveBack(data);
      else if (buffer instanceof ArrayBuffer && this.#lent.delete(buffer)) {
        this.#keep(buffer, position);
        freed(position, data.length);
      }
    }
  }

  #free(shared: readonly SharedTensorData[]): void {
    for (const { data, position } of shared) this.#options.freed(position, data.length);
  }

  #keep(view: ArrayBuffer, position: number): void {
    if (this.#kept.size >= MAX_KEPT_VIEWS) this.forgetViews();
    this.#kept.set(position, view);
  }

  /** Memory is being given back to the system, and places will change. */
  forgetViews(): void {
    for (const view of this.#kept.values()) this.#collected.unregister(view);
    this.#kept.clear();
  }
}
