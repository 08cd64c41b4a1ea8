export { GrpcFrontend } from './grpc-frontend.js';
