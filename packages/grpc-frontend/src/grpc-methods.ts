import type { GrpcMethod, GrpcMethods } from './grpc-call.js';
import { healthMethods } from './health-service.js';
import type { InferServices } from './infer-preparation.js';
import { logSettingsMethod } from './log-settings-method.js';
import { reflectionMethod } from './reflection-service.js';
import { repositoryMethods } from './repository-methods.js';
import { serverMethods } from './server-methods.js';
import { sharedMemoryMethods } from './shared-memory-methods.js';
import { streamInfer } from './stream-infer.js';
import { traceSettingMethod } from './trace-setting-method.js';
import { unaryInfer } from './unary-infer.js';

/** Every method of every service, by its path. */
export function grpcMethods(services: InferServices): GrpcMethods {
  const { server, clock } = services;
  const reflection = { ServerReflectionInfo: reflectionMethod() };
  return new Map([
    ...servicePaths('inference.GRPCInferenceService', {
      ...serverMethods(server),
      ...repositoryMethods(server),
      ...sharedMemoryMethods(server),
      ModelInfer: unaryInfer(services),
      ModelStreamInfer: streamInfer(services),
      LogSettings: logSettingsMethod(server),
      TraceSetting: traceSettingMethod(server),
    }),
    ...servicePaths('grpc.health.v1.Health', healthMethods(server, clock)),
    ...servicePaths('grpc.reflection.v1.ServerReflection', reflection),
    ...servicePaths('grpc.reflection.v1alpha.ServerReflection', reflection),
  ]);
}

function servicePaths(
  service: string,
  methods: Readonly<Record<string, GrpcMethod>>,
): [string, GrpcMethod][] {
  return Object.entries(methods).map(([name, method]) => [`/${service}/${name}`, method]);
}
