/**
 * The model configuration: `model_config.proto` with camelCase names. Repeated fields and maps are
 * always present, scalars hold their proto default when not written, unset messages are undefined.
 * Enum values have their proto names. 64-bit integers are numbers.
 */
export interface ModelConfig {
  readonly name: string;
  readonly platform: string;
  readonly backend: string;
  readonly runtime: string;
  readonly versionPolicy: ModelVersionPolicy | undefined;
  /** 0: the model has no batch dimension. */
  readonly maxBatchSize: number;
  readonly input: readonly ModelInputConfig[];
  readonly output: readonly ModelOutputConfig[];
  readonly batchInput: readonly BatchInputConfig[];
  readonly batchOutput: readonly BatchOutputConfig[];
  readonly optimization: ModelOptimizationPolicy | undefined;
  /** At most one of the three is set; together they are the proto's `scheduling_choice`. */
  readonly dynamicBatching: ModelDynamicBatching | undefined;
  readonly sequenceBatching: ModelSequenceBatching | undefined;
  readonly ensembleScheduling: ModelEnsembling | undefined;
  readonly instanceGroup: readonly ModelInstanceGroup[];
  readonly defaultModelFilename: string;
  readonly ccModelFilenames: Readonly<Record<string, string>>;
  readonly metricTags: Readonly<Record<string, string>>;
  readonly parameters: Readonly<Record<string, { readonly stringValue: string }>>;
  readonly modelWarmup: readonly ModelWarmup[];
  readonly modelOperations: { readonly opLibraryFilename: readonly string[] } | undefined;
  readonly modelTransactionPolicy: { readonly decoupled: boolean } | undefined;
  readonly modelRepositoryAgents: { readonly agents: readonly NamedParameters[] } | undefined;
  readonly responseCache: { readonly enable: boolean } | undefined;
  readonly modelMetrics: { readonly metricControl: readonly MetricControl[] } | undefined;
}

export type ConfigDataType =
  | 'TYPE_INVALID'
  | 'TYPE_BOOL'
  | 'TYPE_UINT8'
  | 'TYPE_UINT16'
  | 'TYPE_UINT32'
  | 'TYPE_UINT64'
  | 'TYPE_INT8'
  | 'TYPE_INT16'
  | 'TYPE_INT32'
  | 'TYPE_INT64'
  | 'TYPE_FP16'
  | 'TYPE_FP32'
  | 'TYPE_FP64'
  | 'TYPE_STRING'
  | 'TYPE_BF16';

export interface ReshapeConfig {
  readonly shape: readonly number[];
}

export interface ModelInputConfig {
  readonly name: string;
  readonly dataType: ConfigDataType;
  readonly format: 'FORMAT_NONE' | 'FORMAT_NHWC' | 'FORMAT_NCHW';
  /** Without the batch dimension; -1 is a dimension of any size. */
  readonly dims: readonly number[];
  readonly reshape: ReshapeConfig | undefined;
  readonly isShapeTensor: boolean;
  readonly allowRaggedBatch: boolean;
  readonly optional: boolean;
  readonly isNonLinearFormatIo: boolean;
}

export interface ModelOutputConfig {
  readonly name: string;
  readonly dataType: ConfigDataType;
  readonly dims: readonly number[];
  readonly reshape: ReshapeConfig | undefined;
  readonly labelFilename: string;
  readonly isShapeTensor: boolean;
  readonly isNonLinearFormatIo: boolean;
}

export interface BatchInputConfig {
  readonly kind:
    | 'BATCH_ELEMENT_COUNT'
    | 'BATCH_ACCUMULATED_ELEMENT_COUNT'
    | 'BATCH_ACCUMULATED_ELEMENT_COUNT_WITH_ZERO'
    | 'BATCH_MAX_ELEMENT_COUNT_AS_SHAPE'
    | 'BATCH_ITEM_SHAPE'
    | 'BATCH_ITEM_SHAPE_FLATTEN';
  readonly targetName: readonly string[];
  readonly dataType: ConfigDataType;
  readonly sourceInput: readonly string[];
}

export interface BatchOutputConfig {
  readonly targetName: readonly string[];
  readonly kind: 'BATCH_SCATTER_WITH_INPUT_SHAPE';
  readonly sourceInput: readonly string[];
}

/** Exactly one member is set. */
export interface ModelVersionPolicy {
  readonly latest: { readonly numVersions: number } | undefined;
  readonly all: Readonly<Record<string, never>> | undefined;
  readonly specific: { readonly versions: readonly number[] } | undefined;
}

export interface ModelOptimizationPolicy {
  readonly graph: { readonly level: number } | undefined;
  readonly priority: 'PRIORITY_DEFAULT' | 'PRIORITY_MAX' | 'PRIORITY_MIN';
  readonly cuda: CudaOptimization | undefined;
  readonly executionAccelerators:
    | {
        readonly gpuExecutionAccelerator: readonly NamedParameters[];
        readonly cpuExecutionAccelerator: readonly NamedParameters[];
      }
    | undefined;
  readonly inputPinnedMemory: { readonly enable: boolean } | undefined;
  readonly outputPinnedMemory: { readonly enable: boolean } | undefined;
  readonly gatherKernelBufferThreshold: number;
  readonly eagerBatching: boolean;
}

type CudaShapes = Readonly<Record<string, { readonly dim: readonly number[] }>>;

