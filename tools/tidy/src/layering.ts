import { importsOf, type Package, packageOf, type Rule } from './workspace.js';

/** A package may import packages of a lower layer, but for the front ends, which see only some. */
const LAYERS: Readonly<Record<string, number>> = {
  '@nereid/core': 0,
  '@nereid/mapped-memory': 0.5,
  '@nereid/model-config': 1,
  '@nereid/protocol': 1,
  '@nereid/observability': 1,
  '@nereid/backend-kit': 1,
  '@nereid/scheduler-kit': 1,
  '@nereid/frontend-threads': 1,
  '@nereid/grpc-transport': 1,
  '@nereid/http-transport': 1,
  '@nereid/repoagent-kit': 1,
  '@nereid/store-kit': 1,
  '@nereid/shared-memory': 1,
  '@nereid/model-repository': 2,
  '@nereid/engine': 3,
  '@nereid/http-frontend': 4,
  '@nereid/grpc-frontend': 4,
  '@nereid/server': 5,
};

const PLUGIN_LAYER = 4;
const HIGHEST_LAYER_FOR_PLUGINS = 1;

/** Imports point down only; siblings do not import each other; nothing imports a plugin. */
export const layering: Rule = ({ packages }) => {
  const byName = new Map(packages.map((each) => [each.name, each]));
  return packages.flatMap((from) =>
    from.sources.flatMap((file) =>
      importsOf(file).flatMap((specifier) => {
        const to = byName.get(packageOf(specifier) ?? '');
        if (!to || to === from) return [];
        if (specifier !== to.name) return [`${file.path} imports past the index of ${to.name}`];
        const reason = whyForbidden(from, to, file.isTest);
        return reason ? [`${file.path} imports ${to.name}: ${reason}`] : [];
      }),
    ),
  );
};

function whyForbidden(from: Package, to: Package, isTest: boolean): string | undefined {
  if (to.name === '@nereid/testing') {
    return isTest || from.name === to.name ? undefined : 'only tests may use it';
  }
  if (isTool(from))
    return isTool(to) || layerOf(to) <= 1 ? undefined : 'a tool sees layers 0 and 1';
  if (from.name === '@nereid/testing')
    return layerOf(to) === 0 ? undefined : 'it may see core only';
  if (isTool(to)) return from.name === '@nereid/server' ? undefined : 'nothing imports a tool';
  if (isPlugin(to)) return 'nothing imports a plugin; it is found by its manifest';
  if (isPlugin(from)) {
    return layerOf(to) <= HIGHEST_LAYER_FOR_PLUGINS ? undefined : 'a plugin sees layers 0 and 1';
  }
  if (layerOf(to) < layerOf(from)) return undefined;
  return `layer ${layerOf(from)} may import lower layers only, and that is layer ${layerOf(to)}`;
}

function layerOf({ name }: Package): number {
  return LAYERS[name] ?? PLUGIN_LAYER;
}

function isPlugin({ manifest }: Package): boolean {
  return manifest.nereid !== undefined;
}

function isTool({ directory }: Package): boolean {
  return directory.startsWith('tools/');
}
