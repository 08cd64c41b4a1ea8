import type { ParameterValue } from '@nereid/core';
import { doubleText, quoteText } from './json-text.js';

/** A parameter's value as JSON. */
export function parameterText(value: ParameterValue): string {
  if (typeof value === 'string') return quoteText(value);
  return typeof value === 'number' ? doubleText(value) : `${value}`;
}