export interface CudaOptimization {
  readonly graphs: boolean;
  readonly busyWaitEvents: boolean;
  readonly graphSpec: readonly {
    readonly batchSize: number;
    readonly input: CudaShapes;
    readonly graphLowerBound:
      | { readonly batchSize: number; readonly input: CudaShapes }
      | undefined;
  }[];
  readonly outputCopyStream: boolean;
}

export interface ModelQueuePolicy {
  readonly timeoutAction: 'REJECT' | 'DELAY';
  readonly defaultTimeoutMicroseconds: number;
  readonly allowTimeoutOverride: boolean;
  readonly maxQueueSize: number;
}

export interface ModelDynamicBatching {
  readonly preferredBatchSize: readonly number[];
  readonly maxQueueDelayMicroseconds: number;
  readonly preserveOrdering: boolean;
  readonly priorityLevels: number;
  readonly defaultPriorityLevel: number;
  readonly defaultQueuePolicy: ModelQueuePolicy | undefined;
  /** Keyed by the priority level. */
  readonly priorityQueuePolicy: Readonly<Record<string, ModelQueuePolicy>>;
}

export interface SequenceControl {
  readonly kind:
    | 'CONTROL_SEQUENCE_START'
    | 'CONTROL_SEQUENCE_READY'
    | 'CONTROL_SEQUENCE_END'
    | 'CONTROL_SEQUENCE_CORRID';
  readonly int32FalseTrue: readonly number[];
  readonly fp32FalseTrue: readonly number[];
  readonly boolFalseTrue: readonly boolean[];
  readonly dataType: ConfigDataType;
}

export interface InitialStateConfig {
  readonly dataType: ConfigDataType;
  readonly dims: readonly number[];
  /** One of `zeroData` and `dataFile` is set. */
  readonly zeroData: boolean | undefined;
  readonly dataFile: string | undefined;
  readonly name: string;
}

export interface SequenceStateConfig {
  readonly inputName: string;
  readonly outputName: string;
  readonly dataType: ConfigDataType;
  readonly dims: readonly number[];
  readonly initialState: readonly InitialStateConfig[];
  readonly useSameBufferForInputOutput: boolean;
  readonly useGrowableMemory: boolean;
}

export interface ModelSequenceBatching {
  /** At most one of the two strategies is set. */
  readonly direct:
    | { readonly maxQueueDelayMicroseconds: number; readonly minimumSlotUtilization: number }
    | undefined;
  readonly oldest:
    | {
        readonly maxCandidateSequences: number;
        readonly preferredBatchSize: readonly number[];
        readonly maxQueueDelayMicroseconds: number;
        readonly preserveOrdering: boolean;
      }
    | undefined;
  readonly maxSequenceIdleMicroseconds: number;
  readonly controlInput: readonly {
    readonly name: string;
    readonly control: readonly SequenceControl[];
  }[];
  readonly state: readonly SequenceStateConfig[];
  readonly iterativeSequence: boolean;
}

export interface EnsembleStep {
  readonly modelName: string;
  /** -1 is the latest version. */
  readonly modelVersion: number;
  /** From the composing model's tensor names to the ensemble's. */
  readonly inputMap: Readonly<Record<string, string>>;
  readonly outputMap: Readonly<Record<string, string>>;
  readonly modelNamespace: string;
}

export interface ModelEnsembling {
  readonly step: readonly EnsembleStep[];
  /** 0 sets no limit. */
  readonly maxInflightRequests: number;
}

export type InstanceGroupKind = 'KIND_AUTO' | 'KIND_GPU' | 'KIND_CPU' | 'KIND_MODEL';

export interface ModelInstanceGroup {
  readonly name: string;
  readonly kind: InstanceGroupKind;
  readonly count: number;
  readonly rateLimiter: RateLimiterConfig | undefined;
  readonly gpus: readonly number[];
  readonly secondaryDevices: readonly { readonly kind: 'KIND_NVDLA'; readonly deviceId: number }[];
  readonly profile: readonly string[];
  readonly passive: boolean;
  readonly hostPolicy: string;
}

export interface RateLimiterConfig {
  readonly resources: readonly {
    readonly name: string;
    readonly global: boolean;
    readonly count: number;
  }[];
  readonly priority: number;
}

export interface ModelWarmup {
  readonly name: string;
  readonly batchSize: number;
  readonly inputs: Readonly<Record<string, WarmupInput>>;
  readonly count: number;
}

export interface WarmupInput {
  readonly dataType: ConfigDataType;
  readonly dims: readonly number[];
  /** One of the three is set. */
  readonly zeroData: boolean | undefined;
  readonly randomData: boolean | undefined;
  readonly inputDataFile: string | undefined;
}

/** A repository agent, or an accelerator. */
export interface NamedParameters {
  readonly name: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export interface MetricControl {
  readonly metricIdentifier: { readonly family: string } | undefined;
  readonly histogramOptions: { readonly buckets: readonly number[] } | undefined;
}

/** A configuration's `scheduling_choice`; a scheduler plugin registers under one of these. */
export type SchedulingChoice =
  | 'default'
  | 'dynamic_batching'
  | 'sequence_batching'
  | 'ensemble_scheduling';

export function schedulingChoice(config: ModelConfig): SchedulingChoice {
  if (config.ensembleScheduling) return 'ensemble_scheduling';
  if (config.sequenceBatching) return 'sequence_batching';
  if (config.dynamicBatching) return 'dynamic_batching';
  return 'default';
}
