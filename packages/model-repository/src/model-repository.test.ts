import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import {
  InferError,
  type LoadOptions,
  type ModelConfig,
  type ModelReference,
  type ModelSource,
  type RepoAgent,
} from '@nereid/core';
import { CollectingLogger, FakeClock } from '@nereid/testing';
import { FileSystemStore } from './file-system-store.js';
import { ModelRepository } from './model-repository.js';
import type { RepositoryOptions } from './repository-options.js';
import type { LoadedVersion, NamespacedSource, VersionLoader } from './version-loader.js';

/** A promise that the test settles. */
class Gate {
  readonly passed: Promise<void>;
  #open: () => void = () => {};

  constructor() {
    this.passed = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(): void {
    this.#open();
  }
}

class FakeVersion implements LoadedVersion {
  ready = true;
  stopped = false;
  readonly source: NamespacedSource;
  /** What the model's file said when it was loaded. */
  readonly text: string;
  readonly #gate: Gate | undefined;

  constructor(source: NamespacedSource, text: string, gate: Gate | undefined) {
    this.source = source;
    this.text = text;
    this.#gate = gate;
  }

  async stop(): Promise<void> {
    assert.equal(this.stopped, false, 'stop is called once');
    await this.#gate?.passed;
    this.stopped = true;
  }
}

/** Loads any model; its file says `fail` for one that does not load. */
class FakeLoader implements VersionLoader<FakeVersion> {
  readonly loads: string[] = [];
  readonly versions: FakeVersion[] = [];
  /** Loads and stops of a model wait for these. */
  readonly loadGates = new Map<string, Gate>();
  readonly stopGates = new Map<string, Gate>();
  /** How often a load fails before it succeeds. */
  flaws = 0;
  running = 0;
  mostRunning = 0;
  /** What became of versions whose instances changed: the counts of their groups. */
  readonly changes: string[] = [];

  async completeConfig(source: ModelSource): Promise<ModelConfig> {
    if (source.config.maxBatchSize === 13) throw new InferError('INVALID_ARG', 'unlucky size');
    return { ...source.config, runtime: 'completed' };
  }

  async dependencies(config: ModelConfig): Promise<readonly ModelReference[]> {
    const steps = config.ensembleScheduling?.step ?? [];
    return steps.map(({ modelName: name, modelVersion: version }) => ({ name, version }));
  }

  async changeInstances(loaded: FakeVersion, config: ModelConfig): Promise<boolean> {
    const counts = config.instanceGroup.map(({ count }) => count);
    if (counts.includes(13)) throw new InferError('INTERNAL', 'no room for instances');
    this.changes.push(`${loaded.source.name} ${counts.join()}`);
    return !counts.includes(12);
  }

  async load(source: NamespacedSource): Promise<FakeVersion> {
    const { name, version, versionDirectory } = source;
    this.loads.push(`${name}:${version}`);
    this.mostRunning = Math.max(this.mostRunning, ++this.running);
    try {
      await this.loadGates.get(name)?.passed;
      const text = await readFile(join(versionDirectory, 'model.py'), 'utf8').catch(() => '');
      if (text === 'fail') throw new InferError('INTERNAL', `cannot load ${name}`);
      if (this.flaws-- > 0) throw new InferError('INTERNAL', 'flaw');
      const loaded = new FakeVersion(source, text, this.stopGates.get(name));
      this.versions.push(loaded);
      return loaded;
    } finally {
      this.running--;
    }
  }
}

const CONFIG = 'backend: "python"';
/** What is waited for takes reads of files: turns of the event loop say nothing of their time. */
const UNTIL_LIMIT_MS = 30_000;

let root: string;
let loader: FakeLoader;
let logger: CollectingLogger;
let clock: FakeClock;
let repository: ModelRepository<FakeVersion>;
let agents: Map<string, RepoAgent>;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'nereid-repository-'));
  await mkdir(join(root, 'models'));
  await mkdir(join(root, 'temporary'));
  loader = new FakeLoader();
  logger = new CollectingLogger();
  clock = new FakeClock();
  agents = new Map();
});

afterEach(async () => {
  for (const gate of [...loader.loadGates.values(), ...loader.stopGates.values()]) gate.open();
  await repository.stop();
  await rm(root, { recursive: true, force: true });
});

