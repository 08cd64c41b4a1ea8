export { describeScheduler, type SchedulerSubject } from './describe-scheduler.js';
export { FakeClock } from './fake-clock.js';
export { fakeInputConfig, fakeModelConfig, fakeOutputConfig } from './fake-model-config.js';
export {
  FakePendingRequest,
  type FakeRequestOptions,
  fakeInferenceRequest,
} from './fake-pending-request.js';
export { type FakeContextOptions, FakeSchedulerContext } from './fake-scheduler-context.js';
