export { BatchScheduler, type BatchSchedulerSettings } from './batch-scheduler.js';
export {
  type BatchCandidate,
  type BatchDecision,
  type BatchRules,
  chooseBatch,
} from './choose-batch.js';
export { dynamicBatchSettings } from './dynamic-batch-settings.js';
