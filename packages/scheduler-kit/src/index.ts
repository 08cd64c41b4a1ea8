export {
  BatchScheduler,
  type BatchSchedulerContext,
  type BatchSchedulerSettings,
} from './batch-scheduler.js';
export {
  type BatchCandidate,
  type BatchDecision,
  type BatchRules,
  chooseBatch,
} from './choose-batch.js';
export { inputEquality } from './input-equality.js';
export { UNLIMITED } from './queue-level.js';
export { ResponseOrder } from './response-order.js';
export { cancelledError, STOPPED, stoppedError } from './scheduler-errors.js';
