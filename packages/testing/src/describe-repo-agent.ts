import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { describe, it } from 'node:test';
import type { AgentModel, RepoAgent, RepoAgentPlugin } from '@nereid/core';
import { fakePluginContext } from './fake-plugin-context.js';

/** A model for an agent, laid out on the disk. */
export interface AgentFixture {
  readonly model: AgentModel;
  remove(): Promise<void>;
}

export interface RepoAgentSubject {
  readonly plugin: RepoAgentPlugin;
  /** A model that the agent lets through. */
  accepted(): Promise<AgentFixture>;
  /** A model that the agent refuses; absent for an agent that refuses none. */
  refused?(): Promise<AgentFixture>;
}

/** The contract of core's RepoAgent. */
export function describeRepoAgent(name: string, subject: RepoAgentSubject): void {
  const withAgent =
    (test: (agent: RepoAgent, model: AgentModel) => Promise<void>, layout = subject.accepted) =>
    async () => {
      const { model, remove } = await layout();
      await test(subject.plugin.createRepoAgent(fakePluginContext()), model).finally(remove);
    };

  describe(`${name} keeps the contract of a repository agent`, () => {
    it(
      'returns an absolute folder that exists until the model is unloaded',
      withAgent(async (agent, model) => {
        const directory = await agent.load(model);
        assert.ok(isAbsolute(directory));
        assert.ok((await stat(directory)).isDirectory());
        await agent.loadComplete?.(model);
        assert.ok((await stat(directory)).isDirectory());
        await agent.unload?.(model);
        await agent.unloadComplete?.(model);
      }),
    );

    it(
      'serves the next load after one that failed elsewhere',
      withAgent(async (agent, model) => {
        await agent.load(model);
        await agent.loadFail?.(model);
        const directory = await agent.load(model);
        assert.ok((await stat(directory)).isDirectory());
        await agent.loadComplete?.(model);
        await agent.unload?.(model);
        await agent.unloadComplete?.(model);
      }),
    );

    it(
      'keeps the folder of a new load when the old load of the same model ends',
      withAgent(async (agent, model) => {
        const [old, fresh] = [{ ...model }, { ...model }];
        await agent.load(old);
        await agent.loadComplete?.(old);
        const directory = await agent.load(fresh);
        await agent.loadComplete?.(fresh);
        await agent.unload?.(old);
        await agent.unloadComplete?.(old);
        assert.ok((await stat(directory)).isDirectory());
        await agent.unload?.(fresh);
        await agent.unloadComplete?.(fresh);
      }),
    );

    it(
      'leaves the model folder it was given in place',
      withAgent(async (agent, model) => {
        await agent.load(model);
        await agent.loadComplete?.(model);
        await agent.unload?.(model);
        await agent.unloadComplete?.(model);
        assert.ok((await stat(model.directory)).isDirectory());
      }),
    );

    if (!subject.refused) return;
    it(
      'fails the load of a model that it refuses, with a reason',
      withAgent(async (agent, model) => {
        await assert.rejects(
          async () => agent.load(model),
          (error) => error instanceof Error && error.message !== '',
        );
      }, subject.refused),
    );
  });
}
