import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { isInferError, silentLogger, systemClock } from '@nereid/core';
import { InstanceThread } from './instance-thread.js';

interface CoresProtocol {
  readonly init: undefined;
  readonly started: { readonly cores: string };
  readonly request: undefined;
  readonly response: undefined;
  readonly notice: undefined;
  readonly event: undefined;
}

function start(cpuCores: readonly number[] | undefined) {
  return InstanceThread.start<CoresProtocol>({
    name: 'test',
    module: new URL('./fixtures/tell-cores.js', import.meta.url),
    init: undefined,
    cpuCores,
    startTimeoutMs: 30_000,
    logger: silentLogger,
    clock: systemClock,
  });
}

/** As `/proc` lists them for this thread: `0-1` or `0,2`. */
function ownCores(): string {
  const status = readFileSync('/proc/thread-self/status', 'utf8');
  return /Cpus_allowed_list:\s+(\S+)/.exec(status)?.[1] ?? '';
}

describe('a thread bound to cores', { skip: process.platform !== 'linux' }, () => {
  it('runs there, and the rest of the process where it did', async () => {
    const before = ownCores();
    const first = Number(/^\d+/.exec(before)?.[0]);
    const thread = await start([first]);
    assert.equal(thread.started?.cores, String(first));
    assert.equal(ownCores(), before);
    await thread.close();
  });

  it('runs anywhere without a host policy', async () => {
    const thread = await start(undefined);
    assert.equal(thread.started?.cores, ownCores());
    await thread.close();
  });

  it('does not start on cores that it may not use', async () => {
    await assert.rejects(start([4000]), (error) => {
      assert.ok(isInferError(error));
      assert.equal(error.code, 'UNSUPPORTED');
      assert.match(
        error.message,
        /^the host policy asks for CPU cores 4000, to which the instance/,
      );
      return true;
    });
  });
});