async function put(path: string, content = ''): Promise<void> {
  const file = join(root, 'models', path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
}

/** A model with one version whose file says `text`. */
async function putModel(name: string, text = 'first'): Promise<void> {
  await put(`${name}/config.pbtxt`, CONFIG);
  await put(`${name}/1/model.py`, text);
}

async function putEnsemble(name: string, ...members: readonly string[]): Promise<void> {
  const steps = members.map((member) => {
    const [model, version = '-1'] = member.split(':');
    return `step { model_name: "${model}" model_version: ${version} }`;
  });
  const text = `platform: "ensemble" ensemble_scheduling { ${steps.join(' ')} }`;
  await put(`${name}/config.pbtxt`, text);
  await mkdir(join(root, 'models', name, '1'), { recursive: true });
}

async function start(change: Partial<RepositoryOptions> = {}): Promise<void> {
  const options: RepositoryOptions = {
    stores: [new FileSystemStore(join(root, 'models'))],
    controlMode: 'explicit',
    startupModels: [],
    autoComplete: true,
    configName: undefined,
    loadThreadCount: 4,
    loadRetryCount: 0,
    pollSeconds: 15,
    temporaryDirectory: join(root, 'temporary'),
    clock,
    logger,
    async repoAgent(name) {
      const agent = agents.get(name);
      if (!agent) throw new InferError('INVALID_ARG', `no agent ${name}`);
      return agent;
    },
    ...change,
  };
  repository = new ModelRepository(options, loader);
  await repository.start();
}

const load = (name: string, options: LoadOptions = {}) => repository.load(name, options);

const unload = (name: string, unloadDependents = false) =>
  repository.unload(name, { unloadDependents });

/** The index as `name version state reason`, empty parts left out. */
async function index(readyOnly = false): Promise<readonly string[]> {
  const entries = await repository.index(readyOnly);
  return entries.map(({ name, version, state, reason }) =>
    [name, version, state, reason].filter((part) => part !== undefined && part !== '').join(' '),
  );
}

const textOf = (name: string, version?: number) => repository.find(name, version).text;

const states = async (name: string) =>
  (await index())
    .filter((line) => line.split(' ')[0] === name)
    .map((line) => line.slice(name.length + 1));

/** Waits for what happens in the background. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + UNTIL_LIMIT_MS;
  while (!(await condition())) {
    if (performance.now() > deadlineMs) assert.fail('the condition did not come true');
    await setImmediate();
  }
}

/** Lets the poller look once. */
async function poll(): Promise<void> {
  clock.advanceUs(15e6);
  await until(() => clock.scheduledCount === 1);
}

describe('starting a repository', () => {
  it('loads every model in mode none and refuses to load or unload more', async () => {
    await putModel('b');
    await putModel('a');
    await start({ controlMode: 'none', startupModels: ['ignored'] });
    assert.deepEqual(await index(), ['a 1 READY', 'b 1 READY']);
    assert.equal(repository.allReady, true);
    const refusal = {
      code: 'UNAVAILABLE',
      message: 'explicit model load / unload is not allowed if polling is enabled',
    };
    await assert.rejects(load('a'), refusal);
    await assert.rejects(unload('a'), refusal);
  });

  it('loads what is named in explicit mode, and shows the others by name alone', async () => {
    for (const name of ['a', 'b', 'c']) await putModel(name);
    await start({ startupModels: ['b', 'b'] });
    assert.deepEqual(await index(), ['a', 'b 1 READY', 'c']);
    assert.deepEqual(loader.loads, ['b:1']);
    assert.deepEqual(await index(true), ['b 1 READY']);
    assert.deepEqual(repository.readyModels(), ['b']);
  });

  it('takes * for every model', async () => {
    await putModel('a');
    await putModel('b');
    await start({ startupModels: ['*'] });
    assert.deepEqual(repository.readyModels(), ['a', 'b']);
  });

  it('fails when a repository is not there, and names it', async () => {
    const stores = [new FileSystemStore(join(root, 'missing'))];
    await assert.rejects(start({ stores }), /model repository '.*missing' cannot be read/);
  });

  it('serves the good models and tells which ones failed', async () => {
    await putModel('good');
    await putModel('bad', 'fail');
    await put('broken/config.pbtxt', 'frob: 3');
    await put('renamed/config.pbtxt', 'name: "other"');
    await start({ controlMode: 'none' });
    assert.equal(textOf('good'), 'first');
    assert.equal(repository.allReady, false);
    assert.deepEqual(
      repository.failures.map(({ name }) => name),
      ['bad', 'broken', 'renamed'],
    );
    assert.match(
      repository.failures[2]?.reason ?? '',
      /^unexpected directory name 'renamed' for model 'other', directory name must equal model/,
    );
    assert.match(logger.messages('error').join('\n'), /failed to load 'broken': .*frob/);
    assert.deepEqual(await index(), [
      'bad 1 UNAVAILABLE Internal: cannot load bad',
      'broken',
      'good 1 READY',
      'renamed',
    ]);
  });

  it('reports a start-up model that is nowhere', async () => {
    await start({ startupModels: ['nope'] });
    assert.equal(repository.allReady, false);
    assert.deepEqual(repository.failures, [
      { name: 'nope', reason: 'model not found in any model repository' },
    ]);
  });

  it('serves none of two models with the same name', async () => {
    await putModel('m');
    await putModel('single');
    const second = join(root, 'second');
    await mkdir(join(second, 'm', '1'), { recursive: true });
    const stores = [join(root, 'models'), second].map((path) => new FileSystemStore(path));
    await start({ stores, startupModels: ['*'] });
    assert.deepEqual(await index(), [
      'm UNAVAILABLE model appears in two or more repositories',
      'single 1 READY',
    ]);
    await assert.rejects(load('m'), {
      code: 'INTERNAL',
      message:
        "failed to load 'm', failed to poll from model repository: " +
        'model appears in two or more repositories',
    });
  });

  it('loads no more versions at a time than allowed', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await putModel(name);
    await start({ controlMode: 'none', loadThreadCount: 2 });
    assert.equal(loader.mostRunning, 2);
    assert.equal(repository.readyModels().length, 5);
  });

  it('tries a failed load again as often as allowed', async () => {
    await putModel('m');
    loader.flaws = 2;
    await start({ controlMode: 'none', loadRetryCount: 2 });
    assert.equal(textOf('m'), 'first');
    assert.equal(loader.loads.length, 3);
  });
});

describe('reading a configuration', () => {
  const configOf = (name: string) => repository.find(name, undefined).source.config;

  it('prefers the configuration of the given name, then text, then JSON', async () => {
    await put('m/configs/gpu.pbtxt', `${CONFIG} max_batch_size: 3`);
    await put('m/config.pbtxt', `${CONFIG} max_batch_size: 2`);
    await put('m/config.json', '{"backend": "python", "max_batch_size": 1}');
    await put('m/1/model.py');
    await start({ configName: 'gpu' });
    const sizes: number[] = [];
    for (const file of ['configs/gpu.pbtxt', 'config.pbtxt', 'config.json', undefined]) {
      await load('m');
      sizes.push(configOf('m').maxBatchSize);
      if (file) await rm(join(root, 'models/m', file));
    }
    assert.deepEqual(sizes, [3, 2, 1, 0]);
    assert.equal(configOf('m').name, 'm');
    assert.equal(configOf('m').runtime, 'completed');
  });

  it('names the file that is missing when configurations are not completed', async () => {
    await put('m/1/model.py');
    await start({ autoComplete: false });
    await assert.rejects(load('m'), {
      code: 'INTERNAL',
      message: /^failed to load 'm', failed to poll from model repository: .*m\/config\.pbtxt/,
    });
  });
});

