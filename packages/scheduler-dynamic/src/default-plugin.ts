import type { SchedulerPlugin } from '@nereid/core';
import { BatchScheduler } from './batch-scheduler.js';
import { UNLIMITED } from './queue-level.js';

/** For models without a scheduling choice: each request is a batch, and the queue has no policy. */
const plugin: SchedulerPlugin = {
  createScheduler: (context) =>
    new BatchScheduler(context, {
      rules: { maxBatchSize: 1, preferredSizes: [], maxDelayNs: 0, canShare: undefined },
      queue: { priorityLevels: 0, defaultPriority: 0, policyOf: () => UNLIMITED },
      preserveOrdering: false,
    }),
};

export default plugin;
