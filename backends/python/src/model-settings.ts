import type { ModelConfig } from '@nereid/core';
import { type BackendSettings, numberSetting } from './backend-settings.js';

/** The limits of one model: those of the backend, or what the model's `parameters` say instead. */
export type ModelSettings = Pick<
  BackendSettings,
  'stubTimeoutSeconds' | 'healthIntervalSeconds' | 'memoryLimitBytes' | 'executionTimeoutSeconds'
>;

/** Throws INVALID_ARG for a parameter out of its range. */
export function modelSettings(
  settings: BackendSettings,
  parameters: ModelConfig['parameters'],
): ModelSettings {
  const texts = new Map(
    Object.entries(parameters).map(([name, { stringValue }]) => [name, stringValue]),
  );
  const read = (name: string, fallback: number) => numberSetting(texts, name, { fallback });
  return {
    stubTimeoutSeconds: read('STUB_TIMEOUT_SECONDS', settings.stubTimeoutSeconds),
    healthIntervalSeconds: read('HEALTH_INTERVAL_SECONDS', settings.healthIntervalSeconds),
    memoryLimitBytes: read('MEMORY_LIMIT_BYTE_SIZE', settings.memoryLimitBytes),
    executionTimeoutSeconds: read('EXECUTION_TIMEOUT_SECONDS', settings.executionTimeoutSeconds),
  };
}