describe('loading a model', () => {
  it('answers in the words of a poll that failed', async () => {
    await start();
    const poll = "failed to load 'nope', failed to poll from model repository";
    await assert.rejects(load('nope'), {
      code: 'INTERNAL',
      message: `${poll}: model not found in any model repository`,
    });
    await assert.rejects(load('nope', { config: '{bad' }), { code: 'INTERNAL' });
    assert.throws(() => repository.find('nope', undefined), {
      code: 'NOT_FOUND',
      message: "Request for unknown model: 'nope' is not found",
    });
    assert.equal(repository.allReady, true);
  });

  it('answers in the words of a load that failed, with every version', async () => {
    await put('m/config.pbtxt', `${CONFIG} version_policy { all {} }`);
    await put('m/1/model.py', 'fail');
    await put('m/2/model.py', 'fail');
    await start();
    await assert.rejects(load('m'), {
      code: 'INVALID_ARG',
      message:
        "load failed for model 'm': version 1 is at UNAVAILABLE state: Internal: cannot load m;" +
        'version 2 is at UNAVAILABLE state: Internal: cannot load m;\n',
    });
    assert.equal(repository.allReady, false);
    assert.throws(() => repository.find('m', undefined), {
      code: 'NOT_FOUND',
      message: "Request for unknown model: 'm' has no available versions",
    });
    assert.throws(() => repository.find('m', 2), {
      code: 'UNAVAILABLE',
      message: "Request for unknown model: 'm' version 2 is not at ready state",
    });
  });

  it('blames every version when the configuration cannot be completed', async () => {
    await put('m/config.pbtxt', `${CONFIG} max_batch_size: 13`);
    await put('m/1/model.py');
    await start();
    await assert.rejects(load('m'), {
      code: 'INVALID_ARG',
      message:
        "load failed for model 'm': version 1 is at UNAVAILABLE state: " +
        'Invalid argument: unlucky size;\n',
    });
  });

  it('serves no version when one of a first load fails', async () => {
    await put('m/config.pbtxt', `${CONFIG} version_policy { all {} }`);
    await put('m/1/model.py', 'good');
    await put('m/2/model.py', 'fail');
    await start();
    await assert.rejects(load('m'), /version 2 is at UNAVAILABLE/);
    await until(() => loader.versions[0]?.stopped === true);
    assert.deepEqual(await states('m'), [
      '1 UNAVAILABLE unloaded',
      '2 UNAVAILABLE Internal: cannot load m',
    ]);
  });

  it('needs a version that the policy allows', async () => {
    await put('m/config.pbtxt', `${CONFIG} version_policy { specific { versions: [9] } }`);
    await put('m/1/model.py');
    await start();
    await assert.rejects(load('m'), {
      code: 'INVALID_ARG',
      message:
        "load failed for model 'm': " +
        "at least one version must be available under the version policy of model 'm'\n",
    });
    assert.match(logger.messages('error').join('\n'), /version 9 is specified for model 'm'/);
  });

  it('serves the highest version unless one is named', async () => {
    await put('m/config.pbtxt', `${CONFIG} version_policy { specific { versions: [2, 10] } }`);
    for (const version of [1, 2, 10]) await put(`m/${version}/model.py`, `v${version}`);
    await start({ startupModels: ['m'] });
    assert.equal(textOf('m'), 'v10');
    assert.equal(textOf('m', 2), 'v2');
    assert.deepEqual(
      repository.readyVersions('m').map(({ version }) => version),
      [2, 10],
    );
    assert.deepEqual(repository.readyVersions('nope'), []);
    assert.throws(() => repository.find('m', 1), {
      code: 'NOT_FOUND',
      message: "Request for unknown model: 'm' version 1 is not found",
    });
  });

  it('does nothing when the model serves and did not change', async () => {
    await putModel('m');
    await start({ startupModels: ['m'] });
    await load('m');
    assert.deepEqual(loader.loads, ['m:1']);
  });

  it('shows a model that is loading', async () => {
    await putModel('m');
    loader.loadGates.set('m', new Gate());
    await start();
    const loading = load('m');
    await until(() => loader.loads.length === 1);
    assert.deepEqual(await states('m'), ['1 LOADING']);
    assert.equal(repository.allReady, false);
    assert.throws(() => repository.find('m', 1), /not at ready state/);
    loader.loadGates.get('m')?.open();
    await loading;
    assert.equal(repository.allReady, true);
  });

  it('tells the truth about a version that cannot serve at present', async () => {
    await putModel('m');
    await start({ startupModels: ['m'] });
    repository.find('m', undefined).ready = false;
    assert.equal(repository.allReady, false);
    assert.deepEqual(await states('m'), ['1 UNAVAILABLE cannot serve at present']);
    repository.find('m', undefined).ready = true;
    assert.equal(repository.allReady, true);
  });

  it('logs what was loaded and how long it took', async () => {
    await putModel('m');
    await start({ startupModels: ['m'] });
    const line = logger.lines.find(({ message }) => message === 'loaded: m:1');
    assert.deepEqual(line?.fields, { durationMs: 0 });
  });
});

describe('loading a changed model', () => {
  it('serves the old content until the new one can take over', async () => {
    await putModel('m');
    await start({ startupModels: ['m'] });
    const old = repository.find('m', undefined);
    await put('m/1/model.py', 'second version');
    loader.loadGates.set('m', new Gate());
    const loading = load('m');
    await until(() => loader.loads.length === 2);
    assert.equal(repository.find('m', 1), old);
    assert.deepEqual(await states('m'), ['1 READY']);
    loader.loadGates.get('m')?.open();
    await loading;
    assert.equal(textOf('m'), 'second version');
    await until(() => old.stopped);
  });

  it('goes on with the old content when the new one fails', async () => {
    await putModel('m');
    await start({ startupModels: ['m'] });
    await put('m/1/model.py', 'fail');
    await assert.rejects(load('m'), /cannot load m/);
    assert.equal(textOf('m'), 'first');
    assert.deepEqual(await index(), ['m 1 READY']);
    assert.equal(repository.allReady, true);
    await put('m/config.pbtxt', 'nonsense');
    await assert.rejects(load('m'), /failed to poll/);
    assert.equal(loader.versions[0]?.stopped, false);
    await putModel('m', 'mended');
    await load('m');
    assert.equal(textOf('m'), 'mended');
  });

  it('loads and unloads only what a new version policy changes', async () => {
    await put('m/config.pbtxt', `${CONFIG} version_policy { specific { versions: [1, 2] } }`);
    for (const version of [1, 2, 3]) await put(`m/${version}/model.py`, `v${version}`);
    await start({ startupModels: ['m'] });
    const kept = repository.find('m', 2);
    await put('m/config.pbtxt', `${CONFIG} version_policy { latest { num_versions: 2 } }`);
    await load('m');
    assert.equal(repository.find('m', 2), kept);
    assert.deepEqual(loader.loads.toSorted(), ['m:1', 'm:2', 'm:3']);
    await until(async () => (await states('m'))[0] === '1 UNAVAILABLE unloaded');
    assert.deepEqual(await states('m'), ['1 UNAVAILABLE unloaded', '2 READY', '3 READY']);
    await unload('m');
    await until(() => loader.versions.every(({ stopped }) => stopped));
  });

  it('loads a version again when its files changed beside one that did not', async () => {
    await put('m/config.pbtxt', `${CONFIG} version_policy { all {} }`);
    await put('m/1/model.py', 'v1');
    await put('m/2/model.py', 'v2');
    await start({ startupModels: ['m'] });
    await put('m/2/model.py', 'v2 mended');
    await load('m');
    assert.deepEqual(loader.loads.toSorted(), ['m:1', 'm:2', 'm:2']);
    assert.equal(textOf('m', 2), 'v2 mended');
  });

  it('keeps a serving model whose folder was deleted, until it is unloaded', async () => {
    await putModel('m');
    await start({ startupModels: ['m'] });
    await rm(join(root, 'models/m'), { recursive: true });
    await assert.rejects(load('m'), /not found in any model repository/);
    assert.equal(textOf('m'), 'first');
    assert.deepEqual(await index(), []);
    await unload('m');
    assert.throws(() => textOf('m'), /has no available versions/);
  });
});

