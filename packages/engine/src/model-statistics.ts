import { InferError, type ModelStatistics } from '@nereid/core';
import type { ModelRepository } from '@nereid/model-repository';
import type { LoadedModel } from './loaded-model.js';

type ReadyModels = Pick<ModelRepository<LoadedModel>, 'readyModels' | 'readyVersions'>;

/**
 * The statistics of the ready versions: of all models, of one, or of one version. Throws an
 * INVALID_ARG InferError when what is asked for by name is not ready.
 */
export function modelStatistics(
  repository: ReadyModels,
  modelName: string | undefined,
  version: number | undefined,
): readonly ModelStatistics[] {
  if (modelName === undefined) {
    return repository.readyModels().flatMap((name) => ofModel(repository, name));
  }
  if (repository.readyVersions(modelName).length === 0) {
    throw new InferError('INVALID_ARG', `requested model '${modelName}' is not available`);
  }
  if (version === undefined) return ofModel(repository, modelName);
  const ready = repository.readyVersions(modelName).find((entry) => entry.version === version);
  if (ready) return [ready.loaded.statistics()];
  throw new InferError(
    'INVALID_ARG',
    `requested model version is not available for model '${modelName}'`,
  );
}

function ofModel(repository: ReadyModels, modelName: string): ModelStatistics[] {
  return repository.readyVersions(modelName).map(({ loaded }) => loaded.statistics());
}
