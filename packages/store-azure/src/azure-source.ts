import { addAbortSignal, Readable } from 'node:stream';
import type { BlobItem, ContainerClient } from '@azure/storage-blob';
import type { FailureKind, ObjectSource, RemoteObject } from '@nereid/store-kit';
import type { AzureLocation } from './azure-location.js';

const KIND_BY_STATUS: Readonly<Record<number, FailureKind>> = {
  401: 'denied',
  403: 'denied',
  404: 'missing',
  412: 'changed',
  416: 'changed',
};

/** Accounts with a hierarchical namespace mark their folders so. */
const FOLDER_MARK = 'hdi_isfolder';

/** Blobs of a container, read on condition of their ETags. */
export class AzureSource implements ObjectSource {
  readonly identity: string;
  readonly #container: ContainerClient;
  readonly #prefix: string;

  constructor(container: ContainerClient, { prefix, url }: AzureLocation) {
    this.identity = `${container.url} ${url}`;
    this.#container = container;
    this.#prefix = prefix;
  }

  async *listFolders(signal: AbortSignal): AsyncIterable<readonly string[]> {
    const options = { prefix: this.#prefix, abortSignal: signal };
    const pages = this.#container.listBlobsByHierarchy('/', options).byPage();
    for await (const { segment } of pages) {
      const folders = segment.blobPrefixes ?? [];
      yield folders.map(({ name }) => name.slice(this.#prefix.length, -1));
    }
  }

  async *list(prefix: string, signal: AbortSignal): AsyncIterable<readonly RemoteObject[]> {
    const options = { prefix: this.#prefix + prefix, includeMetadata: true, abortSignal: signal };
    for await (const { segment } of this.#container.listBlobsFlat(options).byPage()) {
      yield segment.blobItems.map((item) => this.#object(item));
    }
  }

  async read(
    { path, version }: RemoteObject,
    startByte: number,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const client = this.#container.getBlobClient(this.#prefix + path);
    const { readableStreamBody } = await client.download(startByte, undefined, {
      abortSignal: signal,
      conditions: { ifMatch: version },
    });
    if (!(readableStreamBody instanceof Readable)) throw new Error('the answer has no body');
    return addAbortSignal(signal, readableStreamBody);
  }

  failureKind(error: unknown, operation: 'list' | 'read'): FailureKind {
    const { statusCode, code } = error as {
      readonly statusCode?: number;
      readonly code?: string;
    };
    const kind = code === 'ContainerNotFound' ? 'missing-bucket' : KIND_BY_STATUS[statusCode ?? 0];
    if (operation === 'list' && kind === 'missing') return 'missing-bucket';
    return kind ?? 'other';
  }

  /** The SDK's connections close when they are idle. */
  close(): void {}

  #object({ name, metadata, properties }: BlobItem): RemoteObject {
    const isFolder = metadata?.[FOLDER_MARK] === 'true' && !name.endsWith('/');
    return {
      path: name.slice(this.#prefix.length) + (isFolder ? '/' : ''),
      sizeBytes: properties.contentLength ?? 0,
      version: properties.etag,
      modifiedMs: properties.lastModified.getTime(),
    };
  }
}