describe('unloading a model', () => {
  it('ends its service at once and frees it in the background', async () => {
    await putModel('m');
    loader.stopGates.set('m', new Gate());
    await start({ startupModels: ['m'] });
    await unload('m');
    assert.throws(() => repository.find('m', undefined), {
      code: 'NOT_FOUND',
      message: "Request for unknown model: 'm' has no available versions",
    });
    assert.deepEqual(await index(), ['m 1 UNLOADING']);
    assert.equal(repository.allReady, true);
    loader.stopGates.get('m')?.open();
    await until(async () => (await index())[0] === 'm 1 UNAVAILABLE unloaded');
    assert.equal(loader.versions[0]?.stopped, true);
  });

  it('accepts a model that is unknown, or not loaded', async () => {
    await putModel('m');
    await start();
    await unload('nope');
    await unload('m', true);
    assert.deepEqual(await index(), ['m']);
  });

  it('clears a failure', async () => {
    await putModel('m', 'fail');
    await start({ startupModels: ['m'] });
    assert.equal(repository.allReady, false);
    await unload('m');
    assert.equal(repository.allReady, true);
    assert.deepEqual(await index(), ['m 1 UNAVAILABLE unloaded']);
  });
});

describe('orders that overlap', () => {
  it('loads once when two ask for the same', async () => {
    await putModel('m');
    await start();
    await Promise.all([load('m'), load('m'), load('m')]);
    assert.deepEqual(loader.loads, ['m:1']);
  });

  it('unloads after the load that came before has ended', async () => {
    await putModel('m');
    loader.loadGates.set('m', new Gate());
    await start();
    const orders = [load('m'), unload('m')];
    await until(() => loader.loads.length === 1);
    loader.loadGates.get('m')?.open();
    await Promise.all(orders);
    assert.throws(() => textOf('m'), /has no available versions/);
    await until(() => loader.versions[0]?.stopped === true);
  });

  it('loads anew while the old content is still being freed', async () => {
    await putModel('m');
    loader.stopGates.set('m', new Gate());
    await start({ startupModels: ['m'] });
    await unload('m');
    await load('m');
    assert.deepEqual(await states('m'), ['1 READY']);
    assert.equal(loader.versions[0]?.stopped, false);
    loader.stopGates.get('m')?.open();
    await until(() => loader.versions[0]?.stopped === true);
    assert.deepEqual(await states('m'), ['1 READY']);
    assert.equal(loader.versions[1]?.stopped, false);
  });

  it('does not let a load that hangs hold up another model', async () => {
    await putModel('slow');
    await putModel('quick');
    loader.loadGates.set('slow', new Gate());
    await start();
    const slow = load('slow');
    await load('quick');
    assert.deepEqual(repository.readyModels(), ['quick']);
    loader.loadGates.get('slow')?.open();
    await slow;
  });

  it('ends in a state that the last orders explain, whatever the order', async () => {
    for (const name of ['a', 'b']) await putModel(name);
    await putEnsemble('e', 'a', 'b');
    await start();
    const orders: Promise<void>[] = [];
    for (let round = 0; round < 20; round++) {
      for (const name of ['e', 'a', 'b']) orders.push(load(name), unload(name, round % 2 === 0));
    }
    orders.push(load('e'));
    await Promise.all(orders);
    assert.deepEqual(repository.readyModels(), ['a', 'b', 'e']);
    await repository.stop();
    assert.ok(loader.versions.every(({ stopped }) => stopped));
  });
});

