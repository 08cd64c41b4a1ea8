import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, isInferError, systemClock } from '@nereid/core';
import { CollectingLogger } from '@nereid/testing';
import type { HarmProtocol } from './fixtures/harmful-thread.js';
import { InstanceThread, type InstanceThreadOptions, restartDelayMs } from './instance-thread.js';

type Options = Partial<InstanceThreadOptions<HarmProtocol>>;

/** Restarts without the pauses, so that tests need not wait for them. */
const hastyClock: Clock = {
  ...systemClock,
  schedule: (delayUs, task) => systemClock.schedule(delayUs > 1e6 ? delayUs : delayUs / 100, task),
};

function start(options: Options = {}): Promise<InstanceThread<HarmProtocol>> {
  return InstanceThread.start<HarmProtocol>({
    name: "model instance 'm_0_0'",
    module: new URL('./fixtures/harmful-thread.js', import.meta.url),
    init: { startup: 'ok' },
    startTimeoutMs: 10_000,
    logger: new CollectingLogger(),
    clock: hastyClock,
    ...options,
  });
}

async function withThread(
  test: (thread: InstanceThread<HarmProtocol>) => Promise<void>,
  options: Options = {},
): Promise<void> {
  const thread = await start(options);
  await test(thread).finally(() => thread.close());
}

function hasError(code: string, message: RegExp) {
  return (error: unknown) =>
    isInferError(error) && error.code === code && message.test(error.message);
}

describe('InstanceThread', () => {
  it('starts the module and answers requests', () =>
    withThread(async (thread) => {
      assert.equal(thread.ready, true);
      assert.deepEqual(thread.started, { greeting: 'hello' });
      assert.equal((await thread.call({ action: 'echo' })).text, 'echo');
    }));

  it('moves buffers in both directions', () =>
    withThread(async (thread) => {
      const buffer = Uint8Array.of(1, 2, 3).buffer;
      const response = await thread.call({ action: 'echo', buffer }, [buffer]);
      assert.equal(buffer.byteLength, 0);
      assert.deepEqual(
        new Uint8Array(response.buffer ?? new ArrayBuffer(0)),
        Uint8Array.of(1, 2, 3),
      );
    }));

  it('carries code and message of an InferError, and the message of any other', () =>
    withThread(async (thread) => {
      await assert.rejects(
        thread.call({ action: 'throw' }),
        hasError('UNSUPPORTED', /^cannot do that$/),
      );
      await assert.rejects(
        thread.call({ action: 'throwPlain' }),
        hasError('INTERNAL', /^not an InferError$/),
      );
      await assert.rejects(thread.call({ action: 'uncloneable' }), hasError('INTERNAL', /cloned/));
      assert.equal(thread.ready, true);
    }));

  it('refuses a second request while one executes', () =>
    withThread(async (thread) => {
      const first = thread.call({ action: 'echo' });
      await assert.rejects(thread.call({ action: 'echo' }), hasError('INTERNAL', /is busy/));
      await first;
    }));

  it('delivers notices while a request executes, and events', async () => {
    const events: string[] = [];
    await withThread(
      async (thread) => {
        const answer = thread.call({ action: 'waitForNotice' });
        thread.notify('here it is');
        assert.equal((await answer).text, 'here it is');
        await thread.call({ action: 'something happened' });
      },
      { onEvent: (event) => events.push(event) },
    );
    assert.deepEqual(events, ['something happened']);
  });

  it('answers a thread that waits without giving up its turn', () =>
    withThread(
      async (thread) => {
        assert.equal(thread.started?.greeting, 'good day');
        assert.equal((await thread.call({ action: 'take' })).text, 'good day, then undefined');
        assert.equal((await thread.call({ action: 'echo' })).text, 'echo');
      },
      { init: { startup: 'ask' }, onEvent: (_, reply) => setTimeout(() => reply('good day'), 20) },
    ));

  it('ends a thread that never comes to rest, and starts another', () =>
    withThread(async (thread) => {
      const answer = thread.call({ action: 'hang' });
      setTimeout(() => thread.abort('took too long'), 50);
      await assert.rejects(answer, hasError('INTERNAL', /the thread of .* took too long$/));
      assert.equal((await thread.call({ action: 'echo' })).text, 'echo');
    }));

  it('writes the console of the thread to the log', async () => {
    const logger = new CollectingLogger();
    await withThread(
      async (thread) => {
        await thread.call({ action: 'log' });
        const seen = () => logger.messages('info').includes('past the console');
        for (let round = 0; round < 1000 && !seen(); round++) await sleep(10);
      },
      { logger },
    );
    assert.deepEqual(logger.messages('info'), ["a line { of: 'the log' }", 'past the console']);
    assert.deepEqual(logger.messages('error'), ['an error']);
  });
});

