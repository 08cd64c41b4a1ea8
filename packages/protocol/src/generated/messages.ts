// Generated from protos/ by scripts/generate.mjs: change those, not this.

import { MessageCodec } from '../grpc/message-codec.js';
import { bool, bytes, double, enumeration, float, int32, int64, string, uint32, uint64 } from '../grpc/value-codec.js';

/** The message `inference.ServerLiveRequest`. */
export interface ServerLiveRequest {
}
export const ServerLiveRequest = new MessageCodec<ServerLiveRequest>([
]);

/** The message `inference.ServerLiveResponse`. */
export interface ServerLiveResponse {
  readonly live?: boolean | undefined;
}
export const ServerLiveResponse = new MessageCodec<ServerLiveResponse>([
  { number: 1, name: 'live', kind: 'single', codec: bool },
]);

/** The message `inference.ServerReadyRequest`. */
export interface ServerReadyRequest {
}
export const ServerReadyRequest = new MessageCodec<ServerReadyRequest>([
]);

/** The message `inference.ServerReadyResponse`. */
export interface ServerReadyResponse {
  readonly ready?: boolean | undefined;
}
export const ServerReadyResponse = new MessageCodec<ServerReadyResponse>([
  { number: 1, name: 'ready', kind: 'single', codec: bool },
]);

/** The message `inference.ModelReadyRequest`. */
export interface ModelReadyRequest {
  readonly name: string;
  readonly version: string;
}
export const ModelReadyRequest = new MessageCodec<ModelReadyRequest>([
  { number: 1, name: 'name', kind: 'single', codec: string },
  { number: 2, name: 'version', kind: 'single', codec: string },
]);

/** The message `inference.ModelReadyResponse`. */
export interface ModelReadyResponse {
  readonly ready?: boolean | undefined;
}
export const ModelReadyResponse = new MessageCodec<ModelReadyResponse>([
  { number: 1, name: 'ready', kind: 'single', codec: bool },
]);

/** The message `inference.ServerMetadataRequest`. */
export interface ServerMetadataRequest {
}
export const ServerMetadataRequest = new MessageCodec<ServerMetadataRequest>([
]);

/** The message `inference.ServerMetadataResponse`. */
export interface ServerMetadataResponse {
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly extensions?: readonly string[] | undefined;
}
export const ServerMetadataResponse = new MessageCodec<ServerMetadataResponse>([
  { number: 1, name: 'name', kind: 'single', codec: string },
  { number: 2, name: 'version', kind: 'single', codec: string },
  { number: 3, name: 'extensions', kind: 'repeated', codec: string },
]);

/** The message `inference.ModelMetadataRequest`. */
export interface ModelMetadataRequest {
  readonly name: string;
  readonly version: string;
}
export const ModelMetadataRequest = new MessageCodec<ModelMetadataRequest>([
  { number: 1, name: 'name', kind: 'single', codec: string },
  { number: 2, name: 'version', kind: 'single', codec: string },
]);

/** The message `inference.ModelMetadataResponse.TensorMetadata`. */
export interface ModelMetadataResponseTensorMetadata {
  readonly name?: string | undefined;
  readonly datatype?: string | undefined;
  readonly shape?: readonly (number | bigint)[] | undefined;
}
export const ModelMetadataResponseTensorMetadata = new MessageCodec<ModelMetadataResponseTensorMetadata>([
  { number: 1, name: 'name', kind: 'single', codec: string },
  { number: 2, name: 'datatype', kind: 'single', codec: string },
  { number: 3, name: 'shape', kind: 'repeated', codec: int64 },
]);

/** The message `inference.ModelMetadataResponse`. */
export interface ModelMetadataResponse {
  readonly name?: string | undefined;
  readonly versions?: readonly string[] | undefined;
  readonly platform?: string | undefined;
  readonly inputs?: readonly ModelMetadataResponseTensorMetadata[] | undefined;
  readonly outputs?: readonly ModelMetadataResponseTensorMetadata[] | undefined;
}
export const ModelMetadataResponse = new MessageCodec<ModelMetadataResponse>([
  { number: 1, name: 'name', kind: 'single', codec: string },
  { number: 2, name: 'versions', kind: 'repeated', codec: string },
  { number: 3, name: 'platform', kind: 'single', codec: string },
  { number: 4, name: 'inputs', kind: 'repeated', codec: ModelMetadataResponseTensorMetadata },
  { number: 5, name: 'outputs', kind: 'repeated', codec: ModelMetadataResponseTensorMetadata },
]);

/** The message `inference.ModelConfigRequest`. */
export interface ModelConfigRequest {
  readonly name: string;
  readonly version: string;
}
export const ModelConfigRequest = new MessageCodec<ModelConfigRequest>([
  { number: 1, name: 'name', kind: 'single', codec: string },
  { number: 2, name: 'version', kind: 'single', codec: string },
]);

/** The message `inference.ModelVersionPolicy.Latest`. */
export interface ModelVersionPolicyLatest {
  readonly numVersions?: number | undefined;
}
export const ModelVersionPolicyLatest = new MessageCodec<ModelVersionPolicyLatest>([
  { number: 1, name: 'numVersions', kind: 'single', codec: uint32 },
]);

/** The message `inference.ModelVersionPolicy.All`. */
export interface ModelVersionPolicyAll {
}
export const ModelVersionPolicyAll = new MessageCodec<ModelVersionPolicyAll>([
]);

/** The message `inference.ModelVersionPolicy.Specific`. */
export interface ModelVersionPolicySpecific {
  readonly versions?: readonly (number | bigint)[] | undefined;
}
export const ModelVersionPolicySpecific = new MessageCodec<ModelVersionPolicySpecific>([
  { number: 1, name: 'versions', kind: 'repeated', codec: int64 },
]);

/** The message `inference.ModelVersionPolicy`. */
export interface ModelVersionPolicy {
  readonly latest?: ModelVersionPolicyLatest | undefined;
  readonly all?: ModelVersionPolicyAll | undefined;
  readonly specific?: ModelVersionPolicySpecific | undefined;
}
export const ModelVersionPolicy = new MessageCodec<ModelVersionPolicy>([
  { number: 1, name: 'latest', kind: 'choice', codec: ModelVersionPolicyLatest, oneof: 'policyChoice' },
  { number: 2, name: 'all', kind: 'choice', codec: ModelVersionPolicyAll, oneof: 'policyChoice' },
  { number: 3, name: 'specific', kind: 'choice', codec: ModelVersionPolicySpecific, oneof: 'policyChoice' },
]);

const DataTypeName = enumeration([
  'TYPE_INVALID',
  'TYPE_BOOL',
  'TYPE_UINT8',
  'TYPE_UINT16',
  'TYPE_UINT32',
  'TYPE_UINT64',
  'TYPE_INT8',
  'TYPE_INT16',
  'TYPE_INT32',
  'TYPE_INT64',
  'TYPE_FP16',
  'TYPE_FP32',
  'TYPE_FP64',
  'TYPE_STRING',
  'TYPE_BF16',
]);
type DataTypeName = typeof DataTypeName.initial;

const ModelInputFormatName = enumeration([
  'FORMAT_NONE',
  'FORMAT_NHWC',
  'FORMAT_NCHW',
]);
type ModelInputFormatName = typeof ModelInputFormatName.initial;

/** The message `inference.ModelTensorReshape`. */
export interface ModelTensorReshape {
  readonly shape?: readonly (number | bigint)[] | undefined;
}
export const ModelTensorReshape = new MessageCodec<ModelTensorReshape>([
  { number: 1, name: 'shape', kind: 'repeated', codec: int64 },
]);

/** The message `inference.ModelInput`. */
export interface ModelInput {
  readonly name?: string | undefined;
  readonly dataType?: DataTypeName | undefined;
  readonly format?: ModelInputFormatName | undefined;
  readonly dims?: readonly (number | bigint)[] | undefined;
  readonly reshape?: ModelTensorReshape | undefined;
  readonly isShapeTensor?: boolean | undefined;
  readonly allowRaggedBatch?: boolean | undefined;
  readonly optional?: boolean | undefined;
  readonly isNonLinearFormatIo?: boolean | undefined;
}
export const ModelInput = new MessageCodec<ModelInput>([
  { number: 1, name: 'name', kind: 'single', codec: string },
  { number: 2, name: 'dataType', kind: 'single', codec: DataTypeName },
  { number: 3, name: 'format', kind: 'single', codec: ModelInputFormatName },
  { number: 4, name: 'dims', kind: 'repeated', codec: int64 },
  { number: 5, name: 'reshape', kind: 'single', codec: ModelTensorReshape },
  { number: 6, name: 'isShapeTensor', kind: 'single', codec: bool },
  { number: 7, name: 'allowRaggedBatch', kind: 'single', codec: bool },
  { number: 8, name: 'optional', kind: 'single', codec: bool },
  { number: 9, name: 'isNonLinearFormatIo', kind: 'single', codec: bool },
]);

