import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Rule } from './workspace.js';

const MAX_BINARY_BYTES = 64 * 1024;
const BINARIES_ALLOWED = ['examples/'];
const REGISTRY_HOSTS =
  /\b(registry\.npmjs\.org|pypi\.org|files\.pythonhosted\.org|deb\.debian\.org)\b/;
const HOST_CHECKED = /\.(json|ts|mjs|js|py|sh|md|txt|toml|yml|yaml)$|npmrc$|run$/;
const BUILD_OUTPUT = /(^|\/)(dist|node_modules|__pycache__)\//;

/**
 * What git tracks: no build outputs, no large binary files, no name of a package registry's host.
 */
export const repositoryContent: Rule = ({ root }) => {
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
    .split('\0')
    .filter(
      (path) => path !== '' && statSync(join(root, path), { throwIfNoEntry: false })?.isFile(),
    );
  return files.flatMap((path) => [
    ...(BUILD_OUTPUT.test(path) ? [`${path} is a build output`] : []),
    ...checkContent(path, join(root, path)),
  ]);
};

function checkContent(path: string, absolute: string): string[] {
  const allowed = BINARIES_ALLOWED.some((folder) => path.startsWith(folder));
  const bytes = readFileSync(absolute);
  const binary = bytes.subarray(0, 8192).includes(0);
  if (binary && !allowed && bytes.byteLength > MAX_BINARY_BYTES) {
    return [`${path} is a binary file of ${bytes.byteLength} bytes`];
  }
  if (binary || !HOST_CHECKED.test(basename(path)) || path.startsWith('tools/tidy/')) return [];
  return REGISTRY_HOSTS.test(bytes.toString('latin1')) ? [`${path} names a registry's host`] : [];
}
