import type { TraceHeaders } from '@nereid/core';

/** The context that a request came with (W3C Trace Context). */
export interface IncomingContext {
  readonly traceId: string;
  readonly spanId: string;
  /** The `tracestate` beside it. */
  readonly state: string | undefined;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/;
const ALL_ZERO = /^0+$/;

/** Undefined where there is none, or none that is valid: the standard has it ignored then. */
export function incomingContext(headers: TraceHeaders): IncomingContext | undefined {
  const traceparent = headers.header('traceparent');
  if (traceparent === undefined) return undefined;
  const match = TRACEPARENT.exec(traceparent.trim());
  if (match === null) return undefined;
  const [, version, traceId = '', spanId = '', rest] = match;
  // Only later versions of the standard may have more than four parts.
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (ALL_ZERO.test(traceId) || ALL_ZERO.test(spanId)) return undefined;
  return { traceId, spanId, state: headers.header('tracestate') };
}
