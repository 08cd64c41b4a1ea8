import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { InferError, type ModelResponse, type ModelStore, type Tensor } from '@nereid/core';
import { describeBackend } from './describe-backend.js';
import { describeCache } from './describe-cache.js';
import { describeRepoAgent } from './describe-repo-agent.js';
import { describeStore } from './describe-store.js';
import { FakeBackend } from './fake-backend.js';
import { fakeModelConfig } from './fake-model-config.js';
import { fp32Tensor } from './make-tensor.js';
import { makeTemporaryModel } from './temporary-model.js';

describeBackend('FakeBackend', {
  plugin: {
    createBackend: () =>
      new FakeBackend({
        execute: async (batch, timer) => {
          timer.inputEnd();
          timer.outputStart();
          for (const pending of batch) {
            const { inputs, requestedOutputs } = pending.request;
            const isWanted = ({ name }: Tensor) =>
              requestedOutputs.length === 0 || requestedOutputs.some((o) => o.name === name);
            void pending.respond({ outputs: inputs.filter(isWanted) });
            pending.finish();
          }
        },
      }),
  },
  model: () => makeTemporaryModel(fakeModelConfig()),
  inputs: (batchSize, seed) =>
    ['A', 'B'].map((name) => fp32Tensor(name, [batchSize], new Array(batchSize).fill(seed))),
  outputs: (inputs) => inputs,
});

describeCache('a cache of cloned answers', {
  create: async () => {
    const entries = new Map<string, ModelResponse>();
    return {
      lookup: async (key) => entries.get(key),
      insert: async (key, response) => void entries.set(key, structuredClone(response)),
      close: async () => {},
    };
  },
});

describeRepoAgent('an agent that looks at a parameter', {
  plugin: {
    createRepoAgent: () => ({
      load: async ({ directory, parameters }) => {
        if (parameters['refuse']) throw new InferError('INVALID_ARG', 'refused');
        return directory;
      },
    }),
  },
  accepted: () => layOutForAgent({}),
  refused: () => layOutForAgent({ refuse: 'yes' }),
});

async function layOutForAgent(parameters: Readonly<Record<string, string>>) {
  const { source, remove } = await makeTemporaryModel(fakeModelConfig());
  return { model: { ...source, parameters }, remove };
}

describeStore('a store that copies folders', {
  create: async () => {
    const root = await mkdtemp(join(tmpdir(), 'nereid-store-'));
    return {
      store: copyingStore(root),
      async write(modelName, path, content) {
        const file = join(root, modelName, path);
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, content);
      },
      remove: (modelName) => rm(join(root, modelName), { recursive: true }),
      dispose: () => rm(root, { recursive: true }),
    };
  },
});

function copyingStore(root: string): ModelStore {
  return {
    location: root,
    listModels: () => readdir(root),
    async fingerprint(modelName) {
      const names = await readdir(join(root, modelName), { recursive: true }).catch(
        () => undefined,
      );
      const stats = await Promise.all(
        names?.map((name) => stat(join(root, modelName, name))) ?? [],
      );
      return names && JSON.stringify([names, stats.map(({ size, mtimeMs }) => [size, mtimeMs])]);
    },
    async localize(modelName) {
      const directory = await mkdtemp(join(tmpdir(), 'nereid-local-'));
      const release = () => rm(directory, { recursive: true });
      try {
        await cp(join(root, modelName), directory, { recursive: true });
        return { directory, release };
      } catch (error) {
        await release();
        throw error;
      }
    },
    close: async () => {},
  };
}

describe('the contract suites', () => {
  it('find the breaches of subjects that break their contracts', () => {
    const script = fileURLToPath(new URL('./fixtures/broken-subjects.js', import.meta.url));
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const args = ['--test', '--test-reporter=tap', script];
    const { stdout } = spawnSync(process.execPath, args, {
      env,
      encoding: 'utf8',
      timeout: 60_000,
    });
    for (const breach of [
      'answers a single request and finishes it once',
      'answers each request of a batch with its own outputs',
      'tells when the inputs are gathered and when the model is done',
      'has nothing under a key that was never stored',
      'returns what was stored, in order, with datatypes and shapes',
      'has a fingerprint that changes with the model only',
      'refuses to bring a model that is not there',
      'returns an absolute folder that exists until the model is unloaded',
      'fails the load of a model that it refuses, with a reason',
    ]) {
      assert.match(stdout, new RegExp(`not ok \\d+ - ${breach}\n`));
    }
  });
});