/** The message `inference.ModelOutput`. */
export interface ModelOutput {
  readonly name?: string | undefined;
  readonly dataType?: DataTypeName | undefined;
  readonly dims?: readonly (number | bigint)[] | undefined;
  readonly labelFilename?: string | undefined;
  readonly reshape?: ModelTensorReshape | undefined;
  readonly isShapeTensor?: boolean | undefined;
  readonly isNonLinearFormatIo?: boolean | undefined;
}
export const ModelOutput = new MessageCodec<ModelOutput>([
  { number: 1, name: 'name', kind: 'single', codec: string },
  { number: 2, name: 'dataType', kind: 'single', codec: DataTypeName },
  { number: 3, name: 'dims', kind: 'repeated', codec: int64 },
  { number: 4, name: 'labelFilename', kind: 'single', codec: string },
  { number: 5, name: 'reshape', kind: 'single', codec: ModelTensorReshape },
  { number: 6, name: 'isShapeTensor', kind: 'single', codec: bool },
  { number: 7, name: 'isNonLinearFormatIo', kind: 'single', codec: bool },
]);

const BatchInputKindName = enumeration([
  'BATCH_ELEMENT_COUNT',
  'BATCH_ACCUMULATED_ELEMENT_COUNT',
  'BATCH_ACCUMULATED_ELEMENT_COUNT_WITH_ZERO',
  'BATCH_MAX_ELEMENT_COUNT_AS_SHAPE',
  'BATCH_ITEM_SHAPE',
  'BATCH_ITEM_SHAPE_FLATTEN',
]);
type BatchInputKindName = typeof BatchInputKindName.initial;

/** The message `inference.BatchInput`. */
export interface BatchInput {
  readonly kind?: BatchInputKindName | undefined;
  readonly targetName?: readonly string[] | undefined;
  readonly dataType?: DataTypeName | undefined;
  readonly sourceInput?: readonly string[] | undefined;
}
export const BatchInput = new MessageCodec<BatchInput>([
  { number: 1, name: 'kind', kind: 'single', codec: BatchInputKindName },
  { number: 2, name: 'targetName', kind: 'repeated', codec: string },
  { number: 3, name: 'dataType', kind: 'single', codec: DataTypeName },
  { number: 4, name: 'sourceInput', kind: 'repeated', codec: string },
]);

const BatchOutputKindName = enumeration([
  'BATCH_SCATTER_WITH_INPUT_SHAPE',
]);
type BatchOutputKindName = typeof BatchOutputKindName.initial;

/** The message `inference.BatchOutput`. */
export interface BatchOutput {
  readonly targetName?: readonly string[] | undefined;
  readonly kind?: BatchOutputKindName | undefined;
  readonly sourceInput?: readonly string[] | undefined;
}
export const BatchOutput = new MessageCodec<BatchOutput>([
  { number: 1, name: 'targetName', kind: 'repeated', codec: string },
  { number: 2, name: 'kind', kind: 'single', codec: BatchOutputKindName },
  { number: 3, name: 'sourceInput', kind: 'repeated', codec: string },
]);

/** The message `inference.ModelOptimizationPolicy.Graph`. */
export interface ModelOptimizationPolicyGraph {
  readonly level?: number | undefined;
}
export const ModelOptimizationPolicyGraph = new MessageCodec<ModelOptimizationPolicyGraph>([
  { number: 1, name: 'level', kind: 'single', codec: int32 },
]);

const ModelOptimizationPolicyModelPriorityName = enumeration([
  'PRIORITY_DEFAULT',
  'PRIORITY_MAX',
  'PRIORITY_MIN',
]);
type ModelOptimizationPolicyModelPriorityName = typeof ModelOptimizationPolicyModelPriorityName.initial;

/** The message `inference.ModelOptimizationPolicy.Cuda.GraphSpec.Shape`. */
export interface ModelOptimizationPolicyCudaGraphSpecShape {
  readonly dim?: readonly (number | bigint)[] | undefined;
}
export const ModelOptimizationPolicyCudaGraphSpecShape = new MessageCodec<ModelOptimizationPolicyCudaGraphSpecShape>([
  { number: 1, name: 'dim', kind: 'repeated', codec: int64 },
]);

/** The message `inference.ModelOptimizationPolicy.Cuda.GraphSpec.LowerBound`. */
export interface ModelOptimizationPolicyCudaGraphSpecLowerBound {
  readonly batchSize?: number | undefined;
  readonly input?: Readonly<Record<string, ModelOptimizationPolicyCudaGraphSpecShape>> | undefined;
}
export const ModelOptimizationPolicyCudaGraphSpecLowerBound = new MessageCodec<ModelOptimizationPolicyCudaGraphSpecLowerBound>([
  { number: 1, name: 'batchSize', kind: 'single', codec: int32 },
  { number: 2, name: 'input', kind: 'map', codec: ModelOptimizationPolicyCudaGraphSpecShape, keyCodec: string },
]);

/** The message `inference.ModelOptimizationPolicy.Cuda.GraphSpec`. */
export interface ModelOptimizationPolicyCudaGraphSpec {
  readonly batchSize?: number | undefined;
  readonly input?: Readonly<Record<string, ModelOptimizationPolicyCudaGraphSpecShape>> | undefined;
  readonly graphLowerBound?: ModelOptimizationPolicyCudaGraphSpecLowerBound | undefined;
}
export const ModelOptimizationPolicyCudaGraphSpec = new MessageCodec<ModelOptimizationPolicyCudaGraphSpec>([
  { number: 1, name: 'batchSize', kind: 'single', codec: int32 },
  { number: 2, name: 'input', kind: 'map', codec: ModelOptimizationPolicyCudaGraphSpecShape, keyCodec: string },
  { number: 3, name: 'graphLowerBound', kind: 'single', codec: ModelOptimizationPolicyCudaGraphSpecLowerBound },
]);

/** The message `inference.ModelOptimizationPolicy.Cuda`. */
export interface ModelOptimizationPolicyCuda {
  readonly graphs?: boolean | undefined;
  readonly busyWaitEvents?: boolean | undefined;
  readonly graphSpec?: readonly ModelOptimizationPolicyCudaGraphSpec[] | undefined;
  readonly outputCopyStream?: boolean | undefined;
}
export const ModelOptimizationPolicyCuda = new MessageCodec<ModelOptimizationPolicyCuda>([
  { number: 1, name: 'graphs', kind: 'single', codec: bool },
  { number: 2, name: 'busyWaitEvents', kind: 'single', codec: bool },
  { number: 3, name: 'graphSpec', kind: 'repeated', codec: ModelOptimizationPolicyCudaGraphSpec },
  { number: 4, name: 'outputCopyStream', kind: 'single', codec: bool },
]);

/** The message `inference.ModelOptimizationPolicy.ExecutionAccelerators.Accelerator`. */
export interface ModelOptimizationPolicyExecutionAcceleratorsAccelerator {
  readonly name?: string | undefined;
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}
export const ModelOptimizationPolicyExecutionAcceleratorsAccelerator = new MessageCodec<ModelOptimizationPolicyExecutionAcceleratorsAccelerator>([
  { number: 1, name: 'name', kind: 'single', codec: string },
  { number: 2, name: 'parameters', kind: 'map', codec: string, keyCodec: string },
]);

/** The message `inference.ModelOptimizationPolicy.ExecutionAccelerators`. */
export interface ModelOptimizationPolicyExecutionAccelerators {
  readonly gpuExecutionAccelerator?: readonly ModelOptimizationPolicyExecutionAcceleratorsAccelerator[] | undefined;
  readonly cpuExecutionAccelerator?: readonly ModelOptimizationPolicyExecutionAcceleratorsAccelerator[] | undefined;
}
export const ModelOptimizationPolicyExecutionAccelerators = new MessageCodec<ModelOptimizationPolicyExecutionAccelerators>([
  { number: 1, name: 'gpuExecutionAccelerator', kind: 'repeated', codec: ModelOptimizationPolicyExecutionAcceleratorsAccelerator },
  { number: 2, name: 'cpuExecutionAccelerator', kind: 'repeated', codec: ModelOptimizationPolicyExecutionAcceleratorsAccelerator },
]);

