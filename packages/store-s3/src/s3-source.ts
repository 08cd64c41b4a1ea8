import { addAbortSignal, Readable } from 'node:stream';
import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import type { FailureKind, ObjectSource, RemoteObject } from '@nereid/store-kit';
import type { S3Location } from './s3-location.js';

/** Names of errors and HTTP statuses; servers differ in which of them they tell. */
const KIND_BY_NAME: Readonly<Record<string, FailureKind>> = {
  NoSuchBucket: 'missing-bucket',
  NoSuchKey: 'missing',
  PreconditionFailed: 'changed',
  InvalidRange: 'changed',
  AccessDenied: 'denied',
  AllAccessDisabled: 'denied',
  CredentialsProviderError: 'denied',
  ExpiredToken: 'denied',
  ExpiredTokenException: 'denied',
  InvalidAccessKeyId: 'denied',
  InvalidToken: 'denied',
  SignatureDoesNotMatch: 'denied',
};

const KIND_BY_STATUS: Readonly<Record<number, FailureKind>> = {
  401: 'denied',
  403: 'denied',
  404: 'missing',
  412: 'changed',
  416: 'changed',
};

/** Objects of a bucket, by ListObjectsV2 and by GetObject on condition of the ETag. */
export class S3Source implements ObjectSource {
  readonly identity: string;
  readonly #client: S3Client;
  readonly #location: S3Location;

  constructor(client: S3Client, location: S3Location) {
    this.#client = client;
    this.#location = location;
    this.identity = `${location.endpoint ?? ''} ${location.url}`;
  }

  async *listFolders(signal: AbortSignal): AsyncIterable<readonly string[]> {
    const { prefix } = this.#location;
    for await (const { CommonPrefixes = [] } of this.#pages(prefix, '/', signal)) {
      yield CommonPrefixes.map((each) => (each.Prefix ?? '').slice(prefix.length, -1));
    }
  }

  async *list(prefix: string, signal: AbortSignal): AsyncIterable<readonly RemoteObject[]> {
    const start = this.#location.prefix;
    for await (const { Contents = [] } of this.#pages(start + prefix, undefined, signal)) {
      yield Contents.map(({ Key = '', Size = 0, ETag = '', LastModified }) => ({
        path: Key.slice(start.length),
        sizeBytes: Size,
        version: ETag,
        modifiedMs: LastModified?.getTime() ?? 0,
      }));
    }
  }

  async read(
    { path, version }: RemoteObject,
    startByte: number,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Uint8Array>> {
    const { bucket, prefix } = this.#location;
    const command = new GetObjectCommand({
      Bucket: bucket,
      Key: prefix + path,
      IfMatch: version,
      ...(startByte > 0 ? { Range: `bytes=${startByte}-` } : {}),
    });
    const { Body } = await this.#client.send(command, { abortSignal: signal });
    if (!(Body instanceof Readable)) throw new Error('the answer has no body');
    // The SDK's own signal ends with the header of the answer.
    return addAbortSignal(signal, Body);
  }

  failureKind(error: unknown, operation: 'list' | 'read'): FailureKind {
    const { name = '', $metadata } = error as {
      readonly name?: string;
      readonly $metadata?: { readonly httpStatusCode?: number };
    };
    const status = $metadata?.httpStatusCode ?? 0;
    if (operation === 'list' && status === 404) return 'missing-bucket';
    return KIND_BY_NAME[name] ?? KIND_BY_STATUS[status] ?? 'other';
  }

  close(): void {
    this.#client.destroy();
  }

  async *#pages(prefix: string, delimiter: string | undefined, signal: AbortSignal) {
    let token: string | undefined;
    do {
      const command = new ListObjectsV2Command({
        Bucket: this.#location.bucket,
        Prefix: prefix,
        ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
        ...(token === undefined ? {} : { ContinuationToken: token }),
      });
      const page = await this.#client.send(command, { abortSignal: signal });
      yield page;
      token = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }
}
