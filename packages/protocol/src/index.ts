export { type AccessedCall, AccessRecord } from './access-record.js';
export { checkCudaStatusRequest, cudaNotSupported } from './cuda-shared-memory.js';
export {
  CudaSharedMemoryRegisterRequest,
  CudaSharedMemoryRegisterResponse,
  CudaSharedMemoryStatusRequest,
  CudaSharedMemoryStatusResponse,
  CudaSharedMemoryUnregisterRequest,
  CudaSharedMemoryUnregisterResponse,
  HealthCheckRequest,
  HealthCheckResponse,
  LogSettingsRequest,
  LogSettingsResponse,
  ModelConfigRequest,
  ModelConfigResponse,
  ModelMetadataRequest,
  ModelMetadataResponse,
  ModelReadyRequest,
  ModelReadyResponse,
  ModelStatisticsRequest,
  ModelStatisticsResponse,
  RepositoryIndexRequest,
  RepositoryIndexResponse,
  RepositoryModelLoadRequest,
  RepositoryModelLoadResponse,
  RepositoryModelUnloadRequest,
  RepositoryModelUnloadResponse,
  ServerLiveRequest,
  ServerLiveResponse,
  ServerMetadataRequest,
  ServerMetadataResponse,
  ServerReadyRequest,
  ServerReadyResponse,
  ServerReflectionRequest,
  ServerReflectionResponse,
  SystemSharedMemoryRegisterRequest,
  SystemSharedMemoryRegisterResponse,
  SystemSharedMemoryStatusRequest,
  SystemSharedMemoryStatusResponse,
  SystemSharedMemoryUnregisterRequest,
  SystemSharedMemoryUnregisterResponse,
  TraceSettingRequest,
  TraceSettingResponse,
} from './generated/messages.js';
export { loadSerializedFiles, type SerializedFile } from './grpc/file-descriptors.js';
export { type CompletedInferRequest, completeInferRequest } from './grpc/infer-request.js';
export { type InferRequestMessage, readInferRequestMessage } from './grpc/infer-request-message.js';
export {
  encodeGrpcInferResponse,
  encodeStreamInferResponse,
  encodeStreamNotice,
} from './grpc/infer-response.js';
export type { MessageCodec } from './grpc/message-codec.js';
export { MAX_MESSAGE_BYTES } from './grpc/wire-format.js';
export { decodeGenerateRequest, type HttpGenerateCall } from './http/decode-generate-request.js';
export {
  type DecodedInferRequest,
  decodeInferRequest,
  type HttpInferCall,
} from './http/decode-infer-request.js';
export {
  errorEvent,
  type GenerateFraming,
  GenerateResponseEncoder,
} from './http/generate-response-encoder.js';
export { type EncodedInferResponse, InferResponseEncoder } from './http/infer-response-encoder.js';
export {
  errorBody,
  logSettingsBody,
  modelMetadataBody,
  modelStatisticsBody,
  repositoryIndexBody,
  serverMetadataBody,
  systemSharedMemoryBody,
} from './http/management-bodies.js';
export {
  parseLoadRequest,
  parseLogSettingsRequest,
  parseRegisterRequest,
  parseRepositoryIndexRequest,
  parseUnloadRequest,
} from './http/management-requests.js';
export type { OutputPlan } from './http/output-plan.js';
export { parseTraceSettingsRequest, traceSettingsBody } from './http/trace-settings-body.js';
export { parseModelVersion } from './model-version.js';
export { type SubmittableRequest, submitRequest } from './submit-request.js';
export { readTraceSettings, traceSettingValues } from './trace-settings.js';
