/** An object of a remote repository, as a listing tells of it. */
export interface RemoteObject {
  /** Below the repository: `model/1/model.onnx`; with a slash at its end it stands for a folder. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Another one whenever the contents are: an ETag or a generation. */
  readonly version: string;
  readonly modifiedMs: number;
}

/**
 * Why an operation failed, as far as a store can act on it. `missing` is the object,
 * `missing-bucket` the place it is in. `changed` means that the object is no longer the one that
 * was listed.
 */
export type FailureKind = 'missing-bucket' | 'denied' | 'missing' | 'changed' | 'other';

/** What a store's SDK has to do: everything else is the same for all of them. */
export interface ObjectSource {
  /** What the cache tells objects of different places by: endpoint, bucket and path. */
  readonly identity: string;
  /** Page by page, the names of the folders directly below the repository. */
  listFolders(signal: AbortSignal): AsyncIterable<readonly string[]>;
  /** Page by page, in any order, all objects whose path starts with `prefix`. */
  list(prefix: string, signal: AbortSignal): AsyncIterable<readonly RemoteObject[]>;
  /**
   * The contents from a byte on. Rejects, or breaks off, with an error of kind `changed` when the
   * object is another one by now.
   */
  read(
    object: RemoteObject,
    startByte: number,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>>;
  failureKind(error: unknown, operation: 'list' | 'read'): FailureKind;
  close(): void;
}
