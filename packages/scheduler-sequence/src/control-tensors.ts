import type { ModelConfig, SequenceControl, Tensor } from '@nereid/core';

/** The START, END and READY inputs of a model, made once a load and shared by all requests. */
export interface ControlTensors {
  /** Of a request that starts its sequence, ends it, both, or neither. */
  at(start: boolean, end: boolean): readonly Tensor[];
  /** Of a slot without a request. */
  readonly notReady: readonly Tensor[];
}

type Raised = Readonly<Record<SequenceControl['kind'], boolean>>;

/** Shape [1], after the batch dimension if the model has one (spec §4.3). */
export function controlShape({ maxBatchSize }: ModelConfig): readonly number[] {
  return maxBatchSize > 0 ? [1, 1] : [1];
}

/** The configuration is validated: a boolean control has one list of two values. */
export function compileControls(config: ModelConfig): ControlTensors {
  const shape = controlShape(config);
  const make = (start: boolean, end: boolean, ready: boolean): readonly Tensor[] => {
    const raised: Raised = {
      CONTROL_SEQUENCE_START: start,
      CONTROL_SEQUENCE_END: end,
      CONTROL_SEQUENCE_READY: ready,
      CONTROL_SEQUENCE_CORRID: false,
    };
    return (config.sequenceBatching?.controlInput ?? []).flatMap(({ name, control }) =>
      control
        .filter(({ kind }) => kind !== 'CONTROL_SEQUENCE_CORRID')
        .map((each) => ({ name, shape, ...encode(each, raised[each.kind] ? 1 : 0) })),
    );
  };
  const sets = [
    make(false, false, true),
    make(true, false, true),
    make(false, true, true),
    make(true, true, true),
  ] as const;
  return {
    at: (start, end) => (end ? sets[start ? 3 : 2] : sets[start ? 1 : 0]),
    notReady: make(false, false, false),
  };
}

function encode(control: SequenceControl, index: 0 | 1): Pick<Tensor, 'datatype' | 'data'> {
  const { int32FalseTrue, fp32FalseTrue, boolFalseTrue } = control;
  if (int32FalseTrue.length > 0) {
    return { datatype: 'INT32', data: bytesOf(Int32Array.of(int32FalseTrue[index] ?? index)) };
  }
  if (fp32FalseTrue.length > 0) {
    return { datatype: 'FP32', data: bytesOf(Float32Array.of(fp32FalseTrue[index] ?? index)) };
  }
  return { datatype: 'BOOL', data: Uint8Array.of(boolFalseTrue[index] ? 1 : 0) };
}

function bytesOf({ buffer }: Int32Array | Float32Array): Uint8Array {
  return new Uint8Array(buffer);
}
