import { InferError, isDataType } from '@nereid/core';
import type { CompletedTensor, ConfigCompletion } from './model-api.js';

/**
 * Checks what `autoCompleteConfig` returned. Throws an INVALID_ARG InferError that names the
 * member.
 */
export function parseCompletion(value: unknown): ConfigCompletion {
  const record = asRecord(value, 'its result');
  const { maxBatchSize, inputs, outputs, dynamicBatching, decoupled } = record;
  return {
    ...(maxBatchSize !== undefined && { maxBatchSize: asSize(maxBatchSize) }),
    ...(inputs !== undefined && { inputs: asTensors(inputs, 'inputs') }),
    ...(outputs !== undefined && { outputs: asTensors(outputs, 'outputs') }),
    ...(dynamicBatching !== undefined && { dynamicBatching: dynamicBatching === true }),
    ...(decoupled !== undefined && { decoupled: decoupled === true }),
  };
}

function asSize(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw invalid(`maxBatchSize must be a non-negative integer, got ${String(value)}`);
}

function asTensors(value: unknown, member: string): readonly CompletedTensor[] {
  if (!Array.isArray(value)) throw invalid(`${member} must be an array`);
  return value.map((item, index) => asTensor(item, `${member}[${index}]`));
}

function asTensor(value: unknown, place: string): CompletedTensor {
  const { name, datatype, dims, optional } = asRecord(value, place);
  if (typeof name !== 'string' || name === '') throw invalid(`${place} needs a name`);
  if (typeof datatype !== 'string' || !isDataType(datatype)) {
    throw invalid(`${place} has the datatype ${String(datatype)}, which does not exist`);
  }
  if (!Array.isArray(dims) || !dims.every((dim) => Number.isSafeInteger(dim) && dim >= -1)) {
    throw invalid(`${place} needs dims, each a size or -1`);
  }
  return { name, datatype, dims, optional: optional === true };
}

function asRecord(value: unknown, place: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw invalid(`${place} must be an object`);
}

function invalid(problem: string): InferError {
  return new InferError('INVALID_ARG', `autoCompleteConfig: ${problem}`);
}
