import {
  InferError,
  type InferenceRequest,
  type Parameters,
  type ParameterValue,
  type SequencePosition,
} from '@nereid/core';

const NO_SEQUENCE: SequencePosition = { correlationId: 0n, start: false, end: false };
const NO_SEQUENCE_PARAMETERS = toParameters(NO_SEQUENCE);

/** Where the ensemble's request stands in its sequence; the correlation ID 0 stands for none. */
export function sequenceOf(request: InferenceRequest): SequencePosition {
  return request.sequence ?? NO_SEQUENCE;
}

/** The same for the request of a step: undefined without a correlation ID. */
export function requestSequence(sequence: SequencePosition): SequencePosition | undefined {
  const { correlationId } = sequence;
  return correlationId === 0n || correlationId === '' ? undefined : sequence;
}

/**
 * What follows a response: its step's own place in the sequence, unless its parameters
 * `sequence_id`, `sequence_start` and `sequence_end` override that. One of them is enough, and then
 * a flag that is not given is false. Throws an INVALID_ARG InferError for a parameter of another
 * type.
 */
export function followingSequence(own: SequencePosition, parameters: Parameters): SequencePosition {
  if (parameters.size === 0) return own;
  const id = parameters.get('sequence_id');
  const start = flag(parameters, 'sequence_start');
  const end = flag(parameters, 'sequence_end');
  if (id === undefined && start === undefined && end === undefined) return own;
  return {
    correlationId: id === undefined ? own.correlationId : correlationId(id),
    start: start ?? false,
    end: end ?? false,
  };
}

/** The parameters that each response of an ensemble carries. */
export function sequenceParameters(sequence: SequencePosition): Parameters {
  return sequence === NO_SEQUENCE ? NO_SEQUENCE_PARAMETERS : toParameters(sequence);
}

export function equalSequences(a: SequencePosition, b: SequencePosition): boolean {
  return a.correlationId === b.correlationId && a.start === b.start && a.end === b.end;
}

function toParameters({ correlationId: id, start, end }: SequencePosition): Parameters {
  return new Map<string, ParameterValue>([
    ['sequence_id', typeof id === 'bigint' ? BigInt.asIntN(64, id) : id],
    ['sequence_start', start],
    ['sequence_end', end],
  ]);
}

function correlationId(value: ParameterValue): bigint | string {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return BigInt.asUintN(64, value);
  // A backend without 64-bit integers gives a plain number.
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  throw new InferError(
    'INVALID_ARG',
    "expected parameter 'sequence_id' to be TRITONSERVER_PARAMETER_INT or " +
      'TRITONSERVER_PARAMETER_STRING',
  );
}

function flag(parameters: Parameters, name: string): boolean | undefined {
  const value = parameters.get(name);
  if (value === undefined || typeof value === 'boolean') return value;
  throw new InferError(
    'INVALID_ARG',
    `expect parameter '${name}' to be TRITONSERVER_PARAMETER_BOOL`,
  );
}
