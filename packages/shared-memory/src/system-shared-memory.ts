import { totalmem } from 'node:os';
import {
  type Clock,
  InferError,
  type SharedMemoryClaim,
  type SharedMemoryPlacement,
  type SharedMemoryRegion,
  type SharedMemoryRegions,
} from '@nereid/core';
import { BodyMemory } from '@nereid/mapped-memory';
import { InputBudget } from './input-budget.js';
import { MemoryObject } from './memory-object.js';
import { cannotOpen, objectPath } from './object-path.js';
import { RegionClaim } from './region-claim.js';
import { RegisteredRegion } from './registered-region.js';
import { TransferGate } from './transfer-gate.js';

/** Each region holds an open file. */
const MAX_REGIONS = 1_024;
const MAX_NAME_LENGTH = 1_024;
/** Half of the threads that libuv has for everything that waits for files. */
const MAX_TRANSFERS = 2;

export interface SystemSharedMemoryOptions {
  readonly clock: Clock;
  /** False makes every registration fail, as `--allow-client-shm=false` asks for. */
  readonly allowed?: boolean;
  readonly maxRegions?: number;
  /** For the copies of inputs of all requests in flight; half of the machine's memory. */
  readonly maxInputBytes?: number;
  /** Where POSIX shared-memory objects are files; undefined where they are none. */
  readonly directory?: string | undefined;
}

/**
 * The regions of POSIX shared memory that clients have registered (spec §1.8), reached as files.
 * Its texts and codes are those that Triton 2.51 was seen to answer.
 */
export class SystemSharedMemory implements SharedMemoryRegions {
  readonly #regions = new Map<string, RegisteredRegion>();
  readonly #allowed: boolean;
  readonly #maxRegions: number;
  readonly #directory: string | undefined;
  readonly #budget: InputBudget;
  readonly #gate = new TransferGate(MAX_TRANSFERS);
  readonly #memory: BodyMemory;

  constructor(options: SystemSharedMemoryOptions) {
    this.#memory = new BodyMemory(options.clock);
    this.#allowed = options.allowed ?? true;
    this.#maxRegions = options.maxRegions ?? MAX_REGIONS;
    this.#directory = 'directory' in options ? options.directory : platformDirectory();
    this.#budget = new InputBudget(options.maxInputBytes ?? totalmem() / 2);
  }

  register(region: SharedMemoryRegion): void {
    const { name, key } = region;
    const path = objectPath(this.#requireDirectory(), name, key);
    if (this.#regions.has(name)) {
      throw new InferError('ALREADY_EXISTS', `shared memory region '${name}' already in manager`);
    }
    this.#checkLimits(name);
    const object = openObject(path, key);
    try {
      this.#checkBounds(region, object);
    } catch (error) {
      object.close();
      throw error;
    }
    this.#regions.set(name, new RegisteredRegion(region, object));
  }

  status(name: string | undefined): readonly SharedMemoryRegion[] {
    if (name === undefined) {
      return [...this.#regions.values()].map(({ region }) => region).sort(byName);
    }
    const registered = this.#regions.get(name);
    if (registered !== undefined) return [registered.region];
    throw new InferError('NOT_FOUND', `Unable to find system shared memory region: '${name}'`);
  }

  unregister(name: string | undefined): void {
    const all = name === undefined ? [...this.#regions.values()] : [this.#regions.get(name)];
    for (const registered of all) {
      if (registered?.inUse) registered.unregistered = true;
      else if (registered !== undefined) this.#forget(registered);
    }
  }

  claim(placement: SharedMemoryPlacement): SharedMemoryClaim {
    const registered = this.#regions.get(placement.region);
    if (registered === undefined) {
      const message = `Unable to find shared memory region: '${placement.region}'`;
      throw new InferError('NOT_FOUND', message);
    }
    registered.check(placement);
    registered.beginClaim();
    const onRelease = () => {
      registered.endClaim();
      if (registered.unregistered && !registered.inUse) this.#forget(registered);
    };
    return new RegionClaim({
      region: registered,
      placement,
      budget: this.#budget,
      gate: this.#gate,
      memory: this.#memory,
      onRelease,
    });
  }

  /** Lets memory go that is kept for the next inputs. */
  close(): void {
    this.#memory.close();
  }

  #forget(registered: RegisteredRegion): void {
    this.#regions.delete(registered.region.name);
    registered.object.close();
  }

  #requireDirectory(): string {
    if (!this.#allowed) {
      const reason = 'shared memory is switched off by --allow-client-shm=false';
      throw new InferError('UNSUPPORTED', reason);
    }
    if (this.#directory !== undefined) return this.#directory;
    const reason = `system shared memory is not supported on ${process.platform}, only on Linux`;
    throw new InferError('UNSUPPORTED', reason);
  }

  #checkLimits(name: string): void {
    if (name.length > MAX_NAME_LENGTH) {
      const message = `the name of a shared memory region may have ${MAX_NAME_LENGTH} characters`;
      throw new InferError('INVALID_ARG', message);
    }
    if (this.#regions.size < this.#maxRegions) return;
    throw new InferError(
      'UNAVAILABLE',
      `cannot register shared memory region '${name}': ${this.#maxRegions} regions are ` +
        'registered, which is the limit; unregister one first',
    );
  }

  #checkBounds({ name, key, offset, sizeBytes }: SharedMemoryRegion, object: MemoryObject): void {
    if (sizeBytes > 0 && offset + sizeBytes <= object.sizeBytes()) return;
    // Triton has other words for an object that it has open under another name already.
    if ([...this.#regions.values()].some(({ region }) => region.key === key)) {
      throw new InferError('INTERNAL', `Invalid shared memory region: '${key}'`);
    }
    const message = `failed to register shared memory region '${name}': invalid args`;
    throw new InferError('INVALID_ARG', message);
  }
}

function openObject(path: string, key: string): MemoryObject {
  try {
    return MemoryObject.open(path);
  } catch (error) {
    throw cannotOpen(key, error);
  }
}

function platformDirectory(): string | undefined {
  return process.platform === 'linux' ? '/dev/shm' : undefined;
}

function byName(a: SharedMemoryRegion, b: SharedMemoryRegion): number {
  if (a.name === b.name) return 0;
  return a.name < b.name ? -1 : 1;
}
