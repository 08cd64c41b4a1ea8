import type { SchedulerPlugin } from '@nereid/core';
import { SequenceScheduler } from './sequence-scheduler.js';

/** For models with `sequence_batching`. */
const plugin: SchedulerPlugin = {
  createScheduler: (context) => new SequenceScheduler(context),
};

export default plugin;
