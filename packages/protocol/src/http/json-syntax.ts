import { InferError } from '@nereid/core';

/** What can be wrong with a JSON text, in the words of the parser that Triton's clients know. */
const MESSAGES = {
  documentEmpty: 'The document is empty.',
  rootNotSingular: 'The document root must not be followed by other values.',
  valueInvalid: 'Invalid value.',
  memberNameMissing: 'Missing a name for object member.',
  colonMissing: 'Missing a colon after a name of object member.',
  memberSeparatorMissing: "Missing a comma or '}' after an object member.",
  elementSeparatorMissing: "Missing a comma or ']' after an array element.",
  hexInvalid: 'Incorrect hex digit after \\u escape in string.',
  surrogateInvalid: 'The surrogate pair in string is invalid.',
  escapeInvalid: 'Invalid escape character in string.',
  quotationMarkMissing: 'Missing a closing quotation mark in string.',
  numberTooBig: 'Number too big to be stored in double.',
  fractionMissing: 'Miss fraction part in number.',
  exponentMissing: 'Miss exponent in number.',
} as const;

export type JsonSyntaxProblem = keyof typeof MESSAGES;

/**
 * The error for a body that is no JSON: INTERNAL, as in Triton, with the byte offset of the
 * problem.
 */
export function jsonSyntaxError(problem: JsonSyntaxProblem, offset: number): InferError {
  return new InferError(
    'INTERNAL',
    `failed to parse the request JSON buffer: ${MESSAGES[problem]} at ${offset}`,
  );
}