/** The message `inference.ModelOptimizationPolicy.PinnedMemoryBuffer`. */
export interface ModelOptimizationPolicyPinnedMemoryBuffer {
  readonly enable?: boolean | undefined;
}
export const ModelOptimizationPolicyPinnedMemoryBuffer = new MessageCodec<ModelOptimizationPolicyPinnedMemoryBuffer>([
  { number: 1, name: 'enable', kind: 'single', codec: bool },
]);

/** The message `inference.ModelOptimizationPolicy`. */
export interface ModelOptimizationPolicy {
  readonly graph?: ModelOptimizationPolicyGraph | undefined;
  readonly priority?: ModelOptimizationPolicyModelPriorityName | undefined;
  readonly cuda?: ModelOptimizationPolicyCuda | undefined;
  readonly executionAccelerators?: ModelOptimizationPolicyExecutionAccelerators | undefined;
  readonly inputPinnedMemory?: ModelOptimizationPolicyPinnedMemoryBuffer | undefined;
  readonly outputPinnedMemory?: ModelOptimizationPolicyPinnedMemoryBuffer | undefined;
  readonly gatherKernelBufferThreshold?: number | undefined;
  readonly eagerBatching?: boolean | undefined;
}
export const ModelOptimizationPolicy = new MessageCodec<ModelOptimizationPolicy>([
  { number: 1, name: 'graph', kind: 'single', codec: ModelOptimizationPolicyGraph },
  { number: 2, name: 'priority', kind: 'single', codec: ModelOptimizationPolicyModelPriorityName },
  { number: 3, name: 'cuda', kind: 'single', codec: ModelOptimizationPolicyCuda },
  { number: 4, name: 'executionAccelerators', kind: 'single', codec: ModelOptimizationPolicyExecutionAccelerators },
  { number: 5, name: 'inputPinnedMemory', kind: 'single', codec: ModelOptimizationPolicyPinnedMemoryBuffer },
  { number: 6, name: 'outputPinnedMemory', kind: 'single', codec: ModelOptimizationPolicyPinnedMemoryBuffer },
  { number: 7, name: 'gatherKernelBufferThreshold', kind: 'single', codec: uint32 },
  { number: 8, name: 'eagerBatching', kind: 'single', codec: bool },
]);

const ModelQueuePolicyTimeoutActionName = enumeration([
  'REJECT',
  'DELAY',
]);
type ModelQueuePolicyTimeoutActionName = typeof ModelQueuePolicyTimeoutActionName.initial;

/** The message `inference.ModelQueuePolicy`. */
export interface ModelQueuePolicy {
  readonly timeoutAction?: ModelQueuePolicyTimeoutActionName | undefined;
  readonly defaultTimeoutMicroseconds?: number | bigint | undefined;
  readonly allowTimeoutOverride?: boolean | undefined;
  readonly maxQueueSize?: number | undefined;
}
export const ModelQueuePolicy = new MessageCodec<ModelQueuePolicy>([
  { number: 1, name: 'timeoutAction', kind: 'single', codec: ModelQueuePolicyTimeoutActionName },
  { number: 2, name: 'defaultTimeoutMicroseconds', kind: 'single', codec: uint64 },
  { number: 3, name: 'allowTimeoutOverride', kind: 'single', codec: bool },
  { number: 4, name: 'maxQueueSize', kind: 'single', codec: uint32 },
]);

/** The message `inference.ModelDynamicBatching`. */
export interface ModelDynamicBatching {
  readonly preferredBatchSize?: readonly number[] | undefined;
  readonly maxQueueDelayMicroseconds?: number | bigint | undefined;
  readonly preserveOrdering?: boolean | undefined;
  readonly priorityLevels?: number | bigint | undefined;
  readonly defaultPriorityLevel?: number | bigint | undefined;
  readonly defaultQueuePolicy?: ModelQueuePolicy | undefined;
  readonly priorityQueuePolicy?: Readonly<Record<string, ModelQueuePolicy>> | undefined;
}
export const ModelDynamicBatching = new MessageCodec<ModelDynamicBatching>([
  { number: 1, name: 'preferredBatchSize', kind: 'repeated', codec: int32 },
  { number: 2, name: 'maxQueueDelayMicroseconds', kind: 'single', codec: uint64 },
  { number: 3, name: 'preserveOrdering', kind: 'single', codec: bool },
  { number: 4, name: 'priorityLevels', kind: 'single', codec: uint64 },
  { number: 5, name: 'defaultPriorityLevel', kind: 'single', codec: uint64 },
  { number: 6, name: 'defaultQueuePolicy', kind: 'single', codec: ModelQueuePolicy },
  { number: 7, name: 'priorityQueuePolicy', kind: 'map', codec: ModelQueuePolicy, keyCodec: uint64 },
]);

/** The message `inference.ModelSequenceBatching.StrategyDirect`. */
export interface ModelSequenceBatchingStrategyDirect {
  readonly maxQueueDelayMicroseconds?: number | bigint | undefined;
  readonly minimumSlotUtilization?: number | undefined;
}
export const ModelSequenceBatchingStrategyDirect = new MessageCodec<ModelSequenceBatchingStrategyDirect>([
  { number: 1, name: 'maxQueueDelayMicroseconds', kind: 'single', codec: uint64 },
  { number: 2, name: 'minimumSlotUtilization', kind: 'single', codec: float },
]);

/** The message `inference.ModelSequenceBatching.StrategyOldest`. */
export interface ModelSequenceBatchingStrategyOldest {
  readonly maxCandidateSequences?: number | undefined;
  readonly preferredBatchSize?: readonly number[] | undefined;
  readonly maxQueueDelayMicroseconds?: number | bigint | undefined;
  readonly preserveOrdering?: boolean | undefined;
}
export const ModelSequenceBatchingStrategyOldest = new MessageCodec<ModelSequenceBatchingStrategyOldest>([
  { number: 1, name: 'maxCandidateSequences', kind: 'single', codec: int32 },
  { number: 2, name: 'preferredBatchSize', kind: 'repeated', codec: int32 },
  { number: 3, name: 'maxQueueDelayMicroseconds', kind: 'single', codec: uint64 },
  { number: 4, name: 'preserveOrdering', kind: 'single', codec: bool },
]);

const ModelSequenceBatchingControlKindName = enumeration([
  'CONTROL_SEQUENCE_START',
  'CONTROL_SEQUENCE_READY',
  'CONTROL_SEQUENCE_END',
  'CONTROL_SEQUENCE_CORRID',
]);
type ModelSequenceBatchingControlKindName = typeof ModelSequenceBatchingControlKindName.initial;

/** The message `inference.ModelSequenceBatching.Control`. */
export interface ModelSequenceBatchingControl {
  readonly kind?: ModelSequenceBatchingControlKindName | undefined;
  readonly int32FalseTrue?: readonly number[] | undefined;
  readonly fp32FalseTrue?: readonly number[] | undefined;
  readonly dataType?: DataTypeName | undefined;
  readonly boolFalseTrue?: readonly boolean[] | undefined;
}
export const ModelSequenceBatchingControl = new MessageCodec<ModelSequenceBatchingControl>([
  { number: 1, name: 'kind', kind: 'single', codec: ModelSequenceBatchingControlKindName },
  { number: 2, name: 'int32FalseTrue', kind: 'repeated', codec: int32 },
  { number: 3, name: 'fp32FalseTrue', kind: 'repeated', codec: float },
  { number: 4, name: 'dataType', kind: 'single', codec: DataTypeName },
  { number: 5, name: 'boolFalseTrue', kind: 'repeated', codec: bool },
]);

/** The message `inference.ModelSequenceBatching.ControlInput`. */
export interface ModelSequenceBatchingControlInput {
  readonly name?: string | undefined;
  readonly control?: readonly ModelSequenceBatchingControl[] | undefined;
}
export const ModelSequenceBatchingControlInput = new MessageCodec<ModelSequenceBatchingControlInput>([
  { number: 1, name: 'name', kind: 'single', codec: string },
  { number: 2, name: 'control', kind: 'repeated', codec: ModelSequenceBatchingControl },
]);

/** The message `inference.ModelSequenceBatching.InitialState`. */
export interface ModelSequenceBatchingInitialState {
  readonly dataType?: DataTypeName | undefined;
  readonly dims?: readonly (number | bigint)[] | undefined;
  readonly zeroData?: boolean | undefined;
  readonly dataFile?: string | undefined;
  readonly name?: string | undefined;
}
export const ModelSequenceBatchingInitialState = new MessageCodec<ModelSequenceBatchingInitialState>([
  { number: 1, name: 'dataType', kind: 'single', codec: DataTypeName },
  { number: 2, name: 'dims', kind: 'repeated', codec: int64 },
  { number: 3, name: 'zeroData', kind: 'choice', codec: bool, oneof: 'stateData' },
  { number: 4, name: 'dataFile', kind: 'choice', codec: string, oneof: 'stateData' },
  { number: 5, name: 'name', kind: 'single', codec: string },
]);