describe('a request that is sent ahead', () => {
  it('begins as soon as the one before has ended', () =>
    withThread(async (thread) => {
      const first = thread.call({ action: 'waitForNotice' });
      const ahead = thread.callAhead({ action: 'echo' });
      thread.notify('go on');
      assert.equal((await first).text, 'go on');
      assert.equal((await ahead?.response)?.text, 'echo');
      assert.equal(ahead?.takeBack(), false);
    }));

  it('never begins when it was taken back, and another one may take its place', async () => {
    const events: string[] = [];
    await withThread(
      async (thread) => {
        const first = thread.call({ action: 'waitForNotice' });
        const never = thread.callAhead({ action: 'never' });
        assert.equal(never?.takeBack(), true);
        assert.equal(await never?.response, undefined);
        const instead = thread.callAhead({ action: 'instead' });
        thread.notify('go on');
        await first;
        assert.equal((await instead?.response)?.text, 'instead');
      },
      { onEvent: (event) => events.push(event) },
    );
    assert.deepEqual(events, ['instead']);
  });

  it('is refused where it could not be the next one', () =>
    withThread(async (thread) => {
      assert.equal(thread.callAhead({ action: 'echo' }), undefined);
      const first = thread.call({ action: 'waitForNotice' });
      const second = thread.callAhead({ action: 'echo' });
      assert.equal(thread.callAhead({ action: 'echo' }), undefined);
      thread.notify('go on');
      await first;
      await second?.response;
      assert.equal(thread.callAhead({ action: 'echo' }), undefined);
    }));

  it('is answered each time, however quickly they follow each other', () =>
    withThread(async (thread) => {
      let executing: Promise<{ text: string } | undefined> = thread.call({ action: 'echo' });
      for (let count = 0; count < 300; count++) {
        const ahead = thread.callAhead({ action: 'echo' });
        assert.equal((await executing)?.text, 'echo');
        assert.ok(ahead);
        executing = ahead.response;
      }
      assert.equal((await executing)?.text, 'echo');
    }));

  it('does no harm to the one before when it ends the thread', () =>
    withThread(async (thread) => {
      const first = thread.call({ action: 'waitForNotice' });
      const ahead = thread.callAhead({ action: 'exit' });
      assert.ok(ahead);
      thread.notify('go on');
      assert.equal((await first).text, 'go on');
      await assert.rejects(ahead.response, hasError('INTERNAL', /exited with code 7/));
    }));

  it('is given back by a thread that died before it began', () =>
    withThread(async (thread) => {
      const first = thread.call({ action: 'hang' });
      const ahead = thread.callAhead({ action: 'echo' });
      assert.ok(ahead);
      thread.abort('took too long');
      await assert.rejects(first, hasError('INTERNAL', /took too long$/));
      assert.equal(await ahead.response, undefined);
    }));
});

