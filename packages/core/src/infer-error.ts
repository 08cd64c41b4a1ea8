/**
 * Triton's eight error codes. Each front end maps them to its own statuses, and nobody else does.
 */
export const ERROR_CODES = [
  'UNKNOWN',
  'INTERNAL',
  'NOT_FOUND',
  'INVALID_ARG',
  'UNAVAILABLE',
  'UNSUPPORTED',
  'ALREADY_EXISTS',
  'CANCELLED',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** Two copies of this package agree on a registered symbol, where `instanceof` would not. */
const BRAND = Symbol.for('nereid.InferError');

/** The one error class of the contract. Its message is shown to the client as it is. */
export class InferError extends Error {
  readonly code: ErrorCode;
  /** Ends a request that the server has not accepted, where the time of its end does not tell. */
  declare readonly refused?: true;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'InferError';
    this.code = code;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** True for an InferError made by any copy of this package. */
export function isInferError(value: unknown): value is InferError {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, BRAND);
}

/** Any thrown value as an InferError: whatever is none becomes INTERNAL with its message. */
export function toInferError(value: unknown): InferError {
  if (isInferError(value)) return value;
  const message = value instanceof Error ? value.message : String(value);
  return new InferError('INTERNAL', message, { cause: value });
}