/** The message `inference.ModelSequenceBatching.State`. */
export interface ModelSequenceBatchingState {
  readonly inputName?: string | undefined;
  readonly outputName?: string | undefined;
  readonly dataType?: DataTypeName | undefined;
  readonly dims?: readonly (number | bigint)[] | undefined;
  readonly initialState?: readonly ModelSequenceBatchingInitialState[] | undefined;
  readonly useSameBufferForInputOutput?: boolean | undefined;
  readonly useGrowableMemory?: boolean | undefined;
}
export const ModelSequenceBatchingState = new MessageCodec<ModelSequenceBatchingState>([
  { number: 1, name: 'inputName', kind: 'single', codec: string },
  { number: 2, name: 'outputName', kind: 'single', codec: string },
  { number: 3, name: 'dataType', kind: 'single', codec: DataTypeName },
  { number: 4, name: 'dims', kind: 'repeated', codec: int64 },
  { number: 5, name: 'initialState', kind: 'repeated', codec: ModelSequenceBatchingInitialState },
  { number: 6, name: 'useSameBufferForInputOutput', kind: 'single', codec: bool },
  { number: 7, name: 'useGrowableMemory', kind: 'single', codec: bool },
]);

/** The message `inference.ModelSequenceBatching`. */
export interface ModelSequenceBatching {
  readonly maxSequenceIdleMicroseconds?: number | bigint | undefined;
  readonly controlInput?: readonly ModelSequenceBatchingControlInput[] | undefined;
  readonly direct?: ModelSequenceBatchingStrategyDirect | undefined;
  readonly oldest?: ModelSequenceBatchingStrategyOldest | undefined;
  readonly state?: readonly ModelSequenceBatchingState[] | undefined;
  readonly iterativeSequence?: boolean | undefined;
}
export const ModelSequenceBatching = new MessageCodec<ModelSequenceBatching>([
  { number: 1, name: 'maxSequenceIdleMicroseconds', kind: 'single', codec: uint64 },
  { number: 2, name: 'controlInput', kind: 'repeated', codec: ModelSequenceBatchingControlInput },
  { number: 3, name: 'direct', kind: 'choice', codec: ModelSequenceBatchingStrategyDirect, oneof: 'strategyChoice' },
  { number: 4, name: 'oldest', kind: 'choice', codec: ModelSequenceBatchingStrategyOldest, oneof: 'strategyChoice' },
  { number: 5, name: 'state', kind: 'repeated', codec: ModelSequenceBatchingState },
  { number: 6, name: 'iterativeSequence', kind: 'single', codec: bool },
]);

/** The message `inference.ModelEnsembling.Step`. */
export interface ModelEnsemblingStep {
  readonly modelName?: string | undefined;
  readonly modelVersion?: number | bigint | undefined;
  readonly inputMap?: Readonly<Record<string, string>> | undefined;
  readonly outputMap?: Readonly<Record<string, string>> | undefined;
  readonly modelNamespace?: string | undefined;
}
export const ModelEnsemblingStep = new MessageCodec<ModelEnsemblingStep>([
  { number: 1, name: 'modelName', kind: 'single', codec: string },
  { number: 2, name: 'modelVersion', kind: 'single', codec: int64 },
  { number: 3, name: 'inputMap', kind: 'map', codec: string, keyCodec: string },
  { number: 4, name: 'outputMap', kind: 'map', codec: string, keyCodec: string },
  { number: 5, name: 'modelNamespace', kind: 'single', codec: string },
]);

/** The message `inference.ModelEnsembling`. */
export interface ModelEnsembling {
  readonly step?: readonly ModelEnsemblingStep[] | undefined;
  readonly maxInflightRequests?: number | undefined;
}
export const ModelEnsembling = new MessageCodec<ModelEnsembling>([
  { number: 1, name: 'step', kind: 'repeated', codec: ModelEnsemblingStep },
  { number: 2, name: 'maxInflightRequests', kind: 'single', codec: uint32 },
]);

const ModelInstanceGroupKindName = enumeration([
  'KIND_AUTO',
  'KIND_GPU',
  'KIND_CPU',
  'KIND_MODEL',
]);
type ModelInstanceGroupKindName = typeof ModelInstanceGroupKindName.initial;

/** The message `inference.ModelRateLimiter.Resource`. */
export interface ModelRateLimiterResource {
  readonly name?: string | undefined;
  readonly global?: boolean | undefined;
  readonly count?: number | undefined;
}
export const ModelRateLimiterResource = new MessageCodec<ModelRateLimiterResource>([
  { number: 1, name: 'name', kind: 'single', codec: string },
  { number: 2, name: 'global', kind: 'single', codec: bool },
  { number: 3, name: 'count', kind: 'single', codec: uint32 },
]);

/** The message `inference.ModelRateLimiter`. */
export interface ModelRateLimiter {
  readonly resources?: readonly ModelRateLimiterResource[] | undefined;
  readonly priority?: number | undefined;
}
export const ModelRateLimiter = new MessageCodec<ModelRateLimiter>([
  { number: 1, name: 'resources', kind: 'repeated', codec: ModelRateLimiterResource },
  { number: 2, name: 'priority', kind: 'single', codec: uint32 },
]);

const ModelInstanceGroupSecondaryDeviceSecondaryDeviceKindName = enumeration([
  'KIND_NVDLA',
]);
type ModelInstanceGroupSecondaryDeviceSecondaryDeviceKindName = typeof ModelInstanceGroupSecondaryDeviceSecondaryDeviceKindName.initial;

/** The message `inference.ModelInstanceGroup.SecondaryDevice`. */
export interface ModelInstanceGroupSecondaryDevice {
  readonly kind?: ModelInstanceGroupSecondaryDeviceSecondaryDeviceKindName | undefined;
  readonly deviceId?: number | bigint | undefined;
}
export const ModelInstanceGroupSecondaryDevice = new MessageCodec<ModelInstanceGroupSecondaryDevice>([
  { number: 1, name: 'kind', kind: 'single', codec: ModelInstanceGroupSecondaryDeviceSecondaryDeviceKindName },
  { number: 2, name: 'deviceId', kind: 'single', codec: int64 },
]);

/** The message `inference.ModelInstanceGroup`. */
export interface ModelInstanceGroup {
  readonly name?: string | undefined;
  readonly count?: number | undefined;
  readonly gpus?: readonly number[] | undefined;
  readonly kind?: ModelInstanceGroupKindName | undefined;
  readonly profile?: readonly string[] | undefined;
  readonly rateLimiter?: ModelRateLimiter | undefined;
  readonly passive?: boolean | undefined;
  readonly secondaryDevices?: readonly ModelInstanceGroupSecondaryDevice[] | undefined;
  readonly hostPolicy?: string | undefined;
}
export const ModelInstanceGroup = new MessageCodec<ModelInstanceGroup>([
  { number: 1, name: 'name', kind: 'single', codec: string },
  { number: 2, name: 'count', kind: 'single', codec: int32 },
  { number: 3, name: 'gpus', kind: 'repeated', codec: int32 },
  { number: 4, name: 'kind', kind: 'single', codec: ModelInstanceGroupKindName },
  { number: 5, name: 'profile', kind: 'repeated', codec: string },
  { number: 6, name: 'rateLimiter', kind: 'single', codec: ModelRateLimiter },
  { number: 7, name: 'passive', kind: 'single', codec: bool },
  { number: 8, name: 'secondaryDevices', kind: 'repeated', codec: ModelInstanceGroupSecondaryDevice },
  { number: 9, name: 'hostPolicy', kind: 'single', codec: string },
]);

/** The message `inference.ModelParameter`. */
export interface ModelParameter {
  readonly stringValue?: string | undefined;
}
export const ModelParameter = new MessageCodec<ModelParameter>([
  { number: 1, name: 'stringValue', kind: 'single', codec: string },
]);

/** The message `inference.ModelWarmup.Input`. */
export interface ModelWarmupInput {
  readonly dataType?: DataTypeName | undefined;
  readonly dims?: readonly (number | bigint)[] | undefined;
  readonly zeroData?: boolean | undefined;
  readonly randomData?: boolean | undefined;
  readonly inputDataFile?: string | undefined;
}
export const ModelWarmupInput = new MessageCodec<ModelWarmupInput>([
  { number: 1, name: 'dataType', kind: 'single', codec: DataTypeName },
  { number: 2, name: 'dims', kind: 'repeated', codec: int64 },
  { number: 3, name: 'zeroData', kind: 'choice', codec: bool, oneof: 'inputDataType' },
  { number: 4, name: 'randomData', kind: 'choice', codec: bool, oneof: 'inputDataType' },
  { number: 5, name: 'inputDataFile', kind: 'choice', codec: string, oneof: 'inputDataType' },
]);

