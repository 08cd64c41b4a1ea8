import { invalidSetting, type SettingValues } from './setting-values.js';

export interface VertexAiSettings {
  /** The paths that Vertex AI uses. */
  readonly predictRoute: string;
  readonly healthRoute: string;
  /** Undefined: the only model of the repository. */
  readonly defaultModel: string | undefined;
}

/** Throws an INVALID_ARG InferError that names the setting. */
export function parseVertexAiSettings(values: SettingValues): VertexAiSettings {
  return {
    predictRoute: route(values, 'predict-route'),
    healthRoute: route(values, 'health-route'),
    defaultModel: values.get('default-model'),
  };
}

function route(values: SettingValues, name: string): string {
  const path = values.get(name) ?? '';
  if (path.startsWith('/')) return path;
  throw invalidSetting(name, path, 'a path');
}
