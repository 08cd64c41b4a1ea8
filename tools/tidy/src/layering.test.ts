import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layering } from './layering.js';
import type { Package } from './workspace.js';

/** In two parts, so that it is no import of this file. */
const DYNAMIC_IMPORT = ['await import(', "'@nereid/scheduler-dynamic')"].join('');

test('allows an import that points down', () => {
  const packages = [
    makePackage('engine', "import { x } from '@nereid/core';"),
    makePackage('core'),
  ];
  assert.deepEqual(layering({ root: '', packages }), []);
});

test('refuses an import that points up', () => {
  const packages = [
    makePackage('core', "import { x } from '@nereid/engine';"),
    makePackage('engine'),
  ];
  assert.match(layering({ root: '', packages })[0] ?? '', /layer 0 may import lower layers only/);
});

test('refuses an import between siblings', () => {
  const packages = [
    makePackage('model-config', "export { x } from '@nereid/protocol';"),
    makePackage('protocol'),
  ];
  assert.equal(layering({ root: '', packages }).length, 1);
});

test('refuses an import of a plugin, also a dynamic one', () => {
  const plugin = { ...makePackage('scheduler-dynamic'), manifest: { name: '', nereid: {} } };
  const packages = [makePackage('engine', DYNAMIC_IMPORT), plugin];
  assert.match(layering({ root: '', packages })[0] ?? '', /nothing imports a plugin/);
});

test('refuses an import past an index', () => {
  const packages = [
    makePackage('engine', "import { x } from '@nereid/core/dist/tensor.js';"),
    makePackage('core'),
  ];
  assert.match(layering({ root: '', packages })[0] ?? '', /past the index/);
});

test('lets only tests use the testing package', () => {
  const text = "import { FakeClock } from '@nereid/testing';";
  const testing = makePackage('testing');
  assert.equal(layering({ root: '', packages: [makePackage('engine', text), testing] }).length, 1);
  const tested = makePackage('engine', text, true);
  assert.deepEqual(layering({ root: '', packages: [tested, testing] }), []);
});

function makePackage(name: string, text = '', isTest = false): Package {
  return {
    name: `@nereid/${name}`,
    directory: `packages/${name}`,
    manifest: { name: `@nereid/${name}` },
    sources: [{ path: `packages/${name}/src/a.ts`, text, isTest }],
  };
}