/** The message `inference.ModelWarmup`. */
export interface ModelWarmup {
  readonly name?: string | undefined;
  readonly batchSize?: number | undefined;
  readonly inputs?: Readonly<Record<string, ModelWarmupInput>> | undefined;
  readonly count?: number | undefined;
}
export const ModelWarmup = new MessageCodec<ModelWarmup>([
  { number: 1, name: 'name', kind: 'single', codec: string },
  { number: 2, name: 'batchSize', kind: 'single', codec: uint32 },
  { number: 3, name: 'inputs', kind: 'map', codec: ModelWarmupInput, keyCodec: string },
  { number: 4, name: 'count', kind: 'single', codec: uint32 },
]);

/** The message `inference.ModelOperations`. */
export interface ModelOperations {
  readonly opLibraryFilename?: readonly string[] | undefined;
}
export const ModelOperations = new MessageCodec<ModelOperations>([
  { number: 1, name: 'opLibraryFilename', kind: 'repeated', codec: string },
]);

/** The message `inference.ModelTransactionPolicy`. */
export interface ModelTransactionPolicy {
  readonly decoupled?: boolean | undefined;
}
export const ModelTransactionPolicy = new MessageCodec<ModelTransactionPolicy>([
  { number: 1, name: 'decoupled', kind: 'single', codec: bool },
]);

/** The message `inference.ModelRepositoryAgents.Agent`. */
export interface ModelRepositoryAgentsAgent {
  readonly name?: string | undefined;
  readonly parameters?: Readonly<Record<string, string>> | undefined;
}
export const ModelRepositoryAgentsAgent = new MessageCodec<ModelRepositoryAgentsAgent>([
  { number: 1, name: 'name', kind: 'single', codec: string },
  { number: 2, name: 'parameters', kind: 'map', codec: string, keyCodec: string },
]);

/** The message `inference.ModelRepositoryAgents`. */
export interface ModelRepositoryAgents {
  readonly agents?: readonly ModelRepositoryAgentsAgent[] | undefined;
}
export const ModelRepositoryAgents = new MessageCodec<ModelRepositoryAgents>([
  { number: 1, name: 'agents', kind: 'repeated', codec: ModelRepositoryAgentsAgent },
]);

/** The message `inference.ModelResponseCache`. */
export interface ModelResponseCache {
  readonly enable?: boolean | undefined;
}
export const ModelResponseCache = new MessageCodec<ModelResponseCache>([
  { number: 1, name: 'enable', kind: 'single', codec: bool },
]);

/** The message `inference.ModelMetrics.MetricControl.MetricIdentifier`. */
export interface ModelMetricsMetricControlMetricIdentifier {
  readonly family?: string | undefined;
}
export const ModelMetricsMetricControlMetricIdentifier = new MessageCodec<ModelMetricsMetricControlMetricIdentifier>([
  { number: 1, name: 'family', kind: 'single', codec: string },
]);

/** The message `inference.ModelMetrics.MetricControl.HistogramOptions`. */
export interface ModelMetricsMetricControlHistogramOptions {
  readonly buckets?: readonly number[] | undefined;
}
export const ModelMetricsMetricControlHistogramOptions = new MessageCodec<ModelMetricsMetricControlHistogramOptions>([
  { number: 1, name: 'buckets', kind: 'repeated', codec: double },
]);

/** The message `inference.ModelMetrics.MetricControl`. */
export interface ModelMetricsMetricControl {
  readonly metricIdentifier?: ModelMetricsMetricControlMetricIdentifier | undefined;
  readonly histogramOptions?: ModelMetricsMetricControlHistogramOptions | undefined;
}
export const ModelMetricsMetricControl = new MessageCodec<ModelMetricsMetricControl>([
  { number: 1, name: 'metricIdentifier', kind: 'single', codec: ModelMetricsMetricControlMetricIdentifier },
  { number: 2, name: 'histogramOptions', kind: 'choice', codec: ModelMetricsMetricControlHistogramOptions, oneof: 'metricOptions' },
]);

/** The message `inference.ModelMetrics`. */
export interface ModelMetrics {
  readonly metricControl?: readonly ModelMetricsMetricControl[] | undefined;
}
export const ModelMetrics = new MessageCodec<ModelMetrics>([
  { number: 1, name: 'metricControl', kind: 'repeated', codec: ModelMetricsMetricControl },
]);

/** The message `inference.ModelConfig`. */
export interface ModelConfig {
  readonly name?: string | undefined;
  readonly platform?: string | undefined;
  readonly versionPolicy?: ModelVersionPolicy | undefined;
  readonly maxBatchSize?: number | undefined;
  readonly input?: readonly ModelInput[] | undefined;
  readonly output?: readonly ModelOutput[] | undefined;
  readonly instanceGroup?: readonly ModelInstanceGroup[] | undefined;
  readonly defaultModelFilename?: string | undefined;
  readonly ccModelFilenames?: Readonly<Record<string, string>> | undefined;
  readonly metricTags?: Readonly<Record<string, string>> | undefined;
  readonly dynamicBatching?: ModelDynamicBatching | undefined;
  readonly optimization?: ModelOptimizationPolicy | undefined;
  readonly sequenceBatching?: ModelSequenceBatching | undefined;
  readonly parameters?: Readonly<Record<string, ModelParameter>> | undefined;
  readonly ensembleScheduling?: ModelEnsembling | undefined;
  readonly modelWarmup?: readonly ModelWarmup[] | undefined;
  readonly backend?: string | undefined;
  readonly modelOperations?: ModelOperations | undefined;
  readonly modelTransactionPolicy?: ModelTransactionPolicy | undefined;
  readonly batchInput?: readonly BatchInput[] | undefined;
  readonly batchOutput?: readonly BatchOutput[] | undefined;
  readonly modelRepositoryAgents?: ModelRepositoryAgents | undefined;
  readonly responseCache?: ModelResponseCache | undefined;
  readonly runtime?: string | undefined;
  readonly modelMetrics?: ModelMetrics | undefined;
}
export const ModelConfig = new MessageCodec<ModelConfig>([
  { number: 1, name: 'name', kind: 'single', codec: string },
  { number: 2, name: 'platform', kind: 'single', codec: string },
  { number: 3, name: 'versionPolicy', kind: 'single', codec: ModelVersionPolicy },
  { number: 4, name: 'maxBatchSize', kind: 'single', codec: int32 },
  { number: 5, name: 'input', kind: 'repeated', codec: ModelInput },
  { number: 6, name: 'output', kind: 'repeated', codec: ModelOutput },
  { number: 7, name: 'instanceGroup', kind: 'repeated', codec: ModelInstanceGroup },
  { number: 8, name: 'defaultModelFilename', kind: 'single', codec: string },
  { number: 9, name: 'ccModelFilenames', kind: 'map', codec: string, keyCodec: string },
  { number: 10, name: 'metricTags', kind: 'map', codec: string, keyCodec: string },
  { number: 11, name: 'dynamicBatching', kind: 'choice', codec: ModelDynamicBatching, oneof: 'schedulingChoice' },
  { number: 12, name: 'optimization', kind: 'single', codec: ModelOptimizationPolicy },
  { number: 13, name: 'sequenceBatching', kind: 'choice', codec: ModelSequenceBatching, oneof: 'schedulingChoice' },
  { number: 14, name: 'parameters', kind: 'map', codec: ModelParameter, keyCodec: string },
  { number: 15, name: 'ensembleScheduling', kind: 'choice', codec: ModelEnsembling, oneof: 'schedulingChoice' },
  { number: 16, name: 'modelWarmup', kind: 'repeated', codec: ModelWarmup },
  { number: 17, name: 'backend', kind: 'single', codec: string },
  { number: 18, name: 'modelOperations', kind: 'single', codec: ModelOperations },
  { number: 19, name: 'modelTransactionPolicy', kind: 'single', codec: ModelTransactionPolicy },
  { number: 20, name: 'batchInput', kind: 'repeated', codec: BatchInput },
  { number: 21, name: 'batchOutput', kind: 'repeated', codec: BatchOutput },
  { number: 23, name: 'modelRepositoryAgents', kind: 'single', codec: ModelRepositoryAgents },
  { number: 24, name: 'responseCache', kind: 'single', codec: ModelResponseCache },
  { number: 25, name: 'runtime', kind: 'single', codec: string },
  { number: 26, name: 'modelMetrics', kind: 'single', codec: ModelMetrics },
]);

