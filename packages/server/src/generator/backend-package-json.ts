import { PLUGIN_API_VERSION } from '@nereid/core';
import type { BackendTemplateOptions } from './backend-template-options.js';

/**
 * Inside the server's sources the tools are those of its root; elsewhere the package brings its
 * own.
 */
const OWN_TOOLS = { '@types/node': '^20.19.0', typescript: '^7.0.0' };

export function backendPackageJson(options: BackendTemplateOptions): string {
  const { name, nereidVersion, monorepoPath } = options;
  const prefix = monorepoPath === undefined ? 'nereid-backend-' : '@nereid/backend-';
  const range = `^${nereidVersion}`;
  const content = {
    name: `${prefix}${name}`,
    version: '0.1.0',
    description: `The ${name} backend of the Nereid inference server.`,
    license: 'Apache-2.0',
    type: 'module',
    engines: { node: '>=20.20' },
    keywords: ['nereid-plugin'],
    nereid: {
      apiVersion: PLUGIN_API_VERSION,
      backends: { [name]: './dist/index.js' },
    },
    exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
    files: ['dist', '!dist/**/*.test.*'],
    scripts: { build: 'tsc -b', test: 'node --test dist/*.test.js' },
    peerDependencies: { '@nereid/core': range },
    devDependencies: {
      '@nereid/testing': range,
      ...(monorepoPath === undefined && { '@nereid/core': range, ...OWN_TOOLS }),
    },
  };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}
