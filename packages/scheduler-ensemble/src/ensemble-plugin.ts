import type { ModelConfig, SchedulerPlugin } from '@nereid/core';
import { completeEnsembleConfig } from './complete-ensemble-config.js';
import { EnsembleScheduler } from './ensemble-scheduler.js';

/** For models with `ensemble_scheduling`. */
const plugin: SchedulerPlugin = {
  instanceless: true,
  dependencies: (config: ModelConfig) =>
    (config.ensembleScheduling?.step ?? []).map(({ modelName, modelVersion }) => ({
      name: modelName,
      version: modelVersion,
    })),
  completeConfig: completeEnsembleConfig,
  createScheduler: (context) => new EnsembleScheduler(context),
};

export default plugin;