describe('models that need others', () => {
  it('are loaded after those', async () => {
    for (const name of ['a', 'b']) await putModel(name);
    await putEnsemble('inner', 'a', 'b');
    await putEnsemble('outer', 'inner', 'a');
    await start();
    await load('outer');
    assert.deepEqual(loader.loads.slice(0, 2).toSorted(), ['a:1', 'b:1']);
    assert.deepEqual(loader.loads.slice(2), ['inner:1', 'outer:1']);
  });

  it('load everything once at start-up, in any order', async () => {
    for (const name of ['m1', 'm2']) await putModel(name);
    await putEnsemble('a-first', 'm1', 'm2');
    await putEnsemble('z-last', 'm1', 'a-first');
    await start({ controlMode: 'none' });
    assert.deepEqual(loader.loads.toSorted(), ['a-first:1', 'm1:1', 'm2:1', 'z-last:1']);
  });

  it('find what they need gone, or come, while they waited for it', async () => {
    for (const name of ['m1', 'm2']) await putModel(name);
    await putEnsemble('inner', 'm1', 'm2');
    await putEnsemble('outer', 'inner', 'm1');
    await start({ startupModels: ['m1', 'm2'] });
    loader.loadGates.set('inner', new Gate());
    const inner = load('inner');
    await until(() => loader.loads.includes('inner:1'));
    // Both come to know of the models they share only after they have begun.
    const orders = [unload('m2'), load('outer')];
    loader.loadGates.get('inner')?.open();
    await Promise.all([inner, ...orders]);
    assert.deepEqual(repository.readyModels(), ['inner', 'm1', 'm2', 'outer']);
  });

  it('fail in words that name what is missing', async () => {
    await putModel('good');
    await putModel('bad', 'fail');
    await putEnsemble('lost', 'good', 'nosuch', 'neither');
    await putEnsemble('broken', 'good', 'bad');
    await putEnsemble('old', 'good:5');
    await start();
    const rejects = (name: string, message: string | RegExp) =>
      assert.rejects(load(name), { code: 'INVALID_ARG', message });
    await rejects(
      'lost',
      /ensemble lost contains models that are not available or ambiguous: nosuch, neither /,
    );
    await rejects(
      'broken',
      "load failed for model 'broken': ensemble 'broken' depends on 'bad' which has no loaded " +
        "version. Model 'bad' loading failed with error: version 1 is at UNAVAILABLE state: " +
        'Internal: cannot load bad;\n',
    );
    await rejects(
      'old',
      "load failed for model 'old': ensemble 'old' depends on 'good' whose required version 5 " +
        'is not loaded.\n',
    );
    assert.deepEqual(await states('broken'), ['']);
    assert.equal(loader.loads.filter((name) => name === 'bad:1').length, 1);
  });

  it('cannot go in circles', async () => {
    await putModel('good');
    await putEnsemble('c1', 'good', 'c2');
    await putEnsemble('c2', 'good', 'c1');
    await putEnsemble('self', 'self');
    await putEnsemble('onlooker', 'c1');
    await start();
    await assert.rejects(load('c1'), {
      code: 'INVALID_ARG',
      message:
        "load failed for model 'c1': " +
        'circular dependency between ensembles: c1 -> ... -> c2 -> c1\n',
    });
    await assert.rejects(load('self'), /circular dependency between ensembles: self -> /);
    await assert.rejects(load('onlooker'), /depends on 'c1' which has no loaded version/);
  });

  it('go when a model they need goes, and come back with it', async () => {
    for (const name of ['a', 'b']) await putModel(name);
    await putEnsemble('inner', 'a', 'b');
    await putEnsemble('outer', 'inner');
    await start({ startupModels: ['outer'] });
    await unload('a');
    assert.deepEqual(repository.readyModels(), ['b']);
    assert.throws(() => textOf('outer'), /has no available versions/);
    await until(async () => (await states('outer'))[0] === '1 UNAVAILABLE unloaded');
    assert.equal(repository.allReady, true);
    await load('a');
    assert.deepEqual(repository.readyModels(), ['a', 'b', 'inner', 'outer']);
  });

  it('stay away when they were unloaded themselves', async () => {
    await putModel('a');
    await putEnsemble('e', 'a');
    await start({ startupModels: ['e'] });
    await unload('a');
    await unload('e');
    await load('a');
    assert.deepEqual(repository.readyModels(), ['a']);
  });

  it('take along what was loaded for them only, when asked to', async () => {
    for (const name of ['wanted', 'shared', 'own', 'deep']) await putModel(name);
    await putEnsemble('inner', 'deep');
    await putEnsemble('e', 'wanted', 'shared', 'own', 'inner');
    await putEnsemble('other', 'shared');
    await start({ startupModels: ['wanted', 'other', 'e'] });
    assert.equal(repository.readyModels().length, 7);
    await unload('e', true);
    assert.deepEqual(repository.readyModels(), ['other', 'shared', 'wanted']);
  });

  it('leave what they need when not asked to', async () => {
    await putModel('a');
    await putEnsemble('e', 'a');
    await start({ startupModels: ['e'] });
    await unload('e');
    assert.deepEqual(repository.readyModels(), ['a']);
  });

  it('are loaded anew when a model they need changed', async () => {
    await putModel('a');
    await putEnsemble('e', 'a');
    await start({ startupModels: ['e'] });
    const old = repository.find('e', undefined);
    await put('a/1/model.py', 'changed');
    await load('a');
    assert.notEqual(repository.find('e', undefined), old);
    await until(() => old.stopped);
  });

  it('try again once the model that failed them is mended', async () => {
    await putModel('a', 'fail');
    await putEnsemble('e', 'a');
    await start({ startupModels: ['e', 'a'] });
    assert.deepEqual(
      repository.failures.map(({ name }) => name),
      ['a', 'e'],
    );
    await putModel('a', 'mended');
    await load('a');
    assert.deepEqual(repository.readyModels(), ['a', 'e']);
    assert.equal(repository.allReady, true);
  });
});

