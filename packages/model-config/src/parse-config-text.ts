import type { ModelConfig } from '@nereid/core';
import { requireConfigLength } from './config-size-limit.js';
import { MessageBuilder } from './message-builder.js';
import { MODEL_CONFIG } from './model-config-schema.js';
import { readRootMessage } from './text-message-reader.js';
import { TextSource } from './text-source.js';
import { TextTokenizer } from './text-tokenizer.js';

/**
 * Parses `config.pbtxt`. Throws an INVALID_ARG InferError that begins with `fileName:line:column`.
 */
export function parseConfigText(text: string, fileName: string): ModelConfig {
  requireConfigLength(text, fileName);
  const source = new TextSource(text.startsWith('\uFEFF') ? text.slice(1) : text, fileName);
  return readRootMessage(new TextTokenizer(source), new MessageBuilder(MODEL_CONFIG));
}
