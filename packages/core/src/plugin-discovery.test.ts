import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { discoverPlugins } from './plugin-discovery.js';

let root = '';
let sequence = 0;
let application = '';

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'nereid-discovery-'));
});
after(() => rm(root, { recursive: true }));
beforeEach(() => {
  sequence += 1;
  application = join(root, `application-${sequence}`);
});

const backend = (name: string) => ({
  name,
  version: '1.2.3',
  nereid: { apiVersion: 1, backends: { echo: './index.js' } },
});

test('finds the plugins among the direct dependencies of a package', async () => {
  await writePackage(application, { dependencies: { 'echo-backend': '*', 'not-a-plugin': '*' } });
  await writePackage(join(application, 'node_modules', 'echo-backend'), backend('echo-backend'));
  await writePackage(join(application, 'node_modules', 'not-a-plugin'), { name: 'not-a-plugin' });
  await writePackage(join(application, 'node_modules', 'indirect'), backend('indirect'));

  const catalog = await discover();
  const found = catalog.list('backends');
  assert.deepEqual(
    found.map(({ name, packageName, packageVersion }) => [name, packageName, packageVersion]),
    [['echo', 'echo-backend', '1.2.3']],
  );
});

test('finds a dependency that is hoisted to a folder above', async () => {
  const inner = join(application, 'packages', 'inner');
  await writePackage(inner, { dependencies: { 'echo-backend': '*' } });
  await writePackage(join(application, 'node_modules', 'echo-backend'), backend('echo-backend'));
  const catalog = await discoverPlugins({ packages: [inner], pluginDirectories: [] });
  assert.equal(catalog.find('backends', 'echo')?.packageName, 'echo-backend');
});

test('finds every package in a plugin directory, also through a link', async () => {
  const directory = join(application, 'plugins');
  await writePackage(join(application, 'elsewhere'), backend('linked'));
  await mkdir(directory, { recursive: true });
  await symlink(join(application, 'elsewhere'), join(directory, 'linked'));
  const catalog = await discoverPlugins({ packages: [], pluginDirectories: [directory] });
  assert.equal(catalog.find('backends', 'echo')?.packageName, 'linked');
});

test('takes one package reached by two ways once', async () => {
  await writePackage(application, { dependencies: { 'echo-backend': '*' } });
  await writePackage(join(application, 'node_modules', 'echo-backend'), backend('echo-backend'));
  const catalog = await discoverPlugins({
    packages: [application, application],
    pluginDirectories: [join(application, 'node_modules')],
  });
  assert.equal(catalog.list('backends').length, 1);
});

test('treats a missing plugin directory as an empty one', async () => {
  const catalog = await discoverPlugins({
    packages: [],
    pluginDirectories: [join(root, 'no-such-folder')],
  });
  assert.deepEqual(catalog.list('backends'), []);
});

test('refuses two packages that offer one name, and names both', async () => {
  await writePackage(application, { dependencies: { one: '*', two: '*' } });
  await writePackage(join(application, 'node_modules', 'one'), backend('one'));
  await writePackage(join(application, 'node_modules', 'two'), backend('two'));
  await assert.rejects(discover(), /one@1\.2\.3.*two@1\.2\.3.*offer echo.*remove one of them/);
});

test('refuses another version of the plugin API, and says what to do', async () => {
  await writePackage(application, { name: 'old', nereid: { apiVersion: 7, backends: {} } });
  await assert.rejects(discover(), /old is written for plugin API version 7.*install a version/);
});

test('refuses an unknown kind of plugin', async () => {
  await writePackage(application, { name: 'odd', nereid: { apiVersion: 1, widgets: {} } });
  await assert.rejects(discover(), /"nereid\.widgets" is not a kind of plugin/);
});

test('names a package.json that is not JSON', async () => {
  await mkdir(application, { recursive: true });
  await writeFile(join(application, 'package.json'), '{');
  await assert.rejects(discover(), /package\.json is not valid JSON/);
});

test('imports a plugin at its first use, once', async () => {
  await writePackage(application, backend('application'));
  await writeFile(
    join(application, 'index.js'),
    'globalThis.imports = (globalThis.imports ?? 0) + 1; export default { createBackend() {} };',
  );
  const catalog = await discover();
  assert.equal(Reflect.get(globalThis, 'imports'), undefined);
  const first = await catalog.activate('backends', 'echo');
  assert.equal(await catalog.activate('backends', 'echo'), first);
  assert.equal(Reflect.get(globalThis, 'imports'), 1);
});

test('says which function a module lacks', async () => {
  await writePackage(application, backend('application'));
  await writeFile(join(application, 'index.js'), 'export const createBackend = 1;');
  const catalog = await discover();
  await assert.rejects(
    catalog.activate('backends', 'echo'),
    /must export an object with createBackend by default/,
  );
});

test('says why a module cannot be imported', async () => {
  await writePackage(application, backend('application'));
  await writeFile(join(application, 'index.js'), 'throw new Error("no luck");');
  const catalog = await discover();
  await assert.rejects(catalog.activate('backends', 'echo'), /cannot be imported.*no luck/);
});

function discover() {
  return discoverPlugins({ packages: [application], pluginDirectories: [] });
}

async function writePackage(directory: string, manifest: object): Promise<void> {
  await mkdir(directory, { recursive: true });
  const text = JSON.stringify({ type: 'module', ...manifest });
  await writeFile(join(directory, 'package.json'), text);
}
