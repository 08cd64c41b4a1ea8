/** A tensor on its way between two models of which only one may have a batch dimension. */
export interface ShapeFrom {
  readonly shape: readonly number[];
  /** The batch size of the model it comes from; 0 if that has no batch dimension. */
  readonly batchSize: number;
}

export interface ShapeTo {
  /** Without the batch dimension; -1 is a dimension of any size. */
  readonly dims: readonly number[];
  readonly batching: boolean;
}

/**
 * The shape of a tensor for the model it goes to: a batch dimension of 1 is added or taken away
 * only where the shape fits then, and does not fit as it is. Any other shape is passed on, to be
 * refused by the model if it does not fit.
 */
export function adaptShape(from: ShapeFrom, to: ShapeTo): readonly number[] {
  const { shape, batchSize } = from;
  if (to.batching && batchSize === 0) return fits(shape, to.dims) ? [1, ...shape] : shape;
  if (!to.batching && batchSize === 1 && !fits(shape, to.dims)) return shape.slice(1);
  return shape;
}

/** True when two shapes have the same rank and differ only where one of them has -1. */
export function fits(shape: readonly number[], dims: readonly number[]): boolean {
  if (shape.length !== dims.length) return false;
  return shape.every((size, index) => {
    const dim = dims[index];
    return size === dim || size === -1 || dim === -1;
  });
}