/** The message `inference.ModelConfigResponse`. */
export interface ModelConfigResponse {
  readonly config?: ModelConfig | undefined;
}
export const ModelConfigResponse = new MessageCodec<ModelConfigResponse>([
  { number: 1, name: 'config', kind: 'single', codec: ModelConfig },
]);

/** The message `inference.ModelStatisticsRequest`. */
export interface ModelStatisticsRequest {
  readonly name: string;
  readonly version: string;
}
export const ModelStatisticsRequest = new MessageCodec<ModelStatisticsRequest>([
  { number: 1, name: 'name', kind: 'single', codec: string },
  { number: 2, name: 'version', kind: 'single', codec: string },
]);

/** The message `inference.StatisticDuration`. */
export interface StatisticDuration {
  readonly count?: number | bigint | undefined;
  readonly ns?: number | bigint | undefined;
}
export const StatisticDuration = new MessageCodec<StatisticDuration>([
  { number: 1, name: 'count', kind: 'single', codec: uint64 },
  { number: 2, name: 'ns', kind: 'single', codec: uint64 },
]);

/** The message `inference.InferStatistics`. */
export interface InferStatistics {
  readonly success?: StatisticDuration | undefined;
  readonly fail?: StatisticDuration | undefined;
  readonly queue?: StatisticDuration | undefined;
  readonly computeInput?: StatisticDuration | undefined;
  readonly computeInfer?: StatisticDuration | undefined;
  readonly computeOutput?: StatisticDuration | undefined;
  readonly cacheHit?: StatisticDuration | undefined;
  readonly cacheMiss?: StatisticDuration | undefined;
}
export const InferStatistics = new MessageCodec<InferStatistics>([
  { number: 1, name: 'success', kind: 'single', codec: StatisticDuration },
  { number: 2, name: 'fail', kind: 'single', codec: StatisticDuration },
  { number: 3, name: 'queue', kind: 'single', codec: StatisticDuration },
  { number: 4, name: 'computeInput', kind: 'single', codec: StatisticDuration },
  { number: 5, name: 'computeInfer', kind: 'single', codec: StatisticDuration },
  { number: 6, name: 'computeOutput', kind: 'single', codec: StatisticDuration },
  { number: 7, name: 'cacheHit', kind: 'single', codec: StatisticDuration },
  { number: 8, name: 'cacheMiss', kind: 'single', codec: StatisticDuration },
]);

/** The message `inference.InferBatchStatistics`. */
export interface InferBatchStatistics {
  readonly batchSize?: number | bigint | undefined;
  readonly computeInput?: StatisticDuration | undefined;
  readonly computeInfer?: StatisticDuration | undefined;
  readonly computeOutput?: StatisticDuration | undefined;
}
export const InferBatchStatistics = new MessageCodec<InferBatchStatistics>([
  { number: 1, name: 'batchSize', kind: 'single', codec: uint64 },
  { number: 2, name: 'computeInput', kind: 'single', codec: StatisticDuration },
  { number: 3, name: 'computeInfer', kind: 'single', codec: StatisticDuration },
  { number: 4, name: 'computeOutput', kind: 'single', codec: StatisticDuration },
]);

/** The message `inference.MemoryUsage`. */
export interface MemoryUsage {
  readonly type?: string | undefined;
  readonly id?: number | bigint | undefined;
  readonly byteSize?: number | bigint | undefined;
}
export const MemoryUsage = new MessageCodec<MemoryUsage>([
  { number: 1, name: 'type', kind: 'single', codec: string },
  { number: 2, name: 'id', kind: 'single', codec: int64 },
  { number: 3, name: 'byteSize', kind: 'single', codec: uint64 },
]);

/** The message `inference.InferResponseStatistics`. */
export interface InferResponseStatistics {
  readonly computeInfer?: StatisticDuration | undefined;
  readonly computeOutput?: StatisticDuration | undefined;
  readonly success?: StatisticDuration | undefined;
  readonly fail?: StatisticDuration | undefined;
  readonly emptyResponse?: StatisticDuration | undefined;
  readonly cancel?: StatisticDuration | undefined;
}
export const InferResponseStatistics = new MessageCodec<InferResponseStatistics>([
  { number: 1, name: 'computeInfer', kind: 'single', codec: StatisticDuration },
  { number: 2, name: 'computeOutput', kind: 'single', codec: StatisticDuration },
  { number: 3, name: 'success', kind: 'single', codec: StatisticDuration },
  { number: 4, name: 'fail', kind: 'single', codec: StatisticDuration },
  { number: 5, name: 'emptyResponse', kind: 'single', codec: StatisticDuration },
  { number: 6, name: 'cancel', kind: 'single', codec: StatisticDuration },
]);

/** The message `inference.ModelStatistics`. */
export interface ModelStatistics {
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly lastInference?: number | bigint | undefined;
  readonly inferenceCount?: number | bigint | undefined;
  readonly executionCount?: number | bigint | undefined;
  readonly inferenceStats?: InferStatistics | undefined;
  readonly batchStats?: readonly InferBatchStatistics[] | undefined;
  readonly memoryUsage?: readonly MemoryUsage[] | undefined;
  readonly responseStats?: Readonly<Record<string, InferResponseStatistics>> | undefined;
}
export const ModelStatistics = new MessageCodec<ModelStatistics>([
  { number: 1, name: 'name', kind: 'single', codec: string },
  { number: 2, name: 'version', kind: 'single', codec: string },
  { number: 3, name: 'lastInference', kind: 'single', codec: uint64 },
  { number: 4, name: 'inferenceCount', kind: 'single', codec: uint64 },
  { number: 5, name: 'executionCount', kind: 'single', codec: uint64 },
  { number: 6, name: 'inferenceStats', kind: 'single', codec: InferStatistics },
  { number: 7, name: 'batchStats', kind: 'repeated', codec: InferBatchStatistics },
  { number: 8, name: 'memoryUsage', kind: 'repeated', codec: MemoryUsage },
  { number: 9, name: 'responseStats', kind: 'map', codec: InferResponseStatistics, keyCodec: string },
]);

/** The message `inference.ModelStatisticsResponse`. */
export interface ModelStatisticsResponse {
  readonly modelStats?: readonly ModelStatistics[] | undefined;
}
export const ModelStatisticsResponse = new MessageCodec<ModelStatisticsResponse>([
  { number: 1, name: 'modelStats', kind: 'repeated', codec: ModelStatistics },
]);

/** The message `inference.RepositoryIndexRequest`. */
export interface RepositoryIndexRequest {
  readonly repositoryName: string;
  readonly ready: boolean;
}
export const RepositoryIndexRequest = new MessageCodec<RepositoryIndexRequest>([
  { number: 1, name: 'repositoryName', kind: 'single', codec: string },
  { number: 2, name: 'ready', kind: 'single', codec: bool },
]);

/** The message `inference.RepositoryIndexResponse.ModelIndex`. */
export interface RepositoryIndexResponseModelIndex {
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly state?: string | undefined;
  readonly reason?: string | undefined;
}
export const RepositoryIndexResponseModelIndex = new MessageCodec<RepositoryIndexResponseModelIndex>([
  { number: 1, name: 'name', kind: 'single', codec: string },
  { number: 2, name: 'version', kind: 'single', codec: string },
  { number: 3, name: 'state', kind: 'single', codec: string },
  { number: 4, name: 'reason', kind: 'single', codec: string },
]);

/** The message `inference.RepositoryIndexResponse`. */
export interface RepositoryIndexResponse {
  readonly models?: readonly RepositoryIndexResponseModelIndex[] | undefined;
}
export const RepositoryIndexResponse = new MessageCodec<RepositoryIndexResponse>([
  { number: 1, name: 'models', kind: 'repeated', codec: RepositoryIndexResponseModelIndex },
]);

/** The message `inference.ModelRepositoryParameter`. */
export interface ModelRepositoryParameter {
  readonly boolParam: boolean | undefined;
  readonly int64Param: bigint | undefined;
  readonly stringParam: string | undefined;
  readonly bytesParam: Uint8Array | undefined;
}
export const ModelRepositoryParameter = new MessageCodec<ModelRepositoryParameter>([
  { number: 1, name: 'boolParam', kind: 'choice', codec: bool, oneof: 'parameterChoice' },
  { number: 2, name: 'int64Param', kind: 'choice', codec: int64, oneof: 'parameterChoice' },
  { number: 3, name: 'stringParam', kind: 'choice', codec: string, oneof: 'parameterChoice' },
  { number: 4, name: 'bytesParam', kind: 'choice', codec: bytes, oneof: 'parameterChoice' },
]);

