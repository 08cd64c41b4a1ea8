import { basename, dirname, join, normalize } from 'node:path';
import {
  importsOf,
  type Package,
  type Rule,
  type SourceFile,
  withoutComments,
} from './workspace.js';

const EXPORT =
  /^export (?:async )?(?:abstract )?(?:function\*?|class|const|let|interface|type) (\w+)/gm;
const RE_EXPORTS_ONLY = /^(\s*export (type )?\{[^}]*\} from '[^']+';)*\s*(export \{\};)?\s*$/;

/**
 * index.ts only re-exports, by name; default exports are for plugins; nothing is exported in vain.
 */
export const exportsRule: Rule = ({ packages }) =>
  packages.flatMap((each) => [
    ...each.sources.flatMap((file) => checkIndex(file, each)),
    ...each.sources.flatMap((file) => checkDefault(file, each)),
    ...deadExports(each),
  ]);

function checkIndex(file: SourceFile, each: Package): string[] {
  if (basename(file.path) !== 'index.ts' || isPluginModule(file, each)) return [];
  return RE_EXPORTS_ONLY.test(withoutComments(file.text))
    ? []
    : [`${file.path}: an index.ts re-exports by name and does nothing else`];
}

function checkDefault(file: SourceFile, each: Package): string[] {
  if (file.isTest || !/^export default /m.test(file.text) || isPluginModule(file, each)) return [];
  return [`${file.path} has a default export, which only a plugin's module has`];
}

function isPluginModule(file: SourceFile, { directory, manifest }: Package): boolean {
  const modules = Object.values(manifest.nereid ?? {}).flatMap((value) =>
    typeof value === 'object' && value !== null ? Object.values(value) : [],
  );
  return modules.some((path) => {
    const source = String(path).replace('./dist/', './src/').replace(/\.js$/, '.ts');
    return normalize(join(directory, source)) === file.path;
  });
}

function deadExports(each: Package): string[] {
  return each.sources.flatMap((file) => {
    if (file.isTest || basename(file.path) === 'index.ts') return [];
    const users = each.sources.filter((other) => importsFile(other, file));
    return [...file.text.matchAll(EXPORT)]
      .flatMap((match) => match[1] ?? [])
      .filter((name) => !isPartOfSignature(name, file))
      .filter((name) => !users.some(({ text }) => new RegExp(`\\b${name}\\b`).test(text)))
      .map((name) => `${file.path} exports ${name}, which nothing imports`);
  });
}

/** A type that an exported function or class takes is exported with it, used elsewhere or not. */
function isPartOfSignature(name: string, { text }: SourceFile): boolean {
  if (!new RegExp(`^export (interface|type) ${name}\\b`, 'm').test(text)) return false;
  return [...text.matchAll(new RegExp(`\\b${name}\\b`, 'g'))].length > 1;
}

function importsFile(user: SourceFile, file: SourceFile): boolean {
  return importsOf(user).some((specifier) => {
    if (!specifier.startsWith('.')) return false;
    return join(dirname(user.path), specifier).replace(/\.js$/, '.ts') === file.path;
  });
}
