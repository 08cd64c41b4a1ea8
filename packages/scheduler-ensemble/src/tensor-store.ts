import type { SequencePosition, Tensor } from '@nereid/core';
import { adaptShape, type ShapeTo } from './adapt-shape.js';

/** The value of an ensemble's tensor. */
export interface TensorValue {
  /** Undefined for what a step, or the client, may leave out and did. */
  readonly tensor: Tensor | undefined;
  /** That of the model it comes from; 0 if that has no batch dimension. */
  readonly batchSize: number;
  /** For what depends on it; undefined for an input of the ensemble. */
  readonly sequence: SequencePosition | undefined;
}

interface Entry {
  readonly value: TensorValue;
  usesLeft: number;
}

/**
 * The values of one request to an ensemble, by tensor and iteration: a decoupled step gives its
 * tensors again and again. A value is forgotten when all that need it have used it.
 */
export class TensorStore {
  readonly #useCounts: readonly number[];
  /** By tensor: those of the first iteration, which is the only one of most ensembles. */
  readonly #first: (Entry | undefined)[] = [];
  /** Those of all others, by tensor and iteration. */
  #others: Map<number, Entry> | undefined;

  /** How often each tensor is used. */
  constructor(useCounts: readonly number[]) {
    this.#useCounts = useCounts;
  }

  get size(): number {
    return this.#first.filter((entry) => entry).length + (this.#others?.size ?? 0);
  }

  put(tensor: number, iteration: number, value: TensorValue): void {
    const usesLeft = this.#useCounts[tensor] ?? 0;
    if (usesLeft === 0) return;
    const entry = { value, usesLeft };
    if (iteration === 0) {
      this.#first[tensor] = entry;
      return;
    }
    this.#others ??= new Map();
    this.#others.set(this.#key(tensor, iteration), entry);
  }

  has(tensor: number, iteration: number): boolean {
    return this.#entry(tensor, iteration) !== undefined;
  }

  get(tensor: number, iteration: number): TensorValue | undefined {
    return this.#entry(tensor, iteration)?.value;
  }

  /** Called once by each user, after it has got the value. */
  used(tensor: number, iteration: number): void {
    const entry = this.#entry(tensor, iteration);
    if (!entry) return;
    entry.usesLeft -= 1;
    if (entry.usesLeft > 0) return;
    if (iteration === 0) this.#first[tensor] = undefined;
    else this.#others?.delete(this.#key(tensor, iteration));
  }

  #entry(tensor: number, iteration: number): Entry | undefined {
    if (iteration === 0) return this.#first[tensor];
    return this.#others?.get(this.#key(tensor, iteration));
  }

  #key(tensor: number, iteration: number): number {
    return iteration * this.#useCounts.length + tensor;
  }
}

/** A value under another name and in the shape of another model; its data is never copied. */
export function adaptTensor(value: TensorValue, name: string, to: ShapeTo): Tensor | undefined {
  const { tensor, batchSize } = value;
  if (!tensor) return undefined;
  const shape = adaptShape({ shape: tensor.shape, batchSize }, to);
  if (tensor.name === name && tensor.shape === shape) return tensor;
  return { name, datatype: tensor.datatype, shape, data: tensor.data };
}
