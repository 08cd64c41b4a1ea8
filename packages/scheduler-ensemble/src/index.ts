export { completeEnsembleConfig } from './complete-ensemble-config.js';
export { EnsembleScheduler } from './ensemble-scheduler.js';
