import type { SchedulerPlugin } from '@nereid/core';
import { BatchScheduler } from '@nereid/scheduler-kit';
import { dynamicBatchSettings } from './dynamic-batch-settings.js';

/** For models with `dynamic_batching`. */
const plugin: SchedulerPlugin = {
  createScheduler: (context) => new BatchScheduler(context, dynamicBatchSettings(context.config)),
};

export default plugin;
