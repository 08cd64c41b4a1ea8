/** The `parameters` of an infer request. */

import {
  InferError,
  NO_PARAMETERS,
  type Parameters,
  type ParameterValue,
  type SequencePosition,
} from '@nereid/core';
import {
  accessError,
  expectBoolean,
  expectUnsigned,
  isSigned,
  JsonDouble,
  type JsonValue,
} from './json-value.js';

/** What the parameters say, those without a meaning of their own in `custom`. */
export interface InferParameters {
  readonly sequence: SequencePosition | undefined;
  readonly priority: number;
  readonly timeoutUs: number;
  /** Whether outputs are wanted as bytes unless they say otherwise. */
  readonly binaryOutput: boolean;
  readonly custom: Parameters;
}

export const NO_INFER_PARAMETERS: InferParameters = {
  sequence: undefined,
  priority: 0,
  timeoutUs: 0,
  binaryOutput: false,
  custom: NO_PARAMETERS,
};

const RESERVED_PREFIX = 'triton_';
const MAX_STRING_CORRELATION_ID_LENGTH = 128;

/** Interprets the value of `parameters`. Throws the error that the client is to see. */
export function interpretParameters(value: JsonValue): InferParameters {
  if (!(value instanceof Map)) {
    throw accessError('members', 'failed to get request params.: ');
  }
  const draft = new ParametersDraft();
  for (const [name, parameter] of value) draft.set(name, parameter);
  return draft.finish();
}

class ParametersDraft {
  #custom: Map<string, ParameterValue> | undefined;
  #correlationId: bigint | string = 0n;
  #start = false;
  #end = false;
  #priority = 0;
  #timeoutUs = 0;
  #binaryOutput = false;

  set(name: string, value: JsonValue): void {
    switch (name) {
      case 'sequence_id':
        this.#correlationId = correlationId(value);
        break;
      case 'sequence_start':
        this.#start = expectBoolean(value, "Unable to parse 'sequence_start': ");
        break;
      case 'sequence_end':
        this.#end = expectBoolean(value, "Unable to parse 'sequence_end': ");
        break;
      case 'priority':
        this.#priority = Number(expectUnsigned(value, "Unable to parse 'priority': "));
        break;
      case 'timeout':
        this.#timeoutUs = Number(expectUnsigned(value, "Unable to parse 'timeout': "));
        break;
      case 'binary_data_output':
        this.#binaryOutput = expectBoolean(value, "Unable to parse 'binary_data_output': ");
        break;
      default:
        this.#custom ??= new Map();
        this.#custom.set(name, customParameter(name, value));
    }
  }

  finish(): InferParameters {
    return {
      sequence: this.#sequence(),
      priority: this.#priority,
      timeoutUs: this.#timeoutUs,
      binaryOutput: this.#binaryOutput,
      custom: this.#custom ?? NO_PARAMETERS,
    };
  }

  /** The ID 0 and the empty ID mean that the request belongs to no sequence. */
  #sequence(): SequencePosition | undefined {
    const id = this.#correlationId;
    if (id === 0n || id === '') return undefined;
    return { correlationId: id, start: this.#start, end: this.#end };
  }
}

function correlationId(value: JsonValue): bigint | string {
  if ((typeof value === 'number' || typeof value === 'bigint') && value >= 0) return BigInt(value);
  if (typeof value !== 'string') throw accessError('string', "Unable to parse 'sequence_id': ");
  if (value.length > MAX_STRING_CORRELATION_ID_LENGTH) {
    throw new InferError(
      'UNSUPPORTED',
      `string correlation ID cannot be longer than ${MAX_STRING_CORRELATION_ID_LENGTH} characters`,
    );
  }
  return value;
}

function customParameter(name: string, value: JsonValue): ParameterValue {
  if (name.startsWith(RESERVED_PREFIX)) {
    throw new InferError(
      'INVALID_ARG',
      "parameter keys starting with 'triton_' are reserved for Triton usage and should not be " +
        'specified.',
    );
  }
  return parameterValue(name, value);
}

/** A parameter without a meaning of its own. Throws INVALID_ARG for a value that cannot be one. */
export function parameterValue(name: string, value: JsonValue): ParameterValue {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  // The wire knows signed integers only; what exceeds them is a double, as it is for Triton.
  if (typeof value === 'number' || typeof value === 'bigint') {
    return isSigned(value) ? BigInt(value) : Number(value);
  }
  if (value instanceof JsonDouble) return value.value;
  throw new InferError(
    'INVALID_ARG',
    `parameter '${name}' has invalid type. It should be either 'int', 'bool', or 'string'.`,
  );
}
