import {
  InferError,
  type InferenceResponse,
  type SharedMemoryClaim,
  type SharedMemoryPlacement,
  type SharedMemoryRegions,
  type Tensor,
} from '@nereid/core';

/**
 * So much of a request or response is copied on the main thread, in 100 µs or so; what exceeds it
 * is copied elsewhere, since the way there and back costs less than holding everybody up.
 */
const MAX_BYTES_AT_ONCE = 1 << 20;

const NO_DATA = new Uint8Array();

/** An input that gets its data before the request is handed on. */
interface UnfilledInput {
  data: Uint8Array;
}

/** The shared memory that one request has claimed: where its inputs are and its outputs belong. */
export class SharedMemoryUse {
  readonly #regions: SharedMemoryRegions;
  readonly #inputs: (readonly [UnfilledInput, SharedMemoryClaim])[] = [];
  readonly #outputs = new Map<string, SharedMemoryClaim>();

  constructor(regions: SharedMemoryRegions) {
    this.#regions = regions;
  }

  /** Throws NOT_FOUND or INVALID_ARG for a placement that is not valid; so does `claimOutput`. */
  claimInput(input: UnfilledInput, placement: SharedMemoryPlacement): void {
    this.#inputs.push([input, this.#regions.claim(placement)]);
  }

  /** Of an output that is asked for twice, the first placement counts. */
  claimOutput(name: string, placement: SharedMemoryPlacement): void {
    const claim = this.#regions.claim(placement);
    if (this.#outputs.has(name)) claim.release();
    else this.#outputs.set(name, claim);
  }

  /**
   * Gives the inputs their data. Returns a promise when there is much of it, undefined when all is
   * done; throws or rejects when the client has taken the memory away.
   */
  load(): Promise<void> | undefined {
    let sizeBytes = 0;
    for (const [, claim] of this.#inputs) sizeBytes += claim.sizeBytes;
    if (sizeBytes > MAX_BYTES_AT_ONCE) return this.#loadElsewhere();
    for (const [input, claim] of this.#inputs) input.data = claim.readNow();
    return undefined;
  }

  /**
   * Writes the outputs that belong in shared memory, and returns the response with these empty: a
   * promise when there is much to write. Throws or rejects when an output finds no room.
   */
  store(response: InferenceResponse): InferenceResponse | Promise<InferenceResponse> {
    if (this.#outputs.size === 0) return response;
    let sizeBytes = 0;
    for (const output of response.outputs) sizeBytes += this.#sizeInMemory(output);
    const stored = { ...response, outputs: response.outputs.map((each) => this.#emptied(each)) };
    if (sizeBytes > MAX_BYTES_AT_ONCE) return this.#storeElsewhere(response, stored);
    for (const { name, data } of response.outputs) this.#outputs.get(name)?.writeNow(data);
    return stored;
  }

  /** Ends all claims, once nothing is being read or written any more. */
  release(): void {
    for (const [, claim] of this.#inputs) claim.release();
    for (const claim of this.#outputs.values()) claim.release();
  }

  /** After `release`: nothing refers to the inputs any more. */
  discardInputs(): void {
    for (const [, claim] of this.#inputs) claim.discard?.();
  }

  /** One after the other: a claim must not be released while another is still being read. */
  async #loadElsewhere(): Promise<void> {
    for (const [input, claim] of this.#inputs) input.data = await claim.read();
  }

  async #storeElsewhere(
    response: InferenceResponse,
    stored: InferenceResponse,
  ): Promise<InferenceResponse> {
    for (const { name, data } of response.outputs) await this.#outputs.get(name)?.write(data);
    return stored;
  }

  #sizeInMemory({ name, data }: Tensor): number {
    const claim = this.#outputs.get(name);
    if (claim === undefined) return 0;
    if (data.length <= claim.sizeBytes) return data.length;
    throw new InferError(
      'INTERNAL',
      `shared memory size specified with the request for output '${name}' (${claim.sizeBytes} ` +
        `bytes) should be at least ${data.length} bytes to hold the results`,
    );
  }

  #emptied(output: Tensor): Tensor {
    return this.#outputs.has(output.name) ? { ...output, data: NO_DATA } : output;
  }
}
