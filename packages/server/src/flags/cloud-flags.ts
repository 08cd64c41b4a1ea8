import type { Flag } from './flag.js';

const SAGEMAKER = 'a SageMaker front end';
const VERTEX_AI = 'a Vertex AI front end';

/** The endpoints of two hosting services. */
export const CLOUD_FLAGS = [
  {
    name: 'allow-sagemaker',
    group: 'SageMaker',
    type: 'boolean',
    default: 'false',
    help: 'Whether to listen for SageMaker requests.',
    later: SAGEMAKER,
  },
  {
    name: 'sagemaker-port',
    group: 'SageMaker',
    type: 'integer',
    default: '8080',
    help: 'Port of the SageMaker endpoint.',
    later: SAGEMAKER,
  },
  {
    name: 'sagemaker-safe-port-range',
    group: 'SageMaker',
    type: 'string',
    help: '<low>-<high>: ports that other services may use.',
    later: SAGEMAKER,
  },
  {
    name: 'sagemaker-thread-count',
    group: 'SageMaker',
    type: 'integer',
    default: '8',
    help: 'Threads of the SageMaker endpoint.',
    later: SAGEMAKER,
  },
  {
    name: 'allow-vertex-ai',
    group: 'Vertex AI',
    type: 'boolean',
    default: 'false',
    help: 'Whether to listen for Vertex AI requests.',
    later: VERTEX_AI,
  },
  {
    name: 'vertex-ai-port',
    group: 'Vertex AI',
    type: 'integer',
    default: '8080',
    help: 'Port of the Vertex AI endpoint.',
    later: VERTEX_AI,
  },
  {
    name: 'vertex-ai-thread-count',
    group: 'Vertex AI',
    type: 'integer',
    default: '8',
    help: 'Threads of the Vertex AI endpoint.',
    later: VERTEX_AI,
  },
  {
    name: 'vertex-ai-default-model',
    group: 'Vertex AI',
    type: 'string',
    help: 'Model that answers Vertex AI requests without one.',
    later: VERTEX_AI,
  },
] as const satisfies readonly Flag[];
