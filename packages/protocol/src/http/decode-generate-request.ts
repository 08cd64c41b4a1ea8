import {
  type CancelSignal,
  ELEMENT_SIZE_BYTES,
  elementCount,
  InferError,
  type InferenceRequest,
  type ParameterValue,
  type Tensor,
  type TensorMetadata,
} from '@nereid/core';
import { jsonTooLarge } from './decode-infer-request.js';
import { parameterValue } from './infer-parameters.js';
import { JsonCursor } from './json-cursor.js';
import { readName } from './json-string.js';
import { accessError, checkJsonSyntax, expectString, readValue, skipValue } from './json-value.js';
import { jsonInputTooLarge, readTensorData } from './tensor-data-reader.js';

/** One request to `generate` or `generate_stream`, as the front end received it. */
export interface HttpGenerateCall {
  readonly modelName: string;
  readonly modelVersion: number | undefined;
  /** The inputs in the model's metadata: what tells tensors from parameters. */
  readonly inputs: readonly TensorMetadata[];
  readonly body: Uint8Array;
  /** The limit of `--http-max-input-size`. */
  readonly maxInputSizeBytes: number;
  readonly signal: CancelSignal;
}

/** The member whose own members are treated like those beside it. */
const NESTED_MEMBER = 'parameters';

/**
 * Decodes a generate request (spec §1.5): members with the name of an input become its tensor, all
 * others parameters. Throws the InferError that the client is to see.
 */
export function decodeGenerateRequest(call: HttpGenerateCall): InferenceRequest {
  const { body, maxInputSizeBytes } = call;
  if (body.length > maxInputSizeBytes) throw jsonTooLarge(body.length, maxInputSizeBytes);
  const reader = new GenerateReader(call);
  try {
    reader.read();
  } catch (error) {
    // The document is read in one pass; a text that is no JSON is the first thing to complain of.
    checkJsonSyntax(body);
    throw error;
  }
  return {
    modelName: call.modelName,
    modelVersion: call.modelVersion,
    id: reader.id ?? '',
    inputs: reader.tensors,
    requestedOutputs: [],
    sequence: undefined,
    priority: 0,
    timeoutUs: 0,
    parameters: reader.parameters,
    signal: call.signal,
  };
}

/** Reads one document. */
class GenerateReader {
  id: string | undefined;
  readonly tensors: Tensor[] = [];
  readonly parameters = new Map<string, ParameterValue>();
  readonly #cursor: JsonCursor;
  readonly #inputs: ReadonlyMap<string, TensorMetadata>;
  readonly #maxSizeBytes: number;

  constructor({ body, inputs, maxInputSizeBytes }: HttpGenerateCall) {
    this.#cursor = new JsonCursor(body);
    this.#inputs = new Map(inputs.map((input) => [input.name, input]));
    this.#maxSizeBytes = maxInputSizeBytes;
  }

  read(): void {
    const cursor = this.#cursor;
    cursor.beginDocument();
    if (!cursor.atObject()) throw accessError('members', '');
    for (let more = cursor.beginObject(); more; more = cursor.nextMember()) {
      const name = readName(cursor);
      if (name === NESTED_MEMBER) {
        this.#readNested();
        continue;
      }
      if (name === 'id' && this.id === undefined) this.#readId();
      this.#readMember(name);
    }
    cursor.endDocument();
  }

  /** Reads the id without passing it: it is a member like all others, too. */
  #readId(): void {
    const start = this.#cursor.position;
    this.id = expectString(readValue(this.#cursor), "Unable to parse 'id': ");
    this.#cursor.position = start;
  }

  #readNested(): void {
    const cursor = this.#cursor;
    if (this.#inputs.has(NESTED_MEMBER)) {
      throw new InferError(
        'INVALID_ARG',
        `Keyword '${NESTED_MEMBER}' for nested schema also given as input tensor name`,
      );
    }
    if (!cursor.atObject()) {
      throw accessError('object', `Expected JSON object for keyword: '${NESTED_MEMBER}': `);
    }
    for (let more = cursor.beginObject(); more; more = cursor.nextMember()) {
      this.#readMember(readName(cursor));
    }
  }

  #readMember(name: string): void {
    const input = this.#inputs.get(name);
    if (input !== undefined) this.tensors.push(this.#readTensor(input));
    else this.parameters.set(name, parameterValue(name, readValue(this.#cursor)));
  }

  /** Triton reads strings before it looks at their number, and numbers afterwards. */
  #readTensor(input: TensorMetadata): Tensor {
    const { name, datatype } = input;
    const start = this.#cursor.position;
    if (datatype === 'BYTES') {
      const data = this.#readData(input, 0);
      const end = this.#cursor.position;
      this.#cursor.position = start;
      const shape = fillShape(input, countElements(this.#cursor));
      this.#cursor.position = end;
      return { name, datatype, shape, data };
    }
    const shape = fillShape(input, countElements(this.#cursor));
    this.#cursor.position = start;
    return { name, datatype, shape, data: this.#readData(input, elementCount(shape)) };
  }

  #readData({ name, datatype }: TensorMetadata, count: number): Uint8Array {
    const maxSizeBytes = this.#maxSizeBytes;
    const sizeBytes = count * ELEMENT_SIZE_BYTES[datatype];
    if (sizeBytes > maxSizeBytes) throw jsonInputTooLarge({ name, maxSizeBytes }, sizeBytes);
    const options = { name, datatype, elementCount: count, maxSizeBytes, scalarAllowed: true };
    return readTensorData(this.#cursor, options);
  }
}

/** Passes the value at the cursor. Returns the length of an array, and 1 for all else. */
function countElements(cursor: JsonCursor): number {
  if (!cursor.atArray()) {
    skipValue(cursor);
    return 1;
  }
  let count = 0;
  for (let more = cursor.beginArray(); more; more = cursor.nextElement()) {
    skipValue(cursor);
    count += 1;
  }
  return count;
}

/**
 * The shape of so many elements: the last dimension of any size takes what the fixed ones leave,
 * others of any size become 1.
 */
function fillShape({ name, shape }: TensorMetadata, count: number): readonly number[] {
  let rest = count;
  for (const dim of shape) {
    if (dim === -1) continue;
    if (dim === 0 || rest % dim !== 0) {
      throw new InferError(
        'INVALID_ARG',
        `The schema can not convert input '${name}' to tensor with proper shape`,
      );
    }
    rest /= dim;
  }
  const last = shape.lastIndexOf(-1);
  return shape.map((dim, index) => (dim !== -1 ? dim : index === last ? rest : 1));
}