/** The message `inference.RepositoryModelLoadRequest`. */
export interface RepositoryModelLoadRequest {
  readonly repositoryName: string;
  readonly modelName: string;
  readonly parameters: Readonly<Record<string, ModelRepositoryParameter>>;
}
export const RepositoryModelLoadRequest = new MessageCodec<RepositoryModelLoadRequest>([
  { number: 1, name: 'repositoryName', kind: 'single', codec: string },
  { number: 2, name: 'modelName', kind: 'single', codec: string },
  { number: 3, name: 'parameters', kind: 'map', codec: ModelRepositoryParameter, keyCodec: string },
]);

/** The message `inference.RepositoryModelLoadResponse`. */
export interface RepositoryModelLoadResponse {
}
export const RepositoryModelLoadResponse = new MessageCodec<RepositoryModelLoadResponse>([
]);

/** The message `inference.RepositoryModelUnloadRequest`. */
export interface RepositoryModelUnloadRequest {
  readonly repositoryName: string;
  readonly modelName: string;
  readonly parameters: Readonly<Record<string, ModelRepositoryParameter>>;
}
export const RepositoryModelUnloadRequest = new MessageCodec<RepositoryModelUnloadRequest>([
  { number: 1, name: 'repositoryName', kind: 'single', codec: string },
  { number: 2, name: 'modelName', kind: 'single', codec: string },
  { number: 3, name: 'parameters', kind: 'map', codec: ModelRepositoryParameter, keyCodec: string },
]);

/** The message `inference.RepositoryModelUnloadResponse`. */
export interface RepositoryModelUnloadResponse {
}
export const RepositoryModelUnloadResponse = new MessageCodec<RepositoryModelUnloadResponse>([
]);

/** The message `inference.SystemSharedMemoryStatusRequest`. */
export interface SystemSharedMemoryStatusRequest {
  readonly name: string;
}
export const SystemSharedMemoryStatusRequest = new MessageCodec<SystemSharedMemoryStatusRequest>([
  { number: 1, name: 'name', kind: 'single', codec: string },
]);

/** The message `inference.SystemSharedMemoryStatusResponse.RegionStatus`. */
export interface SystemSharedMemoryStatusResponseRegionStatus {
  readonly name?: string | undefined;
  readonly key?: string | undefined;
  readonly offset?: number | bigint | undefined;
  readonly byteSize?: number | bigint | undefined;
}
export const SystemSharedMemoryStatusResponseRegionStatus = new MessageCodec<SystemSharedMemoryStatusResponseRegionStatus>([
  { number: 1, name: 'name', kind: 'single', codec: string },
  { number: 2, name: 'key', kind: 'single', codec: string },
  { number: 3, name: 'offset', kind: 'single', codec: uint64 },
  { number: 4, name: 'byteSize', kind: 'single', codec: uint64 },
]);

/** The message `inference.SystemSharedMemoryStatusResponse`. */
export interface SystemSharedMemoryStatusResponse {
  readonly regions?: Readonly<Record<string, SystemSharedMemoryStatusResponseRegionStatus>> | undefined;
}
export const SystemSharedMemoryStatusResponse = new MessageCodec<SystemSharedMemoryStatusResponse>([
  { number: 1, name: 'regions', kind: 'map', codec: SystemSharedMemoryStatusResponseRegionStatus, keyCodec: string },
]);

/** The message `inference.SystemSharedMemoryRegisterRequest`. */
export interface SystemSharedMemoryRegisterRequest {
  readonly name: string;
  readonly key: string;
  readonly offset: bigint;
  readonly byteSize: bigint;
}
export const SystemSharedMemoryRegisterRequest = new MessageCodec<SystemSharedMemoryRegisterRequest>([
  { number: 1, name: 'name', kind: 'single', codec: string },
  { number: 2, name: 'key', kind: 'single', codec: string },
  { number: 3, name: 'offset', kind: 'single', codec: uint64 },
  { number: 4, name: 'byteSize', kind: 'single', codec: uint64 },
]);

/** The message `inference.SystemSharedMemoryRegisterResponse`. */
export interface SystemSharedMemoryRegisterResponse {
}
export const SystemSharedMemoryRegisterResponse = new MessageCodec<SystemSharedMemoryRegisterResponse>([
]);

/** The message `inference.SystemSharedMemoryUnregisterRequest`. */
export interface SystemSharedMemoryUnregisterRequest {
  readonly name: string;
}
export const SystemSharedMemoryUnregisterRequest = new MessageCodec<SystemSharedMemoryUnregisterRequest>([
  { number: 1, name: 'name', kind: 'single', codec: string },
]);

/** The message `inference.SystemSharedMemoryUnregisterResponse`. */
export interface SystemSharedMemoryUnregisterResponse {
}
export const SystemSharedMemoryUnregisterResponse = new MessageCodec<SystemSharedMemoryUnregisterResponse>([
]);

/** The message `inference.CudaSharedMemoryStatusRequest`. */
export interface CudaSharedMemoryStatusRequest {
  readonly name: string;
}
export const CudaSharedMemoryStatusRequest = new MessageCodec<CudaSharedMemoryStatusRequest>([
  { number: 1, name: 'name', kind: 'single', codec: string },
]);

/** The message `inference.CudaSharedMemoryStatusResponse.RegionStatus`. */
export interface CudaSharedMemoryStatusResponseRegionStatus {
  readonly name?: string | undefined;
  readonly deviceId?: number | bigint | undefined;
  readonly byteSize?: number | bigint | undefined;
}
export const CudaSharedMemoryStatusResponseRegionStatus = new MessageCodec<CudaSharedMemoryStatusResponseRegionStatus>([
  { number: 1, name: 'name', kind: 'single', codec: string },
  { number: 2, name: 'deviceId', kind: 'single', codec: uint64 },
  { number: 3, name: 'byteSize', kind: 'single', codec: uint64 },
]);

/** The message `inference.CudaSharedMemoryStatusResponse`. */
export interface CudaSharedMemoryStatusResponse {
  readonly regions?: Readonly<Record<string, CudaSharedMemoryStatusResponseRegionStatus>> | undefined;
}
export const CudaSharedMemoryStatusResponse = new MessageCodec<CudaSharedMemoryStatusResponse>([
  { number: 1, name: 'regions', kind: 'map', codec: CudaSharedMemoryStatusResponseRegionStatus, keyCodec: string },
]);

/** The message `inference.CudaSharedMemoryRegisterRequest`. */
export interface CudaSharedMemoryRegisterRequest {
  readonly name: string;
  readonly rawHandle: Uint8Array;
  readonly deviceId: bigint;
  readonly byteSize: bigint;
}
export const CudaSharedMemoryRegisterRequest = new MessageCodec<CudaSharedMemoryRegisterRequest>([
  { number: 1, name: 'name', kind: 'single', codec: string },
  { number: 2, name: 'rawHandle', kind: 'single', codec: bytes },
  { number: 3, name: 'deviceId', kind: 'single', codec: int64 },
  { number: 4, name: 'byteSize', kind: 'single', codec: uint64 },
]);

/** The message `inference.CudaSharedMemoryRegisterResponse`. */
export interface CudaSharedMemoryRegisterResponse {
}
export const CudaSharedMemoryRegisterResponse = new MessageCodec<CudaSharedMemoryRegisterResponse>([
]);

/** The message `inference.CudaSharedMemoryUnregisterRequest`. */
export interface CudaSharedMemoryUnregisterRequest {
  readonly name: string;
}
export const CudaSharedMemoryUnregisterRequest = new MessageCodec<CudaSharedMemoryUnregisterRequest>([
  { number: 1, name: 'name', kind: 'single', codec: string },
]);

/** The message `inference.CudaSharedMemoryUnregisterResponse`. */
export interface CudaSharedMemoryUnregisterResponse {
}
export const CudaSharedMemoryUnregisterResponse = new MessageCodec<CudaSharedMemoryUnregisterResponse>([
]);

/** The message `inference.TraceSettingRequest.SettingValue`. */
export interface TraceSettingRequestSettingValue {
  readonly value: readonly string[];
}
export const TraceSettingRequestSettingValue = new MessageCodec<TraceSettingRequestSettingValue>([
  { number: 1, name: 'value', kind: 'repeated', codec: string },
]);

/** The message `inference.TraceSettingRequest`. */
export interface TraceSettingRequest {
  readonly settings: Readonly<Record<string, TraceSettingRequestSettingValue>>;
  readonly modelName: string;
}
export const TraceSettingRequest = new MessageCodec<TraceSettingRequest>([
  { number: 1, name: 'settings', kind: 'map', codec: TraceSettingRequestSettingValue, keyCodec: string },
  { number: 2, name: 'modelName', kind: 'single', codec: string },
]);

