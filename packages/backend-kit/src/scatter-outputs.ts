import {
  ELEMENT_SIZE_BYTES,
  elementCount,
  InferError,
  type InferenceRequest,
  type PendingRequest,
  type Tensor,
} from '@nereid/core';

const BYTES_LENGTH_SIZE = 4;

const NO_NAMES: ReadonlySet<string> = new Set();

/**
 * The outputs that the request asks for; all of them, the same array, when it names none. Those in
 * `always` are kept in any case: the server needs them itself, such as the state of a sequence.
 */
export function selectOutputs(
  request: InferenceRequest,
  outputs: readonly Tensor[],
  always: ReadonlySet<string> = NO_NAMES,
): readonly Tensor[] {
  const wanted = request.requestedOutputs;
  if (wanted.length === 0) return outputs;
  return outputs.filter(
    ({ name }) => always.has(name) || wanted.some((output) => output.name === name),
  );
}

/**
 * Splits the outputs of a batch by the batch sizes of its requests: one list per request, in order,
 * of the outputs it asks for (see selectOutputs), as views. The outputs of a single request are
 * passed on as they are. Throws an UNSUPPORTED InferError for an output with fewer rows than the
 * batch.
 */
export function scatterOutputs(
  batch: readonly PendingRequest[],
  outputs: readonly Tensor[],
  always: ReadonlySet<string> = NO_NAMES,
): readonly (readonly Tensor[])[] {
  const only = batch.length === 1 ? batch[0] : undefined;
  if (only) return [selectOutputs(only.request, outputs, always)];
  const split = outputs.map((output) => splitRows(batch, output));
  return ofEachRequest(batch, split, always);
}

/** Answers every request of a batch of a model that is not decoupled, and finishes it. */
export function respondBatch(
  batch: readonly PendingRequest[],
  outputs: readonly Tensor[],
  always: ReadonlySet<string> = NO_NAMES,
): void {
  answer(batch, scatterOutputs(batch, outputs, always));
}

/** As respondBatch, with the outputs split already: for each output, a part for each request. */
export function answerBatch(
  batch: readonly PendingRequest[],
  split: readonly (readonly Tensor[])[],
  always: ReadonlySet<string>,
): void {
  answer(batch, ofEachRequest(batch, split, always));
}

function answer(batch: readonly PendingRequest[], outputs: readonly (readonly Tensor[])[]): void {
  for (const [index, pending] of batch.entries()) {
    void pending.respond({ outputs: outputs[index] ?? [] });
    pending.finish();
  }
}

function ofEachRequest(
  batch: readonly PendingRequest[],
  split: readonly (readonly Tensor[])[],
  always: ReadonlySet<string>,
): readonly (readonly Tensor[])[] {
  return batch.map(({ request }, index) => {
    const own = split.map((parts) => parts[index]).filter((part) => part !== undefined);
    return selectOutputs(request, own, always);
  });
}

/** Cuts an output of a batch into the rows of each request. */
export function splitRows(batch: readonly PendingRequest[], output: Tensor): readonly Tensor[] {
  const total = batch.reduce((sum, { batchSize }) => sum + batchSize, 0);
  const rows = output.shape[0] ?? 0;
  if (rows < total) {
    throw new InferError(
      'UNSUPPORTED',
      `failed to split the output tensor '${output.name}' in responses: expected batch size of ` +
        `atleast ${total} in model output, got ${rows}`,
    );
  }
  const rowShape = output.shape.slice(1);
  let start = 0;
  return batch.map(({ batchSize }) => {
    const end = start + sizeOfRows(output, start, batchSize * elementCount(rowShape));
    const data = output.data.subarray(start, end);
    start = end;
    return { ...output, shape: [batchSize, ...rowShape], data };
  });
}

/**
 * Bytes that `count` elements take from `start` on. BYTES elements have to be walked, as each has
 * its own size.
 */
function sizeOfRows({ datatype, data }: Tensor, start: number, count: number): number {
  if (datatype !== 'BYTES') return count * ELEMENT_SIZE_BYTES[datatype];
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let end = start;
  for (let index = 0; index < count; index++) end += BYTES_LENGTH_SIZE + view.getUint32(end, true);
  return end - start;
}
