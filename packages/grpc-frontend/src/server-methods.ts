import type { InferenceServer, ModelMetadata, ModelStatistics, TensorMetadata } from '@nereid/core';
import {
  ModelConfigRequest,
  ModelConfigResponse,
  ModelMetadataRequest,
  ModelMetadataResponse,
  ModelReadyRequest,
  ModelReadyResponse,
  ModelStatisticsRequest,
  ModelStatisticsResponse,
  parseModelVersion,
  ServerLiveRequest,
  ServerLiveResponse,
  ServerMetadataRequest,
  ServerMetadataResponse,
  ServerReadyRequest,
  ServerReadyResponse,
} from '@nereid/protocol';
import { controlMethod } from './control-method.js';
import type { UnaryMethod } from './grpc-call.js';

/** Health, metadata, configuration and statistics, by the method's name. */
export function serverMethods(server: InferenceServer): Readonly<Record<string, UnaryMethod>> {
  return {
    ...healthMethods(server),
    ...metadataMethods(server),
    ModelConfig: controlMethod({
      request: ModelConfigRequest,
      response: ModelConfigResponse,
      answer: ({ name, version }) => ({
        config: server.modelConfig(name, parseModelVersion(version)),
      }),
    }),
    ModelStatistics: controlMethod({
      request: ModelStatisticsRequest,
      response: ModelStatisticsResponse,
      answer: ({ name, version }) => ({
        modelStats: server
          .modelStatistics(name === '' ? undefined : name, parseModelVersion(version))
          .map(statisticsMessage),
      }),
    }),
  };
}

function healthMethods(server: InferenceServer): Readonly<Record<string, UnaryMethod>> {
  return {
    ServerLive: controlMethod({
      request: ServerLiveRequest,
      response: ServerLiveResponse,
      answer: () => ({ live: server.isLive() }),
    }),
    ServerReady: controlMethod({
      request: ServerReadyRequest,
      response: ServerReadyResponse,
      answer: () => ({ ready: server.isReady() }),
    }),
    ModelReady: controlMethod({
      request: ModelReadyRequest,
      response: ModelReadyResponse,
      answer: ({ name, version }) => ({
        ready: server.isModelReady(name, parseModelVersion(version)),
      }),
    }),
  };
}

function metadataMethods(server: InferenceServer): Readonly<Record<string, UnaryMethod>> {
  return {
    ServerMetadata: controlMethod({
      request: ServerMetadataRequest,
      response: ServerMetadataResponse,
      answer: () => server.metadata,
    }),
    ModelMetadata: controlMethod({
      request: ModelMetadataRequest,
      response: ModelMetadataResponse,
      answer: ({ name, version }) =>
        metadataMessage(server.modelMetadata(name, parseModelVersion(version))),
    }),
  };
}

function metadataMessage(metadata: ModelMetadata): ModelMetadataResponse {
  return {
    name: metadata.name,
    versions: metadata.versions.map(String),
    platform: metadata.platform,
    inputs: metadata.inputs.map(tensorMessage),
    outputs: metadata.outputs.map(tensorMessage),
  };
}

function tensorMessage(tensor: TensorMetadata) {
  return { name: tensor.name, datatype: tensor.datatype, shape: tensor.shape };
}

function statisticsMessage(statistics: ModelStatistics) {
  return {
    name: statistics.name,
    version: String(statistics.version),
    lastInference: statistics.lastInferenceMs,
    inferenceCount: statistics.inferenceCount,
    executionCount: statistics.executionCount,
    inferenceStats: statistics.inferenceStats,
    batchStats: statistics.batchStats,
    memoryUsage: statistics.memoryUsage.map(({ type, deviceId, sizeBytes }) => ({
      type,
      id: deviceId,
      byteSize: sizeBytes,
    })),
    responseStats: statistics.responseStats,
  };
}
