import type { ModelIndexEntry } from '@nereid/core';
import type { ServerSettings } from './server-settings.js';

/**
 * The names of the models that should be loaded at start-up and are not, by the repository's index.
 */
export function failedModels(
  index: readonly ModelIndexEntry[],
  settings: Pick<ServerSettings, 'modelControlMode' | 'loadModel'>,
): readonly string[] {
  const wanted = wantedModels(index, settings);
  const failed = new Set(index.filter((entry) => hasFailed(entry)).map((entry) => entry.name));
  // A client may unload or reload a model as soon as it is ready, before the others are.
  const known = new Set(
    index.filter((entry) => entry.state !== undefined).map((entry) => entry.name),
  );
  return [...wanted].filter((name) => failed.has(name) || !known.has(name)).sort();
}

/** A version that was not wanted is absent from the index, or has the reason `unloaded`. */
function hasFailed({ state, reason }: ModelIndexEntry): boolean {
  return state === 'UNAVAILABLE' && reason !== 'unloaded';
}

function wantedModels(
  index: readonly ModelIndexEntry[],
  { modelControlMode, loadModel }: Pick<ServerSettings, 'modelControlMode' | 'loadModel'>,
): ReadonlySet<string> {
  const all = index.map((entry) => entry.name);
  if (modelControlMode !== 'explicit' || loadModel.includes('*')) return new Set(all);
  return new Set(loadModel);
}
