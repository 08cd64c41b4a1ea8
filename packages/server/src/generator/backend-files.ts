import { backendPackageJson } from './backend-package-json.js';
import { backendReadme } from './backend-readme.js';
import { backendSource } from './backend-source.js';
import type { BackendTemplateOptions } from './backend-template-options.js';
import { backendTest } from './backend-test.js';
import { backendTsconfig } from './backend-tsconfig.js';
import { exampleModelConfig } from './example-model-config.js';

/** The files of a new backend package, by their path in it. */
export function backendFiles(options: BackendTemplateOptions): Readonly<Record<string, string>> {
  const { name } = options;
  const model = `model_repository/${name}_example`;
  return {
    'package.json': backendPackageJson(options),
    'tsconfig.json': backendTsconfig(options),
    'README.md': backendReadme(options),
    'src/index.ts': backendSource(name),
    'src/backend.test.ts': backendTest(name),
    [`${model}/config.pbtxt`]: exampleModelConfig(name),
    // The model is all configuration; its version folder must exist nevertheless.
    [`${model}/1/.gitkeep`]: '',
  };
}
