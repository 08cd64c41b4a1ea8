import {
  InferError,
  NO_PARAMETERS,
  type Parameters,
  type ParameterValue,
  type SequencePosition,
} from '@nereid/core';
import {
  type InferParameters,
  type InferParameterValue,
  Uint64Parameter,
} from './infer-parameter.js';

/** What the parameters of a request say, sorted out. */
interface RequestParameters {
  readonly sequence: SequencePosition | undefined;
  readonly priority: number;
  readonly timeoutUs: number;
  /** Whether a decoupled model's last response is wanted even if it is empty. */
  readonly emptyFinalResponse: boolean;
  /** Those without a meaning to the server. */
  readonly custom: Parameters;
}

const NONE: RequestParameters = {
  sequence: undefined,
  priority: 0,
  timeoutUs: 0,
  emptyFinalResponse: false,
  custom: NO_PARAMETERS,
};

const RESERVED_PREFIX = 'triton_';
const EMPTY_FINAL_RESPONSE = 'triton_enable_empty_final_response';

class ParameterSorter {
  correlationId: bigint | string = 0n;
  start = false;
  end = false;
  priority = 0;
  timeoutUs = 0;
  emptyFinalResponse = false;
  custom: Map<string, ParameterValue> | undefined;

  add(key: string, value: InferParameterValue): void {
    switch (key) {
      case 'sequence_id':
        this.correlationId = correlationId(value);
        return;
      case 'sequence_start':
        this.start = bool(key, value);
        return;
      case 'sequence_end':
        this.end = bool(key, value);
        return;
      case 'priority':
        this.priority = priority(value);
        return;
      case 'timeout':
        this.timeoutUs = timeoutUs(value);
        return;
      case EMPTY_FINAL_RESPONSE:
        this.emptyFinalResponse = bool(key, value);
        return;
      default:
        this.custom ??= new Map();
        this.custom.set(key, customValue(key, value));
    }
  }

  sequence(): SequencePosition | undefined {
    const { correlationId, start, end } = this;
    // Without a correlation ID there is no sequence; its scheduler says so where one is needed.
    if (correlationId === 0n || correlationId === '') return undefined;
    return { correlationId, start, end };
  }
}

/**
 * Sorts out a request's parameters; `forwarded` joins them from the call's metadata.
 * Throws INVALID_ARG, in Triton's words, for a type that a parameter does not allow.
 */
export function sortParameters(
  parameters: InferParameters,
  forwarded: Parameters = NO_PARAMETERS,
): RequestParameters {
  if (parameters.size === 0 && forwarded.size === 0) return NONE;
  const sorter = new ParameterSorter();
  for (const [key, value] of parameters) sorter.add(key, value);
  return {
    sequence: sorter.sequence(),
    priority: sorter.priority,
    timeoutUs: sorter.timeoutUs,
    emptyFinalResponse: sorter.emptyFinalResponse,
    custom: forwarded.size > 0 ? join(sorter.custom, forwarded) : (sorter.custom ?? NO_PARAMETERS),
  };
}

function join(custom: Parameters | undefined, forwarded: Parameters): Parameters {
  return custom === undefined ? forwarded : new Map([...custom, ...forwarded]);
}

function correlationId(value: InferParameterValue): bigint | string {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return BigInt.asUintN(64, value);
  throw wrongType('sequence_id', 'int64_param or string_param');
}

function priority(value: InferParameterValue): number {
  if (value instanceof Uint64Parameter) return Number(value.value);
  if (typeof value !== 'bigint') throw wrongType('priority', 'int64_param or uint64_param');
  if (value < 0n) {
    throw new InferError('INVALID_ARG', "invalid value for 'priority', expected value >= 0.");
  }
  return Number(value);
}

function timeoutUs(value: InferParameterValue): number {
  if (typeof value !== 'bigint') throw wrongType('timeout', 'int64_param');
  // Triton takes the number as unsigned: a negative one is a time that never comes.
  return Math.min(Number(BigInt.asUintN(64, value)), Number.MAX_SAFE_INTEGER);
}

function bool(key: string, value: InferParameterValue): boolean {
  if (typeof value !== 'boolean') throw wrongType(key, 'bool_param');
  return value;
}

function customValue(key: string, value: InferParameterValue): ParameterValue {
  if (key.startsWith(RESERVED_PREFIX)) {
    throw new InferError(
      'INVALID_ARG',
      `parameter keys starting with '${RESERVED_PREFIX}' are reserved for Triton usage. Only the ` +
        `following keys starting with '${RESERVED_PREFIX}' are allowed: ${EMPTY_FINAL_RESPONSE}`,
    );
  }
  if (value === undefined || value instanceof Uint64Parameter) {
    throw wrongType(key, 'int64_param, bool_param, or string_param');
  }
  return value;
}

function wrongType(key: string, expected: string): InferError {
  return new InferError(
    'INVALID_ARG',
    `invalid value type for '${key}' parameter, expected ${expected}.`,
  );
}
