/** How a call ends: a gRPC status code and, for the client, why. */
export interface GrpcStatus {
  readonly code: number;
  readonly message: string;
}

/** Metadata to send. Names are lower-case; values of names that end with `-bin` are bytes. */
export type MetadataEntries = readonly (readonly [name: string, value: string | Buffer])[];

/** Tells that nobody waits for an answer any more. */
export interface CallSignal {
  readonly cancelled: boolean;
  /**
   * Calls `listener` once when cancelled, at once if that has happened already. Returns a function
   * that takes the listener back.
   */
  onCancel(listener: () => void): () => void;
}

/** One call as its handler sees it. Messages are whole, without gRPC's prefix, and uncompressed. */
export interface GrpcCall {
  /** Cancelled when the client goes away, or its deadline passes, before the call has ended. */
  readonly signal: CallSignal;
  /** The client's address; empty when it is not known. */
  readonly client: string;
  /** The first value of a metadata entry, by its lower-case name; undefined if there is none. */
  header(name: string): string | undefined;
  /** All values of a binary metadata entry, whose name ends with `-bin`. */
  binaryHeader(name: string): readonly Buffer[];
  /** All metadata that is text. */
  headers(): Iterable<readonly [string, string]>;
  /** Metadata to go before the first message; has no effect after it. */
  sendMetadata(metadata: MetadataEntries): void;
  /**
   * Sends a message, which must not change any more. Returns false when the client has fallen
   * behind: more is still accepted, but should wait for `drained`. After the end, it does nothing.
   */
  write(message: Buffer): boolean;
  /**
   * The same with a message in pieces, which are sent from where they are. `sent` is called when
   * the system has all of them; never, if the call ends before or the message is compressed.
   */
  writePieces(pieces: readonly Buffer[], sent?: () => void): boolean;
  /** Resolves when the client has caught up or gone away. */
  drained(): Promise<void>;
  /** Ends the call, once; later ends do nothing. */
  end(status: GrpcStatus, trailers?: MetadataEntries): void;
  /** Calls `listener` when the call is over, by its end or by cancellation. One listener only. */
  onClosed(listener: () => void): void;
}

/** A call whose client may send any number of messages. */
export interface GrpcStreamCall extends GrpcCall {
  /** Asks for no further messages. */
  pause(): void;
  resume(): void;
  /**
   * Counts memory that the handler keeps of the call's messages, until it is released or the call
   * is over.
   */
  retain(sizeBytes: number): void;
  release(sizeBytes: number): void;
}

/** Takes what the client of a stream sends. */
export interface StreamReader {
  /** The bytes are the reader's. */
  message(bytes: Buffer): void;
  /** The client sends no more. */
  halfClose(): void;
}

export interface UnaryHandler {
  readonly kind: 'unary';
  /** Answers `message` by ending the call, sooner or later. */
  handle(call: GrpcCall, message: Buffer): void;
}

export interface StreamHandler {
  readonly kind: 'stream';
  open(call: GrpcStreamCall): StreamReader;
}

export type GrpcHandler = UnaryHandler | StreamHandler;

/** Handlers by their path, such as `/package.Service/Method`. */
export type GrpcHandlers = ReadonlyMap<string, GrpcHandler>;

/** Statuses that the transport itself ends calls with. */
export const STATUS = {
  OK: 0,
  UNKNOWN: 2,
  DEADLINE_EXCEEDED: 4,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
} as const;