describe('InstanceThread that fails to start', () => {
  it('rejects with what the module threw', () =>
    assert.rejects(
      start({ init: { startup: 'throw' } }),
      hasError('INVALID_ARG', /^no such model$/),
    ));

  it('rejects when the module exits', () =>
    assert.rejects(
      start({ init: { startup: 'exit' } }),
      hasError('INTERNAL', /^the thread of model instance 'm_0_0' exited with code 3$/),
    ));

  it('rejects when the module takes too long', () =>
    assert.rejects(
      start({ init: { startup: 'loop' }, startTimeoutMs: 300, clock: systemClock }),
      hasError('INTERNAL', /did not start within 0.3 seconds$/),
    ));

  it('rejects when the module is missing', () =>
    assert.rejects(
      start({ module: new URL('./no-such-file.js', import.meta.url) }),
      hasError('INTERNAL', /Cannot find module .*no-such-file/),
    ));
});

describe('InstanceThread whose thread dies', () => {
  for (const [action, reason] of [
    ['exit', /exited with code 7/],
    ['crash', /failed: RangeError: out of bounds/],
  ] as const) {
    it(`fails the request and serves the next one after ${action}`, () =>
      withThread(async (thread) => {
        await assert.rejects(thread.call({ action }), hasError('INTERNAL', reason));
        assert.equal(thread.ready, false);
        assert.equal(thread.started, undefined);
        await thread.recovered();
        assert.equal(thread.ready, true);
        assert.equal((await thread.call({ action: 'echo' })).text, 'echo');
      }));
  }

  it('lets a request wait for the restart', () =>
    withThread(async (thread) => {
      await assert.rejects(thread.call({ action: 'exit' }));
      assert.equal((await thread.call({ action: 'echo' })).text, 'echo');
    }));

  it('tells its owner once per death', async () => {
    const deaths: string[] = [];
    await withThread(
      async (thread) => {
        await assert.rejects(thread.call({ action: 'exit' }));
        await assert.rejects(thread.call({ action: 'crash' }));
      },
      { onDeath: (error) => deaths.push(error.message) },
    );
    assert.equal(deaths.length, 2);
  });

  it('gives up when it does not start again', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'nereid-thread-'));
    const init = { startup: 'failWhenRestarted', markFile: join(directory, 'mark') } as const;
    const logger = new CollectingLogger();
    const clock = { ...systemClock, schedule: scheduleAtOnce };
    await withThread(
      async (thread) => {
        await assert.rejects(thread.call({ action: 'exit' }));
        await thread.recovered();
        assert.equal(thread.ready, false);
        await assert.rejects(
          thread.call({ action: 'echo' }),
          hasError('UNAVAILABLE', /is out of service/),
        );
      },
      { init, logger, clock },
    );
    assert.match(logger.messages('error').at(-1) ?? '', /given up after 10 failed restarts/);
    await rm(directory, { recursive: true });
  });

  it('waits longer after each death, up to a limit', () => {
    assert.deepEqual([1, 2, 3, 6, 7, 50].map(restartDelayMs), [100, 200, 400, 3200, 5000, 5000]);
  });
});

describe('InstanceThread on close', () => {
  it('refuses requests afterwards', async () => {
    const thread = await start();
    await thread.close();
    await assert.rejects(thread.call({ action: 'echo' }), hasError('UNAVAILABLE', /is closed/));
  });

  it('stops waiting for a restart', async () => {
    const thread = await start({ clock: systemClock });
    await assert.rejects(thread.call({ action: 'exit' }));
    await thread.close();
    assert.equal(thread.ready, false);
  });

  it('ends a module that does not close in time', async () => {
    const logger = new CollectingLogger();
    const thread = await start({ closeTimeoutMs: 100, clock: systemClock, logger });
    thread.notify('hang at close');
    await thread.close();
    assert.match(logger.messages('warn').join(), /did not close within 0.1 seconds/);
  });

  it('logs an error of the module', async () => {
    const logger = new CollectingLogger();
    const thread = await start({ logger });
    thread.notify('throw at close');
    await thread.close();
    assert.deepEqual(logger.messages('error'), ['closing failed: cannot close']);
  });
});

/** Pauses pass at once; the start's time limit, which is longer, never does. */
function scheduleAtOnce(delayUs: number, task: () => void): () => void {
  return systemClock.schedule(delayUs > 6e6 ? delayUs : 0, task);
}
