export { CollectingLogger, type LogLine } from './collecting-logger.js';
export { CollectingSink } from './collecting-sink.js';
export { type BackendSubject, describeBackend } from './describe-backend.js';
export { type CacheSubject, describeCache } from './describe-cache.js';
export {
  type AgentFixture,
  describeRepoAgent,
  type RepoAgentSubject,
} from './describe-repo-agent.js';
export { describeScheduler, type SchedulerSubject } from './describe-scheduler.js';
export { describeStore, type StoreFixture, type StoreSubject } from './describe-store.js';
export { FakeBackend, type FakeBackendOptions, FakeInstance } from './fake-backend.js';
export { FakeClock } from './fake-clock.js';
export { FakeMetricRegistry } from './fake-metric-registry.js';
export { fakeInputConfig, fakeModelConfig, fakeOutputConfig } from './fake-model-config.js';
export {
  FakePendingRequest,
  type FakeRequestOptions,
  fakeInferenceRequest,
} from './fake-pending-request.js';
export { type FakePluginContext, fakePluginContext } from './fake-plugin-context.js';
export { type FakeContextOptions, FakeSchedulerContext } from './fake-scheduler-context.js';
export { FakeSharedMemory } from './fake-shared-memory.js';
export { FakeTrace, FakeTracing } from './fake-tracing.js';
export { bytesTensor, fp32Tensor, fp32Values } from './make-tensor.js';
export { RecordedRequest, type RecordedRequestOptions } from './recorded-request.js';
export { makeTemporaryModel, type TemporaryModel } from './temporary-model.js';
