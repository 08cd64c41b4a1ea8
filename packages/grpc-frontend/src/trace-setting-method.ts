import type { InferenceServer, TraceSettingsChange } from '@nereid/core';
import {
  readTraceSettings,
  TraceSettingRequest,
  TraceSettingResponse,
  traceSettingValues,
} from '@nereid/protocol';
import { controlMethod } from './control-method.js';
import type { UnaryMethod } from './grpc-call.js';

/** TraceSetting: changes the settings that the request names, and answers with all of them. */
export function traceSettingMethod({ tracing }: InferenceServer): UnaryMethod {
  return controlMethod({
    request: TraceSettingRequest,
    response: TraceSettingResponse,
    answer: ({ settings, modelName }) => {
      const model = modelName === '' ? undefined : modelName;
      const values = traceSettingValues(tracing.update(model, parseChange(settings)));
      return { settings: Object.fromEntries(values.map(([name, value]) => [name, { value }])) };
    },
  });
}

/** A setting without a value goes back to its default. */
function parseChange(settings: TraceSettingRequest['settings']): TraceSettingsChange {
  const words = Object.entries(settings).map(
    ([name, { value }]) => [name, value.length === 0 ? undefined : value] as const,
  );
  return readTraceSettings(new Map(words));
}
