export {
  type DecodedInferRequest,
  decodeInferRequest,
  type HttpInferCall,
} from './http/decode-infer-request.js';
export { type EncodedInferResponse, encodeInferResponse } from './http/encode-infer-response.js';
export {
  errorBody,
  logSettingsBody,
  modelMetadataBody,
  modelStatisticsBody,
  repositoryIndexBody,
  serverMetadataBody,
} from './http/management-bodies.js';
export {
  parseLoadRequest,
  parseLogSettingsRequest,
  parseRepositoryIndexRequest,
  parseUnloadRequest,
} from './http/management-requests.js';
export type { OutputPlan } from './http/output-plan.js';
