export type {
  CallSignal,
  GrpcCall,
  GrpcHandler,
  GrpcHandlers,
  GrpcStatus,
  GrpcStreamCall,
  MetadataEntries,
  StreamHandler,
  StreamReader,
  UnaryHandler,
} from './grpc-call.js';
export { canReusePort, GrpcServer, type ListenAddress } from './grpc-server.js';
export type { MessageAllocator } from './message-assembler.js';
export type { CompressionLevel } from './message-coder.js';
export type {
  ServerOptions,
  TlsOptions,
  TransportClock,
  TransportLimits,
} from './server-options.js';
