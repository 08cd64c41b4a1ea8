import { type DataType, joinBytesElements, type ModelConfig, type Tensor } from '@nereid/core';
import { toDataType } from '@nereid/model-config';
import { controlShape } from './control-tensors.js';

/** The input through which a model learns which sequence a request belongs to. */
export interface CorrelationControl {
  readonly name: string;
  readonly datatype: DataType;
  readonly shape: readonly number[];
}

const LENGTH_SIZE_BYTES = 4;
const WIDE_SIZE_BYTES = 8;

/** Undefined for a model that does not ask for the correlation ID. */
export function correlationControl(config: ModelConfig): CorrelationControl | undefined {
  for (const { name, control } of config.sequenceBatching?.controlInput ?? []) {
    const correlation = control.find(({ kind }) => kind === 'CONTROL_SEQUENCE_CORRID');
    const datatype = correlation && toDataType(correlation.dataType);
    if (datatype) return { name, datatype, shape: controlShape(config) };
  }
  return undefined;
}

/**
 * The datatype of a correlation ID that the control cannot carry; undefined when it can. A 64-bit
 * control carries short strings: Triton 2.51 writes the string as a BYTES element into the number,
 * and clients that name their sequences so are answered. Longer ones write beyond its memory there,
 * and are refused by later releases.
 */
export function unfitDatatype(
  { datatype }: CorrelationControl,
  id: bigint | string,
): DataType | undefined {
  if (typeof id === 'bigint') return datatype === 'BYTES' ? 'UINT64' : undefined;
  if (datatype === 'BYTES') return undefined;
  const isWide = datatype === 'UINT64' || datatype === 'INT64';
  const fits = isWide && Buffer.byteLength(id) <= WIDE_SIZE_BYTES - LENGTH_SIZE_BYTES;
  return fits ? undefined : 'BYTES';
}

/** The ID must fit (see unfitDatatype); a number is cut to the size of its control. */
export function correlationTensor(
  { name, datatype, shape }: CorrelationControl,
  id: bigint | string,
): Tensor {
  return { name, datatype, shape, data: encode(datatype, id) };
}

function encode(datatype: DataType, id: bigint | string): Uint8Array {
  if (datatype === 'BYTES') return joinBytesElements([String(id)]);
  if (typeof id === 'string') {
    const data = new Uint8Array(WIDE_SIZE_BYTES);
    data.set(joinBytesElements([id]));
    return data;
  }
  const wide = new Uint8Array(BigUint64Array.of(BigInt.asUintN(64, id)).buffer);
  return datatype === 'UINT64' || datatype === 'INT64' ? wide : wide.slice(0, 4);
}
