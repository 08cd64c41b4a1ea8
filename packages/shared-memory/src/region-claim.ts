import {
  InferError,
  isInferError,
  type SharedMemoryClaim,
  type SharedMemoryPlacement,
} from '@nereid/core';
import type { BodyMemory } from '@nereid/mapped-memory';
import type { InputBudget } from './input-budget.js';
import type { RegisteredRegion } from './registered-region.js';
import type { TransferGate } from './transfer-gate.js';

interface RegionClaimOptions {
  readonly region: RegisteredRegion;
  readonly placement: SharedMemoryPlacement;
  readonly budget: InputBudget;
  readonly gate: TransferGate;
  readonly memory: BodyMemory;
  /** Called once, when the claim ends. */
  readonly onRelease: () => void;
}

/** A claim on a region whose object is read and written as a file. */
export class RegionClaim implements SharedMemoryClaim {
  readonly sizeBytes: number;
  readonly #region: RegisteredRegion;
  /** From the object's start. */
  readonly #position: number;
  readonly #budget: InputBudget;
  readonly #gate: TransferGate;
  readonly #memory: BodyMemory;
  readonly #onRelease: () => void;
  #readBytes = 0;
  /** What was read last. */
  #data: Uint8Array | undefined;
  #released = false;

  constructor({ region, placement, budget, gate, memory, onRelease }: RegionClaimOptions) {
    this.sizeBytes = placement.sizeBytes;
    this.#region = region;
    this.#position = region.region.offset + placement.offset;
    this.#budget = budget;
    this.#gate = gate;
    this.#memory = memory;
    this.#onRelease = onRelease;
  }

  readNow(): Uint8Array {
    const data = this.#allocate();
    const count = this.#attempt('read', () => this.#region.object.readNow(data, this.#position));
    if (count < data.length) throw this.#region.outOfBounds();
    return data;
  }

  read(): Promise<Uint8Array> {
    return this.#gate.run('read', async () => {
      const data = this.#allocate();
      const count = await this.#region.object
        .read(data, this.#position)
        .catch((error: unknown) => this.#fail('read', error));
      if (count < data.length) throw this.#region.outOfBounds();
      return data;
    });
  }

  writeNow(data: Uint8Array): void {
    this.#attempt('write', () => {
      this.#checkSize(data);
      this.#region.object.writeNow(data, this.#position);
    });
  }

  write(data: Uint8Array): Promise<void> {
    return this.#gate.run('write', async () => {
      this.#attempt('write', () => this.#checkSize(data));
      await this.#region.object
        .write(data, this.#position)
        .catch((error: unknown) => this.#fail('write', error));
    });
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#budget.giveBack(this.#readBytes);
    this.#onRelease();
  }

  discard(): void {
    if (this.#released && this.#data) this.#memory.giveBack(this.#data);
    this.#data = undefined;
  }

  /** Not cleared first, since it is returned only when all of it has been read. */
  #allocate(): Uint8Array {
    this.#requireHeld();
    this.#budget.take(this.sizeBytes);
    this.#readBytes += this.sizeBytes;
    this.#data = this.#memory.take(this.sizeBytes);
    return this.#data;
  }

  /** A write past the end would make an object grow that its owner has made smaller. */
  #checkSize(data: Uint8Array): void {
    this.#requireHeld();
    if (this.#position + data.length > this.#region.object.sizeBytes()) {
      throw this.#region.outOfBounds();
    }
  }

  /** After the release the object may be closed, and its descriptor that of something else. */
  #requireHeld(): void {
    if (this.#released) throw new Error('the claim on it has been released');
  }

  #attempt<T>(verb: 'read' | 'write', action: () => T): T {
    try {
      return action();
    } catch (error) {
      return this.#fail(verb, error);
    }
  }

  #fail(verb: 'read' | 'write', cause: unknown): never {
    if (isInferError(cause)) throw cause;
    const { name } = this.#region.region;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `Unable to ${verb} shared memory region '${name}': ${reason}`;
    throw new InferError('INTERNAL', message, { cause });
  }
}
