/** A part of a POSIX shared-memory object that requests may refer to by its name. */
export interface SharedMemoryRegion {
  readonly name: string;
  /** The object's name, as given to `shm_open`. */
  readonly key: string;
  /** Where the region begins in the object, in bytes. */
  readonly offset: number;
  readonly sizeBytes: number;
}

/** Where in a region a tensor's data is, or is to be written; in bytes from the region's start. */
export interface SharedMemoryPlacement {
  readonly region: string;
  readonly offset: number;
  readonly sizeBytes: number;
}

/**
 * A placement that one request has claimed: its region stays usable until the claim is released.
 * The client may shrink the memory at any time, which makes reads and writes fail with INVALID_ARG.
 */
export interface SharedMemoryClaim {
  readonly sizeBytes: number;
  /** A copy of the data, read on the calling thread: for small placements only. */
  readNow(): Uint8Array;
  /** A copy of the data, read off the calling thread. */
  read(): Promise<Uint8Array>;
  /** Writes to the placement's start, on the calling thread; `data` fits. */
  writeNow(data: Uint8Array): void;
  /** The same, off the calling thread; `data` must not change meanwhile. */
  write(data: Uint8Array): Promise<void>;
  /** Ends the claim, once; later calls do nothing. Nothing is read or written afterwards. */
  release(): void;
  /** After the release, if at all: nothing refers any more to what was read. */
  discard?(): void;
}

/** The shared-memory regions that clients have registered. Methods throw InferErrors for them. */
export interface SharedMemoryRegions {
  /** Throws ALREADY_EXISTS for a name in use, INTERNAL or INVALID_ARG for memory that is unfit. */
  register(region: SharedMemoryRegion): void;
  /** The regions sorted by name, or the one of that name; throws NOT_FOUND for an unknown name. */
  status(name: string | undefined): readonly SharedMemoryRegion[];
  /**
   * Forgets a region, or all of them, as soon as no request claims it; an unknown name is no error.
   */
  unregister(name: string | undefined): void;
  /** Throws NOT_FOUND for an unknown region, INVALID_ARG for a placement that is not within it. */
  claim(placement: SharedMemoryPlacement): SharedMemoryClaim;
}
