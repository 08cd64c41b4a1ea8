import { addAbortSignal } from 'node:stream';
import type { Bucket, GetFilesOptions, GetFilesResponse, Storage } from '@google-cloud/storage';
import {
  type FailureKind,
  type ObjectSource,
  type RemoteObject,
  untilAborted,
} from '@nereid/store-kit';
import type { GcsLocation } from './gcs-location.js';

const KIND_BY_STATUS: Readonly<Record<number, FailureKind>> = {
  401: 'denied',
  403: 'denied',
  404: 'missing',
  412: 'changed',
  416: 'changed',
};

/** What the token service says of a key that was revoked. */
const REFUSED_KEY = /invalid_grant|invalid_client|unauthorized/i;

/** An answer of `objects.list`, with the fields that are asked for. */
interface ListingPage {
  readonly prefixes?: readonly string[];
  readonly items?: readonly {
    readonly name: string;
    readonly size: string;
    readonly generation: string;
    readonly updated: string;
  }[];
}

/** Objects of a bucket, read by their generations. */
export class GcsSource implements ObjectSource {
  readonly identity: string;
  readonly #bucket: Bucket;
  readonly #prefix: string;

  constructor(storage: Storage, { bucket, prefix, url }: GcsLocation) {
    this.identity = `${storage.apiEndpoint} ${url}`;
    this.#bucket = storage.bucket(bucket);
    this.#prefix = prefix;
  }

  async *listFolders(signal: AbortSignal): AsyncIterable<readonly string[]> {
    const query = { delimiter: '/', fields: 'prefixes,nextPageToken' };
    for await (const { prefixes = [] } of this.#pages({ ...query, prefix: this.#prefix }, signal)) {
      yield prefixes.map((folder) => folder.slice(this.#prefix.length, -1));
    }
  }

  async *list(prefix: string, signal: AbortSignal): AsyncIterable<readonly RemoteObject[]> {
    const start = this.#prefix;
    const query = {
      prefix: start + prefix,
      fields: 'items(name,size,generation,updated),nextPageToken',
    };
    for await (const { items = [] } of this.#pages(query, signal)) {
      yield items.map(({ name, size, generation, updated }) => ({
        path: name.slice(start.length),
        sizeBytes: Number(size),
        version: generation,
        modifiedMs: Date.parse(updated),
      }));
    }
  }

  async read(
    { path, version }: RemoteObject,
    startByte: number,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const file = this.#bucket.file(this.#prefix + path, { generation: version });
    // The SDK verifies checksums of whole objects only, and takes a start of 0 for a part. What is
    // stored compressed is taken as it is, so that it has its listed size.
    const part = startByte > 0 ? { start: startByte } : {};
    return addAbortSignal(signal, file.createReadStream({ ...part, decompress: false }));
  }

  failureKind(error: unknown, operation: 'list' | 'read'): FailureKind {
    const { code, message = '' } = error as {
      readonly code?: number | string;
      readonly message?: string;
    };
    const kind = KIND_BY_STATUS[Number(code)];
    if (operation === 'list' && kind === 'missing') return 'missing-bucket';
    return kind ?? (REFUSED_KEY.test(message) ? 'denied' : 'other');
  }

  /** The SDK keeps no connections of its own. */
  close(): void {}

  /** The pages as they come from the server: the SDK's objects say no more. */
  async *#pages(query: GetFilesOptions, signal: AbortSignal): AsyncIterable<ListingPage> {
    let next: GetFilesOptions | null = { ...query, autoPaginate: false };
    while (next) {
      const [, following, page]: GetFilesResponse = await untilAborted(
        this.#bucket.getFiles(next),
        signal,
      );
      yield page as ListingPage;
      next = following;
    }
  }
}
