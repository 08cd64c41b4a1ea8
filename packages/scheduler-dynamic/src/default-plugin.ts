import type { SchedulerPlugin } from '@nereid/core';
import { BatchScheduler, UNLIMITED } from '@nereid/scheduler-kit';

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
