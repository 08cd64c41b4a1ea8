import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { describe, it } from 'node:test';
import {
  describeRepoAgent,
  fakeModelConfig,
  fakePluginContext,
  makeTemporaryModel,
} from '@nereid/testing';
import plugin from './relocation.js';

const AGENTS = { agents: [{ name: 'relocation', parameters: { empty_config: 'false' } }] };

async function layOut(parameters: Readonly<Record<string, string>>, hasAgents: boolean) {
  const written = hasAgents ? { modelRepositoryAgents: AGENTS } : {};
  const { source, remove } = await makeTemporaryModel(fakeModelConfig(written));
  return { model: { ...source, parameters }, remove };
}

describeRepoAgent('relocation', {
  plugin,
  accepted: () => layOut({ empty_config: 'false' }, true),
  refused: () => layOut({ empty_config: 'true' }, true),
});

describe('the relocation agent', () => {
  it('moves the model to an empty folder, which goes with it', async () => {
    const { model, remove } = await layOut({ empty_config: 'true' }, false);
    const agent = plugin.createRepoAgent(fakePluginContext());
    const folder = await agent.load(model);
    assert.deepEqual(await readdir(folder), []);
    await agent.unloadComplete?.(model);
    await assert.rejects(stat(folder), { code: 'ENOENT' });
    await remove();
  });

  it('refuses with the texts of Triton’s agent', async () => {
    const expectations: readonly (readonly [Record<string, string>, boolean, string])[] = [
      [{}, true, '1 parameter for relocation agent'],
      [{ other: 'x' }, true, "parameter with key 'empty_config' for relocation agent"],
      [
        { empty_config: 'yes' },
        true,
        "'empty_config' parameter with value 'true' or 'false' for relocation agent",
      ],
      [
        { empty_config: 'true' },
        true,
        "config does not contain 'model_repository_agents' field when 'empty_config' has value " +
          "'true' for relocation agent",
      ],
      [
        { empty_config: 'false' },
        false,
        "config contains 'model_repository_agents' field when 'empty_config' has value 'false' " +
          'for relocation agent',
      ],
    ];
    for (const [parameters, hasAgents, expectation] of expectations) {
      const { model, remove } = await layOut(parameters, hasAgents);
      const agent = plugin.createRepoAgent(fakePluginContext());
      await assert.rejects(agent.load(model), {
        code: 'INVALID_ARG',
        message: `Relocation repoagent expects ${expectation}`,
      });
      await remove();
    }
  });
});