describe('overrides', () => {
  const config = '{"backend": "python", "max_batch_size": 2}';
  const file = (text: string) => new TextEncoder().encode(text);
  const sizeOf = (name: string) => repository.find(name, undefined).source.config.maxBatchSize;
  const temporaryFolders = () => readdir(join(root, 'temporary'));

  it('replace the configuration until the model is unloaded or its files change', async () => {
    await putModel('m');
    await start({ startupModels: ['m'] });
    await load('m', { config });
    assert.equal(sizeOf('m'), 2);
    // Recorded from Triton: a load without parameters finds the files unchanged and does nothing.
    await load('m');
    assert.equal(sizeOf('m'), 2);
    await unload('m');
    await load('m');
    assert.equal(sizeOf('m'), 0);
    await load('m', { config });
    await put('m/1/model.py', 'changed');
    await load('m');
    assert.equal(sizeOf('m'), 0);
    assert.equal(textOf('m'), 'changed');
  });

  it('are kept when a model that this one needs is loaded anew', async () => {
    await putModel('a');
    await putEnsemble('e', 'a');
    await start({ startupModels: ['e'] });
    const ensemble =
      '{"platform": "ensemble", "max_batch_size": 2,' +
      ' "ensemble_scheduling": {"step": [{"model_name": "a", "model_version": -1}]}}';
    await load('e', { config: ensemble });
    await put('a/1/model.py', 'changed');
    await load('a');
    assert.equal(sizeOf('e'), 2);
  });

  it('are refused with the reason when they are wrong', async () => {
    await putModel('m');
    await start({ startupModels: ['m'] });
    const poll = (reason: string) =>
      new RegExp(`^failed to load 'm', failed to poll from model repository: ${reason}`);
    const files = new Map([['1/model.py', file('x')]]);
    const rejects = (options: LoadOptions, reason: string) =>
      assert.rejects(load('m', options), { code: 'INTERNAL', message: poll(reason) });
    await rejects({ config: '{bad' }, 'Invalid config override: ');
    await rejects({ config: '' }, 'Invalid config override: ');
    await rejects({ config: '{"name": "other"}' }, "unexpected directory name 'm' for model");
    await rejects({ files }, "Load parameter 'config' must be specified for model file override");
    assert.equal(textOf('m'), 'first');
    assert.deepEqual(await temporaryFolders(), []);
  });

  it('serve a model from the files of a request, in a private folder', async () => {
    await start();
    const files = new Map([
      ['1/model.py', file('uploaded')],
      ['1/weights/a.bin', file('w')],
      ['labels.txt', file('l')],
    ]);
    await load('up', { config, files });
    assert.equal(textOf('up'), 'uploaded');
    assert.deepEqual(await index(), []);
    const { directory } = repository.find('up', undefined).source;
    assert.equal(await readFile(join(directory, '1/weights/a.bin'), 'utf8'), 'w');
    assert.equal((await stat(directory)).mode & 0o777, 0o700);
    assert.equal((await stat(dirname(directory))).mode & 0o777, 0o700);
    await unload('up');
    await until(() =>
      stat(directory).then(
        () => false,
        () => true,
      ),
    );
    await assert.rejects(load('up'), /not found in any model repository/);
  });

  it('give way to the repository content at a load without them', async () => {
    await putModel('m');
    await start({ startupModels: ['m'] });
    await load('m', { config, files: new Map([['1/model.py', file('uploaded')]]) });
    assert.equal(textOf('m'), 'uploaded');
    const { directory } = repository.find('m', undefined).source;
    await load('m');
    assert.equal(textOf('m'), 'first');
    await until(() =>
      stat(directory).then(
        () => false,
        () => true,
      ),
    );
  });

  it('cannot write outside of their folder', async () => {
    await start();
    for (const path of ['../x', '1/../../x', '..', '', '.', '1/../..', '1/../../model-y/z']) {
      const files = new Map([
        ['1/model.py', file('x')],
        [path, file('x')],
      ]);
      await assert.rejects(load('up', { config, files }), {
        code: 'INTERNAL',
        message:
          /Invalid file parameter 'file:.*' with normalized path '.*' must stay within model/,
      });
    }
    const [folder = ''] = await temporaryFolders();
    assert.deepEqual(await readdir(join(root, 'temporary', folder)), []);
  });

  it('take an absolute path for one in their folder', async () => {
    await start();
    const files = new Map([['/1/model.py', file('inside')]]);
    await load('up', { config, files });
    assert.equal(textOf('up'), 'inside');
  });

  it('fail alone when a file is in the way of a folder', async () => {
    await start();
    const files = new Map([
      ['1', file('x')],
      ['1/model.py', file('x')],
    ]);
    await assert.rejects(load('up', { config, files }), /failed to write file parameter 'file:1\//);
  });

  it('fail with the reason when there is no place for files', async () => {
    await putModel('m');
    await start({ temporaryDirectory: join(root, 'nowhere') });
    const files = new Map([['1/model.py', file('x')]]);
    await assert.rejects(
      load('up', { config, files }),
      /failed to make a temporary folder .*ENOENT/,
    );
    await load('m');
    await mkdir(join(root, 'nowhere'));
    await load('up', { config, files });
    assert.equal(textOf('up'), 'x');
  });

  it('leave nothing behind when the load fails or the server ends', async () => {
    await start();
    const files = new Map([['1/model.py', file('fail')]]);
    await assert.rejects(load('up', { config, files }), /cannot load up/);
    const [folder = ''] = await temporaryFolders();
    await until(async () => (await readdir(join(root, 'temporary', folder))).length === 0);
    await load('up', { config, files: new Map([['1/model.py', file('fine')]]) });
    await repository.stop();
    assert.deepEqual(await temporaryFolders(), []);
  });
});

describe('polling', () => {
  /** Lets one poll period pass and waits until the next look is scheduled. */
  it('loads what comes, unloads what goes and follows changes', async () => {
    await putModel('stays');
    await putModel('goes');
    await start({ controlMode: 'poll' });
    const unchanged = repository.find('stays', undefined);
    await putModel('comes');
    await rm(join(root, 'models/goes'), { recursive: true });
    await poll();
    await until(() => repository.readyModels().join() === 'comes,stays');
    await put('comes/1/model.py', 'changed');
    await poll();
    await until(() => textOf('comes') === 'changed');
    assert.equal(repository.find('stays', undefined), unchanged);
    await putModel('goes', 'back again');
    await poll();
    await until(() => repository.readyModels().includes('goes'));
  });

  it('does not try a failed model again until it changes', async () => {
    await putModel('m', 'fail');
    await start({ controlMode: 'poll' });
    await poll();
    await poll();
    assert.equal(loader.loads.length, 1);
    await put('m/1/model.py', 'mended');
    await poll();
    await until(() => repository.allReady);
    assert.equal(textOf('m'), 'mended');
  });

  it('keeps serving while a repository cannot be read', async () => {
    await putModel('m');
    await start({ controlMode: 'poll' });
    const { rename } = await import('node:fs/promises');
    await rename(join(root, 'models'), join(root, 'away'));
    await poll();
    assert.equal(textOf('m'), 'first');
    assert.match(logger.messages('error').join('\n'), /polling failed: model repository/);
    await rename(join(root, 'away'), join(root, 'models'));
    await poll();
    assert.deepEqual(loader.loads, ['m:1']);
  });

  it('sees changes of other models while one hangs', async () => {
    await putModel('m');
    await start({ controlMode: 'poll' });
    await putModel('slow');
    loader.loadGates.set('slow', new Gate());
    await poll();
    await until(() => loader.loads.includes('slow:1'));
    await put('m/1/model.py', 'changed');
    await poll();
    await until(() => textOf('m') === 'changed');
    assert.equal(loader.loads.filter((name) => name === 'slow:1').length, 1);
  });

  it('unloads a model that a second repository has, too', async () => {
    await putModel('m');
    const second = join(root, 'second');
    await mkdir(second);
    const stores = [join(root, 'models'), second].map((path) => new FileSystemStore(path));
    await start({ controlMode: 'poll', stores });
    await mkdir(join(second, 'm', '1'), { recursive: true });
    await poll();
    await until(() => repository.readyModels().length === 0);
    assert.deepEqual(await index(), ['m UNAVAILABLE model appears in two or more repositories']);
  });

  it('ends with the repository', async () => {
    await start({ controlMode: 'poll' });
    await repository.stop();
    assert.equal(clock.scheduledCount, 0);
  });
});

describe('repository agents', () => {
  /** An agent that notes its calls, and gives `directory` in place of the model's folder. */
  function agent(name: string, calls: string[], directory?: string): RepoAgent {
    const note = (step: string) => async () => void calls.push(`${name} ${step}`);
    return {
      async load(model) {
        const { key = 'nothing' } = model.parameters;
        calls.push(`${name} load ${key}`);
        return directory ?? model.directory;
      },
      loadComplete: note('loadComplete'),
      loadFail: note('loadFail'),
      unload: note('unload'),
      unloadComplete: note('unloadComplete'),
    };
  }

  const config = (...names: readonly string[]) =>
    `${CONFIG} model_repository_agents { ${names
      .map((name) => `agents { name: "${name}" parameters { key: "key" value: "v" } }`)
      .join(' ')} }`;

  it('act in order around a load, and wind up in reverse', async () => {
    const calls: string[] = [];
    for (const name of ['one', 'two']) agents.set(name, agent(name, calls));
    await put('m/config.pbtxt', config('one', 'two'));
    await put('m/1/model.py', 'x');
    await start();
    await load('m');
    await load('m');
    assert.deepEqual(calls, ['one load v', 'two load v', 'two loadComplete', 'one loadComplete']);
    calls.length = 0;
    await unload('m');
    await until(() => calls.length === 4);
    assert.deepEqual(calls, [
      'one unload',
      'two unload',
      'two unloadComplete',
      'one unloadComplete',
    ]);
  });

  it('may put another folder in the place of the model', async () => {
    const calls: string[] = [];
    const other = join(root, 'elsewhere');
    await mkdir(join(other, '3'), { recursive: true });
    await writeFile(join(other, 'config.pbtxt'), `${CONFIG} max_batch_size: 7`);
    await writeFile(join(other, '3', 'model.py'), 'decrypted');
    agents.set('crypt', agent('crypt', calls, other));
    await put('m/config.pbtxt', config('crypt'));
    await start();
    await load('m');
    const { source, text } = repository.find('m', 3);
    assert.deepEqual([text, source.config.maxBatchSize, source.directory], ['decrypted', 7, other]);
  });

  it('see the configuration that the one before left', async () => {
    const seen: unknown[] = [];
    const other = join(root, 'elsewhere');
    await mkdir(join(other, '1'), { recursive: true });
    await writeFile(join(other, 'config.pbtxt'), `${CONFIG} max_batch_size: 7`);
    await writeFile(join(other, '1', 'model.py'), 'moved');
    agents.set('move', {
      load: async ({ config: { maxBatchSize } }) => {
        seen.push(maxBatchSize);
        return other;
      },
    });
    agents.set('look', {
      load: async ({ config: { maxBatchSize, modelRepositoryAgents }, directory }) => {
        seen.push(maxBatchSize, modelRepositoryAgents);
        return directory;
      },
    });
    await put('m/config.pbtxt', config('move', 'look'));
    await start();
    await load('m');
    assert.deepEqual(seen, [0, 7, undefined]);
    assert.equal(textOf('m'), 'moved');
  });

  it('leave the running version serving when a later load fails', async () => {
    let refuses = false;
    agents.set('gate', {
      load: async ({ directory }) => {
        if (refuses) throw new InferError('INVALID_ARG', 'the gate is shut');
        return directory;
      },
    });
    await put('m/config.pbtxt', config('gate'));
    await put('m/1/model.py', 'first');
    await start();
    await load('m');
    refuses = true;
    await put('m/1/model.py', 'second one');
    await assert.rejects(load('m'), /the gate is shut/);
    assert.equal(textOf('m'), 'first');
    refuses = false;
    await load('m');
    assert.equal(textOf('m'), 'second one');
  });

  it('fail the load when one refuses, and tell those before it', async () => {
    const calls: string[] = [];
    agents.set('one', agent('one', calls));
    agents.set('checksum', {
      load: () => Promise.reject(new InferError('INVALID_ARG', 'Mismatched MD5 hash')),
    });
    await put('m/config.pbtxt', config('one', 'checksum'));
    await put('m/1/model.py');
    await start();
    await assert.rejects(load('m'), {
      code: 'INTERNAL',
      message: "failed to load 'm', failed to poll from model repository: Mismatched MD5 hash",
    });
    assert.deepEqual(calls, ['one load v', 'one loadFail']);
  });

  it('hear of a load that failed later', async () => {
    const calls: string[] = [];
    agents.set('one', agent('one', calls));
    await put('m/config.pbtxt', config('one'));
    await put('m/1/model.py', 'fail');
    await start();
    await assert.rejects(load('m'), /cannot load m/);
    assert.deepEqual(calls, ['one load v', 'one loadFail']);
  });

  it('do not disturb a model by what they throw after its load', async () => {
    agents.set('one', {
      load: async ({ directory }) => directory,
      loadComplete: () => Promise.reject(new Error('late')),
    });
    await put('m/config.pbtxt', config('one'));
    await put('m/1/model.py', 'x');
    await start();
    await load('m');
    assert.equal(textOf('m'), 'x');
    assert.match(
      logger.messages('error').join('\n'),
      /agent of model 'm' failed in loadComplete: late/,
    );
  });

  it('fail the load when one is unknown', async () => {
    await put('m/config.pbtxt', config('nobody'));
    await put('m/1/model.py');
    await start();
    await assert.rejects(load('m'), /failed to poll from model repository: no agent nobody/);
  });
});

describe('stopping a repository', () => {
  it('frees everything and takes no more orders', async () => {
    await putModel('a');
    await putModel('b');
    await start({ startupModels: ['*'] });
    await Promise.all([repository.stop(), repository.stop()]);
    assert.ok(loader.versions.every(({ stopped }) => stopped));
    assert.deepEqual(repository.readyModels(), []);
    await assert.rejects(load('a'), { code: 'UNAVAILABLE' });
  });

  it('does not wait for a load that hangs, and frees what it yields', async () => {
    await putModel('m');
    loader.loadGates.set('m', new Gate());
    await start();
    const loading = load('m');
    await until(() => loader.loads.length === 1);
    await repository.stop();
    loader.loadGates.get('m')?.open();
    await assert.rejects(loading, { code: 'UNAVAILABLE', message: /the server is exiting/ });
    await until(() => loader.versions[0]?.stopped === true);
    assert.deepEqual(repository.readyModels(), []);
  });

  it('closes the stores even when a version cannot be freed', async () => {
    await putModel('m');
    let closed = false;
    class Store extends FileSystemStore {
      override async close(): Promise<void> {
        closed = true;
      }
    }
    await start({ stores: [new Store(join(root, 'models'))], startupModels: ['m'] });
    repository.find('m', undefined).stop = () => Promise.reject(new Error('stuck'));
    await repository.stop();
    assert.equal(closed, true);
    assert.match(logger.messages('error').join('\n'), /failed to free 'm' version 1: stuck/);
  });
});

describe('namespaces', () => {
  const location = (name: string) => join(root, name);

  /** Two repositories that both have the model `m`; what else they have is put there before. */
  async function startBoth(change: Partial<RepositoryOptions> = {}): Promise<void> {
    const stores = ['models', 'second'].map((name) => new FileSystemStore(location(name)));
    await start({ stores, namespacing: true, startupModels: ['*'], ...change });
  }

  beforeEach(async () => {
    await putModel('m', 'in the first');
    await putModel('../second/m', 'in the second');
  });

  it('let two repositories have models of one name, which cannot be asked for by it', async () => {
    await putModel('../second/unique', 'alone');
    await startBoth();
    assert.deepEqual(await index(), ['m 1 READY', 'm 1 READY', 'unique 1 READY']);
    assert.equal(textOf('unique'), 'alone');
    assert.throws(() => textOf('m'), {
      code: 'INVALID_ARG',
      message:
        "There are 2 identifiers of model 'm' in global map, model namespace must be provided to " +
        'resolve ambiguity.',
    });
    assert.deepEqual(repository.readyVersions('m'), []);
    assert.equal(textOf(`${location('second')}::m`), 'in the second');
  });

  it('are where models look first for those they need', async () => {
    await putModel('../second/unique', 'alone');
    await putEnsemble('first-ensemble', 'm', 'unique');
    await putEnsemble('../second/second-ensemble', 'm');
    await startBoth();
    const versionIn = (name: string) => repository.find('m', undefined, location(name)).text;
    assert.deepEqual([versionIn('models'), versionIn('second')], ['in the first', 'in the second']);
    assert.equal(repository.find('unique', undefined, location('models')).text, 'alone');
    assert.equal(repository.find('first-ensemble', 1).source.namespace, location('models'));
    assert.equal(repository.find('second-ensemble', 1).source.namespace, location('second'));
  });

  it('do not tell a model from outside which one it needs', async () => {
    await putEnsemble('../third/e', 'm');
    const stores = ['models', 'second', 'third'].map((name) => new FileSystemStore(location(name)));
    await startBoth({ stores });
    const [failed] = repository.failures;
    assert.equal(failed?.name, `${location('third')}::e`);
    assert.match(
      failed?.reason ?? '',
      /ensemble .*third::e contains models that are not available or ambiguous: m \(m: model app/,
    );
  });

  it('are loaded and unloaded together by a name, with what needs them', async () => {
    await putEnsemble('e', 'm');
    await startBoth({ startupModels: ['e'] });
    assert.deepEqual(await index(), ['e 1 READY', 'm 1 READY', 'm']);
    assert.equal(textOf('m'), 'in the first');
    await load('m');
    assert.deepEqual(await index(), ['e 1 READY', 'm 1 READY', 'm 1 READY']);
    await unload('m');
    await until(() => loader.versions.every(({ stopped }) => stopped));
    assert.deepEqual(repository.readyModels(), []);
    assert.throws(() => textOf('m'), {
      code: 'NOT_FOUND',
      message: "Identifier of model 'm' is not found in global map",
    });
    assert.throws(() => textOf('nosuch'), /Request for unknown model: 'nosuch' is not found/);
    await load('m');
    await until(() => repository.readyModels().length === 3);
  });

  it('are named where one of several loads fails', async () => {
    await put('../second/m/1/model.py', 'fail');
    await startBoth({ startupModels: [] });
    await assert.rejects(load('m'), {
      message: /^load failed for model '.*second::m': version 1 is at .*: cannot load m;\n$/,
    });
    assert.equal(repository.find('m', undefined, location('models')).text, 'in the first');
  });

  it('are polled each for itself', async () => {
    await startBoth({ controlMode: 'poll' });
    await put('../second/m/1/model.py', 'changed');
    await poll();
    const second = () => repository.find('m', undefined, location('second')).text;
    await until(() => second() === 'changed');
    assert.equal(repository.find('m', undefined, location('models')).text, 'in the first');
  });

  it('are none without the option', async () => {
    await startBoth({ namespacing: false });
    assert.deepEqual(await index(), ['m UNAVAILABLE model appears in two or more repositories']);
  });
});

describe('a change of the instance groups only', () => {
  const config = (count: number, more = '') =>
    `${CONFIG} instance_group [ { count: ${count} } ] ${more}`;
  const override = (count: number) =>
    JSON.stringify({ backend: 'python', instance_group: [{ count }] });

  beforeEach(async () => {
    await putModel('m');
    await put('m/config.pbtxt', config(1));
    await start({ startupModels: ['m'] });
  });

  it('is applied to the version that serves', async () => {
    await put('m/config.pbtxt', config(2));
    await load('m');
    assert.deepEqual([loader.loads, loader.changes], [['m:1'], ['m 2']]);
    await repository.load('m', { config: override(3) });
    assert.deepEqual([loader.loads, loader.changes], [['m:1'], ['m 2', 'm 3']]);
    assert.equal(loader.versions[0]?.stopped, false);
  });

  it('is a load where anything else changes, too', async () => {
    await put('m/config.pbtxt', config(2, 'max_batch_size: 4'));
    await load('m');
    assert.deepEqual([loader.loads, loader.changes], [['m:1', 'm:1'], []]);
    await put('m/config.pbtxt', config(3, 'max_batch_size: 4'));
    await put('m/1/model.py', 'changed');
    await load('m');
    assert.equal(textOf('m'), 'changed');
    assert.deepEqual(loader.changes, []);
  });

  it('is a load where the version cannot take it over', async () => {
    await put('m/config.pbtxt', config(12));
    await load('m');
    assert.deepEqual([loader.loads, loader.changes], [['m:1', 'm:1'], ['m 12']]);
  });

  it('fails without an effect on the version that serves', async () => {
    await put('m/config.pbtxt', config(13));
    await assert.rejects(load('m'), {
      code: 'INVALID_ARG',
      message: "load failed for model 'm': no room for instances\n",
    });
    assert.deepEqual(await index(), ['m 1 READY']);
    await put('m/config.pbtxt', config(4));
    await load('m');
    assert.deepEqual([loader.loads, loader.changes], [['m:1'], ['m 4']]);
  });
});
