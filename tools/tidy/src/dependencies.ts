import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { importsOf, type Package, packageOf, type Rule, type Workspace } from './workspace.js';

/**
 * What a package imports it declares, what it declares it imports, and TypeScript builds it in
 * order.
 */
export const dependencies: Rule = (workspace) =>
  workspace.packages.flatMap((each) => [
    ...undeclared(each),
    ...unused(each),
    ...references(each, workspace),
  ]);

function undeclared(each: Package): string[] {
  const { dependencies, peerDependencies, devDependencies } = each.manifest;
  return each.sources.flatMap((file) => {
    const declared = new Set(Object.keys({ ...dependencies, ...peerDependencies }));
    if (file.isTest) for (const name of Object.keys(devDependencies ?? {})) declared.add(name);
    return importsOf(file)
      .map(packageOf)
      .filter((name) => name !== undefined && name !== each.name && !declared.has(name))
      .map((name) => `${file.path} imports ${name}, which ${each.name} does not declare`);
  });
}

function unused(each: Package): string[] {
  const imported = new Set(each.sources.flatMap(importsOf).map(packageOf));
  const { dependencies, devDependencies } = each.manifest;
  return Object.keys({ ...dependencies, ...devDependencies })
    .filter((name) => !imported.has(name) && !isPluginOf(each, name))
    .map((name) => `${each.directory}/package.json declares ${name}, which nothing there imports`);
}

/** The server lists the plugins of its bundled set without importing them. */
function isPluginOf(each: Package, name: string): boolean {
  return each.name === '@nereid/server' && name.startsWith('@nereid/');
}

function references(each: Package, { root, packages }: Workspace): string[] {
  const { dependencies, peerDependencies, devDependencies } = each.manifest;
  const wanted = Object.keys({ ...dependencies, ...peerDependencies, ...devDependencies })
    .flatMap((name) => packages.find((other) => other.name === name) ?? [])
    .map((other) => relative(each.directory, other.directory));
  const tsconfig = join(root, each.directory, 'tsconfig.json');
  if (!existsSync(tsconfig)) return [`${each.directory} has no tsconfig.json`];
  const config = JSON.parse(readFileSync(tsconfig, 'utf8')) as {
    readonly references?: readonly { readonly path: string }[];
  };
  const present = new Set(config.references?.map(({ path }) => path));
  return wanted
    .filter((path) => !present.has(path))
    .map((path) => `${each.directory}/tsconfig.json lacks a reference to ${path}`);
}
