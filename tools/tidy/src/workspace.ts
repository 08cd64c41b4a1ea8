import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export interface SourceFile {
  /** Relative to the root. */
  readonly path: string;
  readonly text: string;
  readonly isTest: boolean;
}

export interface Package {
  readonly name: string;
  /** Relative to the root, such as `packages/core`. */
  readonly directory: string;
  readonly manifest: PackageJson;
  readonly sources: readonly SourceFile[];
}

interface PackageJson {
  readonly name: string;
  readonly private?: boolean;
  readonly license?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly nereid?: Readonly<Record<string, unknown>>;
}

export interface Workspace {
  readonly root: string;
  readonly packages: readonly Package[];
}

/** A rule looks at the whole workspace and says what is wrong, a sentence each. */
export type Rule = (workspace: Workspace) => readonly string[];

const PACKAGE_FOLDERS = ['packages', 'backends', 'repoagents', 'tools'] as const;

export function readWorkspace(root: string): Workspace {
  const packages = PACKAGE_FOLDERS.filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name)))
    .filter((directory) => existsSync(join(root, directory, 'package.json')))
    .map((directory) => readPackage(root, directory));
  return { root, packages };
}

function readPackage(root: string, directory: string): Package {
  const text = readFileSync(join(root, directory, 'package.json'), 'utf8');
  const manifest = JSON.parse(text) as PackageJson;
  return { name: manifest.name, directory, manifest, sources: readSources(root, directory) };
}

/** What is in `src`, and scripts beside it that build or install the package. */
function readSources(root: string, directory: string): SourceFile[] {
  const folder = join(root, directory, 'src');
  const inFolder = existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts') && !isForeign(name))
        .map((name) => join('src', name))
    : [];
  const scripts = readdirSync(join(root, directory)).filter((name) => name.endsWith('.mjs'));
  return [...inFolder, ...scripts].map((name) => ({
    path: join(directory, name),
    text: readFileSync(join(root, directory, name), 'utf8'),
    isTest: isTestFile(basename(name)),
  }));
}

/** Generated code and test data do not follow the rules of written code. */
function isForeign(name: string): boolean {
  return /(^|\/)(generated|fixtures)\//.test(name);
}

function isTestFile(name: string): boolean {
  return /\.test\.ts$|^describe-|-test-kit\.ts$/.test(name);
}

const STATIC_IMPORT = /^(?:import|export)\b(?:[^'"\n;]|\n(?!import|export))*?\bfrom '([^'\n]+)'/gm;
const BARE_IMPORT = /^import '([^'\n]+)'/gm;
const DYNAMIC_IMPORT = /\bimport\(\s*'([@\w./-]+)'/g;

/** The specifiers a file imports or re-exports from. */
export function importsOf(file: SourceFile): string[] {
  const text = withoutComments(file.text);
  return [STATIC_IMPORT, BARE_IMPORT, DYNAMIC_IMPORT].flatMap((pattern) =>
    [...text.matchAll(pattern)].flatMap((match) => match[1] ?? []),
  );
}

/** The package a specifier belongs to; undefined for a relative path and for Node's own modules. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('node:')) return undefined;
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0];
}

export function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '$1');
}
