import type { ModelConfig } from '@nereid/core';
import { MessageBuilder } from './message-builder.js';
import { MODEL_CONFIG } from './model-config-schema.js';

/** A configuration in which nothing is written but the name. */
export function emptyConfig(name: string): ModelConfig {
  return { ...new MessageBuilder(MODEL_CONFIG).finish(), name };
}
