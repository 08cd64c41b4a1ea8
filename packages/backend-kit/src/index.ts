export { ChildRequest } from './child-request.js';
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
export { respondBatch, scatterOutputs, selectOutputs } from './scatter-outputs.js';
export {
  type EmitEvent,
  type InstanceService,
  serveInstanceThread,
  type ThreadReply,
} from './serve-instance-thread.js';
export type { ThreadProtocol } from './thread-protocol.js';
