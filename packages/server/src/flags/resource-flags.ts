import type { Flag } from './flag.js';

const NO_GPU = 'this build runs on the CPU only';
const NO_PINNED_MEMORY = 'this build pins no memory';

/** Rate limits, memory and processor placement. */
export const RESOURCE_FLAGS = [
  {
    name: 'rate-limit',
    group: 'Rate Limiter',
    type: 'string',
    default: 'off',
    choices: ['off', 'execution_count'],
    help: 'off: resources that models name are ignored. execution_count: instances share them.',
  },
  {
    name: 'rate-limit-resource',
    group: 'Rate Limiter',
    type: 'string',
    repeatable: true,
    help:
      '<name>:<count>[:<device>]: copies of a resource. Where none is given there are as many ' +
      'as the model instance needs that needs most.',
  },
  {
    name: 'pinned-memory-pool-byte-size',
    group: 'Memory',
    type: 'integer',
    default: '268435456',
    minimum: 0,
    help: 'Accepted for Triton command lines: this build pins no memory.',
    noEffect: NO_PINNED_MEMORY,
  },
  {
    name: 'cuda-memory-pool-byte-size',
    group: 'Memory',
    type: 'string',
    repeatable: true,
    help: '<device>:<bytes>. Accepted for Triton command lines: this build has no GPU memory.',
    noEffect: NO_GPU,
  },
  {
    name: 'cuda-virtual-address-size',
    group: 'Memory',
    type: 'string',
    repeatable: true,
    help: '<device>:<bytes>. Accepted for Triton command lines: this build has no GPU memory.',
    noEffect: NO_GPU,
  },
  {
    name: 'min-supported-compute-capability',
    group: 'Memory',
    type: 'number',
    default: '0.0',
    minimum: 0,
    help: 'Accepted for Triton command lines: this build uses no GPU.',
    noEffect: NO_GPU,
  },
  {
    name: 'buffer-manager-thread-count',
    group: 'Memory',
    type: 'integer',
    default: '0',
    minimum: 0,
    help: 'Accepted for Triton command lines: buffers are not copied by threads here.',
  },
  {
    name: 'host-policy',
    group: 'Memory',
    type: 'string',
    repeatable: true,
    help:
      '<policy>,cpu-cores=<list> or <policy>,numa-node=<number>: the CPU cores for instances ' +
      'of a host policy. Those that name none have the policy cpu.',
  },
  {
    name: 'allow-client-shm',
    group: 'Memory',
    type: 'boolean',
    default: 'true',
    help: 'Whether clients may register system shared memory.',
  },
] as const satisfies readonly Flag[];
