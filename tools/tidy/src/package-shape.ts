import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importsOf, type Package, packageOf, type Rule, type Workspace } from './workspace.js';

const MAX_CORE_LINES = 2000;
const CONTAINER = 'packages/server/src/container.ts';

/** What every package has, and what some must not have. */
export const packageShape: Rule = (workspace) => [
  ...workspace.packages.flatMap((each) => checkPackage(each, workspace)),
  ...checkCore(workspace),
  ...checkContainer(workspace),
];

function checkPackage({ directory, manifest }: Package, { root }: Workspace): string[] {
  const problems: string[] = [];
  if (!existsSync(join(root, directory, 'README.md')))
    problems.push(`${directory} has no README.md`);
  if (manifest.license !== 'Apache-2.0') problems.push(`${directory}: license must be Apache-2.0`);
  for (const script of ['build', 'test']) {
    if (!manifest.scripts?.[script])
      problems.push(`${directory} has no ${script} script, so CI skips it`);
  }
  const references = readFileSync(join(root, 'tsconfig.json'), 'utf8');
  if (!references.includes(`"${directory}"`)) {
    problems.push(`tsconfig.json does not list ${directory}`);
  }
  if (manifest.nereid && manifest.dependencies?.['@nereid/core']) {
    problems.push(
      `${directory} is a plugin, so it has @nereid/core as a peer, not as a dependency`,
    );
  }
  return problems;
}

function checkCore({ packages }: Workspace): string[] {
  const sources = packages.find(({ name }) => name === '@nereid/core')?.sources ?? [];
  const written = sources.filter(({ isTest }) => !isTest);
  const lines = written.reduce((sum, { text }) => sum + text.split('\n').length - 1, 0);
  const foreign = written.flatMap((file) =>
    importsOf(file).flatMap((specifier) => packageOf(specifier) ?? []),
  );
  return [
    ...(lines > MAX_CORE_LINES
      ? [`packages/core has ${lines} lines, more than ${MAX_CORE_LINES}`]
      : []),
    ...foreign.map((name) => `packages/core imports ${name}; it may import nothing`),
  ];
}

function checkContainer({ packages }: Workspace): string[] {
  return packages
    .flatMap(({ sources }) => sources)
    .filter(({ path }) => path !== CONTAINER)
    .filter((file) => importsOf(file).includes('tsyringe'))
    .map(({ path }) => `${path} imports tsyringe, which only ${CONTAINER} may`);
}
