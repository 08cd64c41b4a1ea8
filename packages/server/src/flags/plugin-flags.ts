import type { Flag } from './flag.js';

/** Where plugins are found and what they are told. */
export const PLUGIN_FLAGS = [
  {
    name: 'plugin-directory',
    group: 'Plugins',
    type: 'string',
    repeatable: true,
    help: 'Folder of plugin packages, in addition to those that are installed.',
  },
  {
    name: 'backend-directory',
    group: 'Plugins',
    type: 'string',
    help: 'Folder of backend packages.',
  },
  {
    name: 'backend-config',
    group: 'Plugins',
    type: 'string',
    repeatable: true,
    help: '[<backend>,]<setting>=<value>: a setting of one backend, or of all.',
  },
  {
    name: 'repoagent-directory',
    group: 'Plugins',
    type: 'string',
    help: 'Folder of repository agent packages.',
  },
  {
    name: 'repoagent-config',
    group: 'Plugins',
    type: 'string',
    repeatable: true,
    help: '<agent>,<setting>=<value>: a setting of one repository agent.',
  },
  {
    name: 'cache-directory',
    group: 'Plugins',
    type: 'string',
    help: 'Folder of response cache packages.',
  },
  {
    name: 'cache-config',
    group: 'Response Cache',
    type: 'string',
    repeatable: true,
    help: '<cache>,<setting>=<value>: the response cache and its settings.',
  },
] as const satisfies readonly Flag[];
