import type { ERROR_SCHEMAS } from './error-schemas.js';
import type { INFERENCE_SCHEMAS } from './inference-schemas.js';
import type { MANAGEMENT_SCHEMAS } from './management-schemas.js';

/** The name of a schema among the document's components. */
export type SchemaName =
  | keyof typeof ERROR_SCHEMAS
  | keyof typeof INFERENCE_SCHEMAS
  | keyof typeof MANAGEMENT_SCHEMAS;

/** A status other than 200, which has the body of an error unless it is said to have none. */
export type ErrorStatus = 400 | 404 | 408 | 413 | 431 | 500 | 501 | 503;

/** What the body of an answer with the status 200 is. */
export type ResponseBody =
  | { readonly json: SchemaName }
  | { readonly contentType: string }
  | { readonly empty: string };

/** What one endpoint does for one verb, on one or several paths. */
export interface Operation {
  readonly method: 'get' | 'post';
  /** With parameters in braces. */
  readonly paths: readonly string[];
  /** Unique; paths after the first have a suffix that tells them apart. */
  readonly id: string;
  readonly summary: string;
  readonly request?: { readonly schema: SchemaName; readonly required: boolean };
  readonly response: ResponseBody;
  /** Besides those that every operation may have. */
  readonly errors: readonly ErrorStatus[];
  /** Errors without a body. */
  readonly emptyErrors?: readonly ErrorStatus[];
  /** Tensors may come and go as bytes after the JSON. */
  readonly takesBytes?: boolean;
  /** The status 500 can also be a failure of a model. */
  readonly runsModel?: boolean;
}
