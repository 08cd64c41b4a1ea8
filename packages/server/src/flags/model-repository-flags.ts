import type { Flag } from './flag.js';

const GROUP = 'Model Repository';
const NO_GPU = 'this build runs on the CPU only';

/** Where models come from and when they are loaded. */
export const MODEL_REPOSITORY_FLAGS = [
  {
    name: 'model-repository',
    group: GROUP,
    type: 'string',
    repeatable: true,
    help: 'Folder with models, or another location that a store plugin knows. Required.',
  },
  {
    name: 'model-store',
    group: GROUP,
    type: 'string',
    repeatable: true,
    help: 'The same as --model-repository.',
  },
  {
    name: 'store-config',
    group: GROUP,
    type: 'string',
    repeatable: true,
    help: '[<scheme>,]<setting>=<value>: a setting of the repositories of a scheme, or of all.',
  },
  {
    name: 'exit-on-error',
    group: GROUP,
    type: 'boolean',
    default: 'true',
    help: 'Whether to exit when a model fails to load at start-up.',
  },
  {
    name: 'disable-auto-complete-config',
    group: GROUP,
    type: 'switch',
    default: 'false',
    help: 'Take model configurations as they are written, without completing them from the models.',
  },
  {
    name: 'strict-readiness',
    group: GROUP,
    type: 'boolean',
    default: 'true',
    help: 'Whether a model that failed makes the server not ready.',
  },
  {
    name: 'model-control-mode',
    group: GROUP,
    type: 'string',
    default: 'none',
    choices: ['none', 'poll', 'explicit'],
    help:
      'none: load all models at start-up. poll: also follow changes of the repository. ' +
      'explicit: load what --load-model names, then what clients ask for.',
  },
  {
    name: 'repository-poll-secs',
    group: GROUP,
    type: 'integer',
    default: '15',
    minimum: 0,
    help: 'Seconds between two looks at the repository, in poll mode.',
  },
  {
    name: 'load-model',
    group: GROUP,
    type: 'string',
    repeatable: true,
    help: 'Model to load at start-up, in explicit mode; * alone stands for all.',
  },
  {
    name: 'model-config-name',
    group: GROUP,
    type: 'string',
    help: 'Use configs/<name>.pbtxt of a model, where it exists, instead of its config.pbtxt.',
  },
  {
    name: 'model-load-thread-count',
    group: GROUP,
    type: 'integer',
    default: '4',
    minimum: 1,
    help: 'Models that load at the same time.',
  },
  {
    name: 'model-load-retry-count',
    group: GROUP,
    type: 'integer',
    default: '0',
    minimum: 0,
    help: 'Further tries after a failed load.',
  },
  {
    name: 'model-namespacing',
    group: GROUP,
    type: 'boolean',
    default: 'false',
    help:
      'Whether two repositories may hold models of the same name. Ensembles find those of their ' +
      'own repository; gRPC clients may name such a model <repository>::<name>.',
  },
  {
    name: 'enable-peer-access',
    group: GROUP,
    type: 'boolean',
    default: 'true',
    help: 'Whether GPUs access the memory of one another.',
    noEffect: NO_GPU,
  },
  {
    name: 'model-load-gpu-limit',
    group: GROUP,
    type: 'string',
    repeatable: true,
    help: '<device>:<fraction>: share of a GPU that models may take.',
    noEffect: NO_GPU,
  },
] as const satisfies readonly Flag[];