/** The message `inference.TraceSettingResponse.SettingValue`. */
export interface TraceSettingResponseSettingValue {
  readonly value?: readonly string[] | undefined;
}
export const TraceSettingResponseSettingValue = new MessageCodec<TraceSettingResponseSettingValue>([
  { number: 1, name: 'value', kind: 'repeated', codec: string },
]);

/** The message `inference.TraceSettingResponse`. */
export interface TraceSettingResponse {
  readonly settings?: Readonly<Record<string, TraceSettingResponseSettingValue>> | undefined;
}
export const TraceSettingResponse = new MessageCodec<TraceSettingResponse>([
  { number: 1, name: 'settings', kind: 'map', codec: TraceSettingResponseSettingValue, keyCodec: string },
]);

/** The message `inference.LogSettingsRequest.SettingValue`. */
export interface LogSettingsRequestSettingValue {
  readonly boolParam: boolean | undefined;
  readonly uint32Param: number | undefined;
  readonly stringParam: string | undefined;
}
export const LogSettingsRequestSettingValue = new MessageCodec<LogSettingsRequestSettingValue>([
  { number: 1, name: 'boolParam', kind: 'choice', codec: bool, oneof: 'parameterChoice' },
  { number: 2, name: 'uint32Param', kind: 'choice', codec: uint32, oneof: 'parameterChoice' },
  { number: 3, name: 'stringParam', kind: 'choice', codec: string, oneof: 'parameterChoice' },
]);

/** The message `inference.LogSettingsRequest`. */
export interface LogSettingsRequest {
  readonly settings: Readonly<Record<string, LogSettingsRequestSettingValue>>;
}
export const LogSettingsRequest = new MessageCodec<LogSettingsRequest>([
  { number: 1, name: 'settings', kind: 'map', codec: LogSettingsRequestSettingValue, keyCodec: string },
]);

/** The message `inference.LogSettingsResponse.SettingValue`. */
export interface LogSettingsResponseSettingValue {
  readonly boolParam?: boolean | undefined;
  readonly uint32Param?: number | undefined;
  readonly stringParam?: string | undefined;
}
export const LogSettingsResponseSettingValue = new MessageCodec<LogSettingsResponseSettingValue>([
  { number: 1, name: 'boolParam', kind: 'choice', codec: bool, oneof: 'parameterChoice' },
  { number: 2, name: 'uint32Param', kind: 'choice', codec: uint32, oneof: 'parameterChoice' },
  { number: 3, name: 'stringParam', kind: 'choice', codec: string, oneof: 'parameterChoice' },
]);

/** The message `inference.LogSettingsResponse`. */
export interface LogSettingsResponse {
  readonly settings?: Readonly<Record<string, LogSettingsResponseSettingValue>> | undefined;
}
export const LogSettingsResponse = new MessageCodec<LogSettingsResponse>([
  { number: 1, name: 'settings', kind: 'map', codec: LogSettingsResponseSettingValue, keyCodec: string },
]);

/** The message `grpc.health.v1.HealthCheckRequest`. */
export interface HealthCheckRequest {
  readonly service: string;
}
export const HealthCheckRequest = new MessageCodec<HealthCheckRequest>([
  { number: 1, name: 'service', kind: 'single', codec: string },
]);

const HealthCheckResponseServingStatusName = enumeration([
  'UNKNOWN',
  'SERVING',
  'NOT_SERVING',
  'SERVICE_UNKNOWN',
]);
type HealthCheckResponseServingStatusName = typeof HealthCheckResponseServingStatusName.initial;

/** The message `grpc.health.v1.HealthCheckResponse`. */
export interface HealthCheckResponse {
  readonly status?: HealthCheckResponseServingStatusName | undefined;
}
export const HealthCheckResponse = new MessageCodec<HealthCheckResponse>([
  { number: 1, name: 'status', kind: 'single', codec: HealthCheckResponseServingStatusName },
]);

/** The message `grpc.reflection.v1.ExtensionRequest`. */
export interface ExtensionRequest {
  readonly containingType: string;
  readonly extensionNumber: number;
}
export const ExtensionRequest = new MessageCodec<ExtensionRequest>([
  { number: 1, name: 'containingType', kind: 'single', codec: string },
  { number: 2, name: 'extensionNumber', kind: 'single', codec: int32 },
]);

/** The message `grpc.reflection.v1.ServerReflectionRequest`. */
export interface ServerReflectionRequest {
  readonly host: string;
  readonly fileByFilename: string | undefined;
  readonly fileContainingSymbol: string | undefined;
  readonly fileContainingExtension: ExtensionRequest | undefined;
  readonly allExtensionNumbersOfType: string | undefined;
  readonly listServices: string | undefined;
}
export const ServerReflectionRequest = new MessageCodec<ServerReflectionRequest>([
  { number: 1, name: 'host', kind: 'single', codec: string },
  { number: 3, name: 'fileByFilename', kind: 'choice', codec: string, oneof: 'messageRequest' },
  { number: 4, name: 'fileContainingSymbol', kind: 'choice', codec: string, oneof: 'messageRequest' },
  { number: 5, name: 'fileContainingExtension', kind: 'choice', codec: ExtensionRequest, oneof: 'messageRequest' },
  { number: 6, name: 'allExtensionNumbersOfType', kind: 'choice', codec: string, oneof: 'messageRequest' },
  { number: 7, name: 'listServices', kind: 'choice', codec: string, oneof: 'messageRequest' },
]);

/** The message `grpc.reflection.v1.FileDescriptorResponse`. */
export interface FileDescriptorResponse {
  readonly fileDescriptorProto?: readonly Uint8Array[] | undefined;
}
export const FileDescriptorResponse = new MessageCodec<FileDescriptorResponse>([
  { number: 1, name: 'fileDescriptorProto', kind: 'repeated', codec: bytes },
]);

/** The message `grpc.reflection.v1.ExtensionNumberResponse`. */
export interface ExtensionNumberResponse {
  readonly baseTypeName?: string | undefined;
  readonly extensionNumber?: readonly number[] | undefined;
}
export const ExtensionNumberResponse = new MessageCodec<ExtensionNumberResponse>([
  { number: 1, name: 'baseTypeName', kind: 'single', codec: string },
  { number: 2, name: 'extensionNumber', kind: 'repeated', codec: int32 },
]);

/** The message `grpc.reflection.v1.ServiceResponse`. */
export interface ServiceResponse {
  readonly name?: string | undefined;
}
export const ServiceResponse = new MessageCodec<ServiceResponse>([
  { number: 1, name: 'name', kind: 'single', codec: string },
]);

/** The message `grpc.reflection.v1.ListServiceResponse`. */
export interface ListServiceResponse {
  readonly service?: readonly ServiceResponse[] | undefined;
}
export const ListServiceResponse = new MessageCodec<ListServiceResponse>([
  { number: 1, name: 'service', kind: 'repeated', codec: ServiceResponse },
]);

/** The message `grpc.reflection.v1.ErrorResponse`. */
export interface ErrorResponse {
  readonly errorCode?: number | undefined;
  readonly errorMessage?: string | undefined;
}
export const ErrorResponse = new MessageCodec<ErrorResponse>([
  { number: 1, name: 'errorCode', kind: 'single', codec: int32 },
  { number: 2, name: 'errorMessage', kind: 'single', codec: string },
]);

/** The message `grpc.reflection.v1.ServerReflectionResponse`. */
export interface ServerReflectionResponse {
  readonly validHost?: string | undefined;
  readonly originalRequest?: ServerReflectionRequest | undefined;
  readonly fileDescriptorResponse?: FileDescriptorResponse | undefined;
  readonly allExtensionNumbersResponse?: ExtensionNumberResponse | undefined;
  readonly listServicesResponse?: ListServiceResponse | undefined;
  readonly errorResponse?: ErrorResponse | undefined;
}
export const ServerReflectionResponse = new MessageCodec<ServerReflectionResponse>([
  { number: 1, name: 'validHost', kind: 'single', codec: string },
  { number: 2, name: 'originalRequest', kind: 'single', codec: ServerReflectionRequest },
  { number: 4, name: 'fileDescriptorResponse', kind: 'choice', codec: FileDescriptorResponse, oneof: 'messageResponse' },
  { number: 5, name: 'allExtensionNumbersResponse', kind: 'choice', codec: ExtensionNumberResponse, oneof: 'messageResponse' },
  { number: 6, name: 'listServicesResponse', kind: 'choice', codec: ListServiceResponse, oneof: 'messageResponse' },
  { number: 7, name: 'errorResponse', kind: 'choice', codec: ErrorResponse, oneof: 'messageResponse' },
]);
