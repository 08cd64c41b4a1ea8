export { BatchTensors } from './batch-tensors.js';
export { type CallModelOptions, callModel } from './call-model.js';
export { ChildRequest } from './child-request.js';
export { CustomMetrics } from './custom-metrics.js';
export { fileExists } from './file-exists.js';
export { InstanceThread, type InstanceThreadOptions, restartDelayMs } from './instance-thread.js';
export { LineForwarder } from './line-forwarder.js';
export {
  gatherBatch,
  type PackedTensors,
  packBatch,
  packTensors,
  type TensorSlot,
  unpackTensors,
} from './pack-tensors.js';
export { parametersJson } from './parameters-json.js';
export { parseVersion } from './parse-version.js';
export { pythonArguments } from './python-arguments.js';
export { reschedule } from './reschedule.js';
export { respondBatch, scatterOutputs, selectOutputs } from './scatter-outputs.js';
export {
  type EmitEvent,
  type InstanceService,
  type NoticeQueue,
  serveInstanceThread,
  type ThreadReply,
} from './serve-instance-thread.js';
export type { CallAhead, ReplyNotice } from './thread-life.js';
export type { ThreadProtocol } from './thread-protocol.js';
