export type { AccessEntry, AccessLog } from './access-log.js';
export {
  type AccessDecision,
  API_CATEGORIES,
  type ApiCategory,
  type Authorizer,
} from './api-access.js';
export type {
  Backend,
  BackendPlugin,
  ComputeTimer,
  InstancePlacement,
  MemoryUsage,
  Model,
  ModelInstance,
  ModelSource,
} from './backend.js';
export { joinBytesElements, splitBytesElements } from './bytes-elements.js';
export { type CancelSignal, CancelSource, NEVER_CANCELLED } from './cancel-signal.js';
export { type Clock, systemClock } from './clock.js';
export type { CommandPlugin } from './command.js';
export { DATA_TYPES, type DataType, ELEMENT_SIZE_BYTES, isDataType } from './data-type.js';
export type {
  ConnectionAcceptor,
  Frontend,
  FrontendContext,
  FrontendPlugin,
  ListeningAddress,
  ModelFolders,
} from './frontend.js';
export {
  ERROR_CODES,
  type ErrorCode,
  InferError,
  isInferError,
  toInferError,
} from './infer-error.js';
export {
  type InferenceRequest,
  NO_PARAMETERS,
  type Parameters,
  type ParameterValue,
  type RequestedOutput,
  type SequencePosition,
} from './inference-request.js';
export type { InferenceResponse, ModelResponse, ResponseSink } from './inference-response.js';
export type {
  InferenceServer,
  LoadOptions,
  LogSettings,
  ModelIndexEntry,
  ModelMetadata,
  ModelState,
  ServerMetadata,
  TensorMetadata,
  UnloadOptions,
} from './inference-server.js';
export { type LogFields, type Logger, silentLogger } from './logger.js';
export type {
  CounterFamily,
  GaugeFamily,
  HistogramFamily,
  MetricFamilyOptions,
  MetricLabels,
  MetricRegistry,
  MetricSample,
} from './metric-registry.js';
export {
  type BatchInputConfig,
  type BatchOutputConfig,
  type ConfigDataType,
  type CudaOptimization,
  type EnsembleStep,
  type InitialStateConfig,
  type InstanceGroupKind,
  type MetricControl,
  type ModelConfig,
  type ModelDynamicBatching,
  type ModelEnsembling,
  type ModelInputConfig,
  type ModelInstanceGroup,
  type ModelOptimizationPolicy,
  type ModelOutputConfig,
  type ModelQueuePolicy,
  type ModelSequenceBatching,
  type ModelVersionPolicy,
  type ModelWarmup,
  type NamedParameters,
  type RateLimiterConfig,
  type ReshapeConfig,
  type SchedulingChoice,
  type SequenceControl,
  type SequenceStateConfig,
  schedulingChoice,
  type WarmupInput,
} from './model-config.js';
export type {
  InferBatchStatistics,
  InferResponseStatistics,
  InferStatistics,
  ModelStatistics,
  StatisticDuration,
} from './model-statistics.js';
export type { LocalModel, ModelStore, ModelStorePlugin } from './model-store.js';
export type { BatchTimes, ComputeDurations, PendingRequest } from './pending-request.js';
export { PluginCatalog, type PluginOfKind } from './plugin-catalog.js';
export type { PluginContext } from './plugin-context.js';
export { type DiscoveryOptions, discoverPlugins } from './plugin-discovery.js';
export {
  PLUGIN_API_VERSION,
  PLUGIN_KINDS,
  type PluginEntry,
  PluginError,
  type PluginKind,
  parseManifest,
} from './plugin-manifest.js';
export type { AgentModel, RepoAgent, RepoAgentPlugin } from './repo-agent.js';
export type { ResponseCache, ResponseCachePlugin } from './response-cache.js';
export type {
  ConfigContext,
  HeldModel,
  ModelReference,
  Scheduler,
  SchedulerContext,
  SchedulerPlugin,
} from './scheduler.js';
export type {
  SharedMemoryClaim,
  SharedMemoryPlacement,
  SharedMemoryRegion,
  SharedMemoryRegions,
} from './shared-memory.js';
export { elementCount, type Tensor } from './tensor.js';
export type {
  FinishedTrace,
  TracedTensor,
  TraceExporter,
  TraceExporterContext,
  TraceExporterPlugin,
  TraceRecord,
} from './trace-exporter.js';
export {
  type RequestTrace,
  type TensorActivity,
  TRACE_LEVELS,
  type TraceActivity,
  type TracedModel,
  type TraceHeaders,
  type TraceLevel,
  type TraceSettings,
  type TraceSettingsChange,
  type Tracing,
} from './tracing.js';
