/** What a server puts up with. Every number is a limit on one client or on all of them together. */
export interface HttpLimits {
  /** Connections at the same time; more are closed as they come. */
  readonly maxConnections: number;
  /** The request line and all header fields of a request. */
  readonly maxHeadBytes: number;
  /** Header fields of a request, and trailer fields of a body. */
  readonly maxFields: number;
  readonly maxBodyBytes: number;
  /**
   * Memory that a length in a head is good for before bytes of the body come; beyond, memory
   * follows what arrives.
   */
  readonly maxPledgedBytes: number;
  /** Bytes of the bodies of all requests that are not answered yet. */
  readonly maxHeldBodyBytes: number;
  /** Sizes, extensions and ends of the chunks of one body, and its trailer, without its data. */
  readonly maxChunkOverheadBytes: number;
  /** Bytes of further requests that are taken while one is being answered. */
  readonly maxPipelinedBytes: number;
  /** Bytes that a streamed answer may be ahead of a client without the producer waiting. */
  readonly maxUnreadBytes: number;
  /** From the first byte of a request to the end of its head. */
  readonly headTimeoutMs: number;
  /** A body must grow by `minBodyProgressBytes` in each interval of so many milliseconds. */
  readonly bodyProgressIntervalMs: number;
  readonly minBodyProgressBytes: number;
  /** Between an answer and the next request, and before the first one. */
  readonly idleTimeoutMs: number;
  /** A client must take something of its answer in so many milliseconds. */
  readonly writeTimeoutMs: number;
  /** How long the rest of a refused request is read and thrown away, for its answer to arrive. */
  readonly lingerMs: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;

export const DEFAULT_LIMITS: HttpLimits = {
  maxConnections: 100_000,
  maxHeadBytes: 64 * KIB,
  maxFields: 256,
  maxBodyBytes: 2048 * MIB,
  // A tensor of 64 MiB with what describes it comes into its place without being copied.
  maxPledgedBytes: 96 * MIB,
  maxHeldBodyBytes: 4096 * MIB,
  maxChunkOverheadBytes: 1 * MIB,
  maxPipelinedBytes: 64 * KIB,
  maxUnreadBytes: 64 * MIB,
  headTimeoutMs: 20_000,
  bodyProgressIntervalMs: 10_000,
  minBodyProgressBytes: 4 * KIB,
  idleTimeoutMs: 600_000,
  writeTimeoutMs: 60_000,
  lingerMs: 2_000,
};
