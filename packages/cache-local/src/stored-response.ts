import type { ModelResponse, ParameterValue, Tensor } from '@nereid/core';

/** What an entry takes beside its texts and bytes: the objects that hold it, about. */
const ENTRY_BYTES = 256;
const TENSOR_BYTES = 192;
const PARAMETER_BYTES = 32;
const DIMENSION_BYTES = 8;

/** A copy of a response that shares no memory with the original. */
export function copyResponse({ outputs, parameters }: ModelResponse): ModelResponse {
  const copies = outputs.map(copyTensor);
  return parameters?.size
    ? { outputs: copies, parameters: new Map(parameters) }
    : { outputs: copies };
}

/** How many bytes of the cache a response takes under the key. */
export function storedSizeBytes(key: string, { outputs, parameters }: ModelResponse): number {
  let size = ENTRY_BYTES + key.length;
  for (const { name, shape, data } of outputs) {
    size += TENSOR_BYTES + textBytes(name) + DIMENSION_BYTES * shape.length + data.byteLength;
  }
  if (!parameters) return size;
  for (const [name, value] of parameters) size += textBytes(name) + parameterBytes(value);
  return size;
}

function copyTensor({ name, datatype, shape, data }: Tensor): Tensor {
  // The data may be a view into something far larger, such as the memory of a whole batch. `slice`
  // of a Buffer would be another view.
  return { name, datatype, shape: [...shape], data: new Uint8Array(data) };
}

function parameterBytes(value: ParameterValue): number {
  return PARAMETER_BYTES + (typeof value === 'string' ? textBytes(value) : 0);
}

/** As the engine holds most text that is not Latin. */
function textBytes(text: string): number {
  return 2 * text.length;
}
