import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

interface LoadedSource {
  readonly format: 'module';
  readonly source: string;
  readonly shortCircuit: true;
}

/**
 * Reads a file of a model as an ES module: a model folder has no package.json that would say so,
 * and TypeScript loses its types. Answers undefined for a file outside `root`, which ends with a
 * slash, for installed packages, and for other kinds of files; Node takes care of those.
 */
export function loadModelSource(url: string, root: string): LoadedSource | undefined {
  if (!url.startsWith(root) || url.includes('/node_modules/')) return undefined;
  const { pathname } = new URL(url);
  const typescript = pathname.endsWith('.ts') || pathname.endsWith('.mts');
  if (!typescript && !pathname.endsWith('.js')) return undefined;
  const path = fileURLToPath(url);
  const text = readFileSync(path, 'utf8');
  const source = typescript ? stripTypes(text, path) : text;
  return { format: 'module', source, shortCircuit: true };
}

/**
 * Types become spaces, so that lines and columns stay. Loaded late: it is large, and most models
 * need none.
 */
function stripTypes(text: string, path: string): string {
  const require = createRequire(import.meta.url);
  const { transformSync }: typeof import('@swc/wasm-typescript') = require('@swc/wasm-typescript');
  try {
    return transformSync(text, { mode: 'strip-only', filename: path, module: true }).code;
  } catch (error) {
    const { message, startLine } = error as { message?: string; startLine?: number };
    throw new SyntaxError(`${path}:${startLine ?? 1}: ${message ?? String(error)}`);
  }
}
