import type { BackendTemplateOptions } from './backend-template-options.js';

const OUTPUT = { rootDir: 'src', outDir: 'dist', tsBuildInfoFile: 'dist/.tsbuildinfo' };

/** The compiler options that the server's sources set in one place. */
const OWN_OPTIONS = {
  target: 'es2023',
  lib: ['es2023'],
  module: 'nodenext',
  types: ['node'],
  composite: true,
  strict: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  skipLibCheck: true,
};

export function backendTsconfig({ monorepoPath }: BackendTemplateOptions): string {
  const content =
    monorepoPath === undefined
      ? { compilerOptions: { ...OWN_OPTIONS, ...OUTPUT }, include: ['src'] }
      : {
          extends: `${monorepoPath}/tsconfig.base.json`,
          compilerOptions: OUTPUT,
          include: ['src'],
          references: ['core', 'testing'].map((name) => ({
            path: `${monorepoPath}/packages/${name}`,
          })),
        };
  const text = JSON.stringify(content, undefined, 2);
  // Formatters keep a short list on one line; the package is to be formatted from the start.
  return `${text.replaceAll(/\[\n\s+("[^"\n]*")\n\s+\]/g, '[$1]')}\n`;
}
