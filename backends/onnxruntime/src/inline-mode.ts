import { readFile, stat } from 'node:fs/promises';
import { InferError, type ModelConfig } from '@nereid/core';
import { isBoundedByShapes } from './onnx-operators.js';
import { EXECUTE_INLINE } from './session-options.js';

/** `auto` is for executions that were measured to be short. */
export type InlineMode = 'auto' | 'always' | 'never';

const MODES: Readonly<Record<string, InlineMode>> = { auto: 'auto', '0': 'never', '1': 'always' };

/** A larger model is hardly so fast, and opening it would hold up the server. */
const MAX_FILE_BYTES = 1024 * 1024;

/**
 * Whether executions may run on the server's main thread: as the parameter `execute_inline` says,
 * or `fallback`, and never for a model of which nobody could tell that it is fast because it was
 * so before. Throws INVALID_ARG for a value that makes no sense, UNSUPPORTED for what cannot be.
 */
export async function inlineMode(
  config: ModelConfig,
  file: string,
  fallback: InlineMode,
): Promise<InlineMode> {
  const text = config.parameters[EXECUTE_INLINE]?.stringValue;
  const mode = text === undefined ? fallback : parseInlineMode(text, config.name);
  if (mode === 'never') return mode;
  if (usesType(config, 'TYPE_FP16')) {
    // The thread hides what Node.js has of the type, which the main thread must not do.
    if (text !== '1') return 'never';
    throw new InferError(
      'UNSUPPORTED',
      `unable to load model '${config.name}': with ${EXECUTE_INLINE} it cannot use TYPE_FP16`,
    );
  }
  return mode === 'always' || (await canBeJudged(config, file)) ? mode : 'never';
}

/** `modelName` is that of the model with the parameter; the backend's own setting has none. */
export function parseInlineMode(text: string, modelName?: string): InlineMode {
  const mode = MODES[text];
  if (mode) return mode;
  const source = modelName === undefined ? '' : `unable to load model '${modelName}': `;
  throw new InferError(
    'INVALID_ARG',
    `${source}${EXECUTE_INLINE} must be 0, 1 or auto, got '${text}'`,
  );
}

/** Equal shapes have to take equally long, and a model that asks for threads is to have them. */
async function canBeJudged(config: ModelConfig, file: string): Promise<boolean> {
  const { parameters, input, batchInput } = config;
  if (parameters['intra_op_thread_count'] || parameters['execution_mode']) return false;
  if (batchInput.length > 0 || input.some(({ allowRaggedBatch }) => allowRaggedBatch)) return false;
  if (usesType(config, 'TYPE_STRING')) return false;
  if ((await stat(file)).size > MAX_FILE_BYTES) return false;
  try {
    return isBoundedByShapes(await readFile(file));
  } catch {
    // ONNX Runtime has better words for what is no model.
    return false;
  }
}

function usesType({ input, output }: ModelConfig, dataType: string): boolean {
  return [...input, ...output].some((tensor) => tensor.dataType === dataType);
}
