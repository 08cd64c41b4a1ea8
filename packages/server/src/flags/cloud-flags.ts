import type { Flag } from './flag.js';

/** The endpoints of two hosting services. */
export const CLOUD_FLAGS = [
  {
    name: 'allow-sagemaker',
    group: 'SageMaker',
    type: 'boolean',
    default: 'false',
    help: 'Whether to listen for SageMaker requests.',
  },
  {
    name: 'sagemaker-port',
    group: 'SageMaker',
    type: 'integer',
    default: '8080',
    minimum: 0,
    maximum: 65535,
    help: 'Port of the SageMaker endpoint; 0 picks a free one. Its address is that of HTTP.',
  },
  {
    name: 'sagemaker-safe-port-range',
    group: 'SageMaker',
    type: 'string',
    help: '<low>-<high>: where the ports of all other services must lie.',
  },
  {
    name: 'sagemaker-thread-count',
    group: 'SageMaker',
    type: 'integer',
    default: '8',
    help: 'Accepted for Triton command lines: one event loop serves all SageMaker requests.',
  },
  {
    name: 'allow-vertex-ai',
    group: 'Vertex AI',
    type: 'boolean',
    default: 'false',
    help: 'Whether to listen for Vertex AI requests; true if AIP_MODE is PREDICTION.',
  },
  {
    name: 'vertex-ai-port',
    group: 'Vertex AI',
    type: 'integer',
    default: '8080',
    minimum: 0,
    maximum: 65535,
    help: 'Port of the Vertex AI endpoint, AIP_HTTP_PORT if that is set; 0 picks a free one.',
  },
  {
    name: 'vertex-ai-thread-count',
    group: 'Vertex AI',
    type: 'integer',
    default: '8',
    help: 'Accepted for Triton command lines: one event loop serves all Vertex AI requests.',
  },
  {
    name: 'vertex-ai-default-model',
    group: 'Vertex AI',
    type: 'string',
    help: 'Model that answers Vertex AI requests without one.',
  },
] as const satisfies readonly Flag[];
