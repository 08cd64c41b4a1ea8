/** The `nereid` field of a plugin's package.json. */

export const PLUGIN_API_VERSION = 1;

export const PLUGIN_KINDS = [
  'backends',
  'schedulers',
  'repoAgents',
  'caches',
  'stores',
  'frontends',
  'traceExporters',
  'commands',
] as const;

export type PluginKind = (typeof PLUGIN_KINDS)[number];

/** One thing a package teaches the server. */
export interface PluginEntry {
  readonly kind: PluginKind;
  /** The name that configurations use, such as a backend's. */
  readonly name: string;
  readonly packageName: string;
  readonly packageVersion: string;
  /** Absolute. */
  readonly packageDirectory: string;
  /** The module to import, relative to the package; its default export is the plugin. */
  readonly modulePath: string;
  /** Of a backend that another one runs from this folder, with the other's settings. */
  readonly script?: { readonly backend: string; readonly folder: string };
}

/** Thrown at start-up; the message names the packages and the remedy. */
export class PluginError extends Error {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'PluginError';
  }
}

/**
 * Reads the plugins out of a parsed package.json; none when it has no `nereid` field.
 * Throws a PluginError for a field that is not as documented.
 */
export function parseManifest(packageJson: unknown, packageDirectory: string): PluginEntry[] {
  if (!isRecord(packageJson) || packageJson['nereid'] === undefined) return [];
  const packageName = stringOr(packageJson['name'], packageDirectory);
  const manifest = packageJson['nereid'];
  if (!isRecord(manifest)) throw new PluginError(`${packageName}: "nereid" must be an object`);
  checkApiVersion(manifest['apiVersion'], packageName);
  const packageVersion = stringOr(packageJson['version'], '0.0.0');
  const origin = { packageName, packageVersion, packageDirectory };
  return Object.entries(manifest)
    .filter(([key]) => key !== 'apiVersion')
    .flatMap(([kind, modules]) => parseKind(kind, modules, origin));
}

type Origin = Pick<PluginEntry, 'packageName' | 'packageVersion' | 'packageDirectory'>;

function parseKind(kind: string, modules: unknown, origin: Origin): PluginEntry[] {
  const { packageName } = origin;
  if (!isPluginKind(kind)) {
    throw new PluginError(
      `${packageName}: "nereid.${kind}" is not a kind of plugin; ` +
        `expected one of ${PLUGIN_KINDS.join(', ')}`,
    );
  }
  if (!isRecord(modules)) {
    throw new PluginError(`${packageName}: "nereid.${kind}" must map names to module paths`);
  }
  return Object.entries(modules).map(([name, modulePath]) => {
    if (typeof modulePath !== 'string' || !modulePath.startsWith('./')) {
      throw new PluginError(
        `${packageName}: "nereid.${kind}.${name}" must be a path that starts with "./"`,
      );
    }
    return { kind, name, modulePath, ...origin };
  });
}

function checkApiVersion(apiVersion: unknown, packageName: string): void {
  if (apiVersion === PLUGIN_API_VERSION) return;
  throw new PluginError(
    `${packageName} is written for plugin API version ${String(apiVersion)}, this server has ` +
      `version ${PLUGIN_API_VERSION}; install a version of ${packageName} that matches the server`,
  );
}

function isPluginKind(kind: string): kind is PluginKind {
  return (PLUGIN_KINDS as readonly string[]).includes(kind);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function stringOr(value: unknown, fallback: string): string {
  return typeof value === 'string' ? value : fallback;
}
