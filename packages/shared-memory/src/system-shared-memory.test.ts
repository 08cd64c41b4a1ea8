import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import type { SharedMemoryRegion } from '@nereid/core';
import { FakeClock } from '@nereid/testing';
import { SystemSharedMemory, type SystemSharedMemoryOptions } from './index.js';

const directory = mkdtempSync(join(tmpdir(), 'nereid-shm-'));
const PAGE = Buffer.from(Array.from({ length: 4096 }, (_, index) => index % 251));

after(() => rmSync(directory, { recursive: true }));

let memory: SystemSharedMemory;
beforeEach(() => {
  for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true });
  writeFileSync(join(directory, 'page'), PAGE);
  memory = makeMemory();
});

function makeMemory(options: Partial<SystemSharedMemoryOptions> = {}): SystemSharedMemory {
  return new SystemSharedMemory({ clock: new FakeClock(), directory, ...options });
}

function region(change: Partial<SharedMemoryRegion> = {}): SharedMemoryRegion {
  return { name: 'r', key: '/page', offset: 0, sizeBytes: 4096, ...change };
}

function refuses(action: () => unknown, code: string, message: string): void {
  assert.throws(action, { code, message });
}

function openFileCount(): number {
  return readdirSync('/proc/self/fd').length;
}

describe('registering', () => {
  it('finds the object with and without leading slashes', () => {
    for (const key of ['page', '/page', '//page']) {
      memory.register(region({ name: key, key }));
      const claim = memory.claim({ region: key, offset: 1, sizeBytes: 2 });
      assert.deepEqual([...claim.readNow()], [1, 2]);
      claim.release();
    }
  });

  it('refuses a name that is in use', () => {
    memory.register(region());
    const text = "shared memory region 'r' already in manager";
    refuses(() => memory.register(region()), 'ALREADY_EXISTS', text);
  });

  it('serves any number of regions of one object', () => {
    memory.register(region({ name: 'a', sizeBytes: 64 }));
    memory.register(region({ name: 'b', offset: 8, sizeBytes: 64 }));
    const claim = memory.claim({ region: 'b', offset: 2, sizeBytes: 3 });
    assert.deepEqual([...claim.readNow()], [10, 11, 12]);
  });

  it('cannot open what shm_open cannot open, nor leave the directory', () => {
    mkdirSync(join(directory, 'folder'));
    writeFileSync(join(directory, 'folder', 'inner'), PAGE);
    symlinkSync('/etc/passwd', join(directory, 'link'));
    execFileSync('mkfifo', [join(directory, 'pipe')]);
    const keys = ['', '/', '///', '/none', '/folder', '/folder/inner', '/../etc/passwd', '..', '.'];
    keys.push('/link', '/pipe', '/page\0', `/${'x'.repeat(300)}`);
    const before = openFileCount();
    for (const key of keys) {
      const text = `Unable to open shared memory region: '${key}'`;
      refuses(() => memory.register(region({ key })), 'INTERNAL', text);
    }
    assert.deepEqual(memory.status(undefined), []);
    assert.equal(openFileCount(), before);
  });

  it('refuses reserved keys before it looks for the object', () => {
    for (const key of [
      'triton_python_backend_shm_region_1',
      '/triton_python_backend_shm_region_',
    ]) {
      refuses(
        () => memory.register(region({ key })),
        'INVALID_ARG',
        `cannot register shared memory region 'r' with key '${key}' as the key contains the ` +
          "reserved prefix 'triton_python_backend_shm_region_'",
      );
    }
  });

  it('refuses regions that are not within the object, or empty', () => {
    const before = openFileCount();
    for (const change of [
      { sizeBytes: 4097 },
      { offset: 1 },
      { offset: 2 ** 64, sizeBytes: 64 },
      { sizeBytes: 2 ** 64 },
      { sizeBytes: 0 },
    ]) {
      const text = "failed to register shared memory region 'r': invalid args";
      refuses(() => memory.register(region(change)), 'INVALID_ARG', text);
    }
    assert.equal(openFileCount(), before);
  });

  it('has other words for such a region of an object that is registered already', () => {
    memory.register(region());
    const text = "Invalid shared memory region: '/page'";
    refuses(() => memory.register(region({ name: 's', offset: 1 })), 'INTERNAL', text);
  });

  it('has a limit', () => {
    memory = makeMemory({ maxRegions: 2 });
    memory.register(region({ name: 'a' }));
    memory.register(region({ name: 'b' }));
    refuses(
      () => memory.register(region({ name: 'c' })),
      'UNAVAILABLE',
      "cannot register shared memory region 'c': 2 regions are registered, which is the limit; " +
        'unregister one first',
    );
    memory.unregister('a');
    memory.register(region({ name: 'c' }));
  });

  it('is refused with a reason where there is none, or when it is switched off', () => {
    const other = makeMemory({ directory: undefined });
    refuses(
      () => other.register(region()),
      'UNSUPPORTED',
      `system shared memory is not supported on ${process.platform}, only on Linux`,
    );
    const off = makeMemory({ allowed: false });
    refuses(
      () => off.register(region()),
      'UNSUPPORTED',
      'shared memory is switched off by --allow-client-shm=false',
    );
  });
});

describe('status', () => {
  it('lists all regions by name, or one', () => {
    const [a, b] = [region({ name: 'a', offset: 8, sizeBytes: 64 }), region({ name: 'b' })];
    memory.register(b);
    memory.register(a);
    assert.deepEqual(memory.status(undefined), [a, b]);
    assert.deepEqual(memory.status('b'), [b]);
  });

  it('does not know a region that was never registered', () => {
    const text = "Unable to find system shared memory region: 'z'";
    refuses(() => memory.status('z'), 'NOT_FOUND', text);
  });
});

describe('unregistering', () => {
  it('forgets one region or all, closes their files, and does not mind unknown names', () => {
    const before = openFileCount();
    for (const name of ['a', 'b', 'c']) memory.register(region({ name }));
    memory.unregister('b');
    memory.unregister('z');
    assert.deepEqual(
      memory.status(undefined).map(({ name }) => name),
      ['a', 'c'],
    );
    memory.unregister(undefined);
    assert.deepEqual(memory.status(undefined), []);
    assert.equal(openFileCount(), before);
  });

  it('waits for the last claim', () => {
    memory.register(region());
    const claims = [0, 64].map((offset) => memory.claim({ region: 'r', offset, sizeBytes: 64 }));
    memory.unregister(undefined);
    assert.equal(memory.status(undefined).length, 1);
    claims[0]?.release();
    claims[0]?.release();
    assert.equal(claims[1]?.readNow()[0], 64);
    assert.equal(memory.status('r').length, 1);
    claims[1]?.release();
    assert.deepEqual(memory.status(undefined), []);
    memory.register(region());
  });

  it('leaves a region alone whose claims have all been released before', () => {
    memory.register(region());
    memory.claim({ region: 'r', offset: 0, sizeBytes: 1 }).release();
    assert.equal(memory.status('r').length, 1);
  });
});

describe('a claim', () => {
  it('must be of a registered region', () => {
    refuses(
      () => memory.claim({ region: 'z', offset: 0, sizeBytes: 1 }),
      'NOT_FOUND',
      "Unable to find shared memory region: 'z'",
    );
  });

  it('must lie within its region', () => {
    memory.register(region({ offset: 128, sizeBytes: 64 }));
    const outside = "Invalid offset for shared memory region: 'r'";
    const beyond = "Invalid offset + byte size for shared memory region: 'r'";
    const cases: [number, number, string][] = [
      [64, 1, outside],
      [-1, 1, outside],
      [2 ** 64, 1, outside],
      [0, 65, beyond],
      [63, 2, beyond],
      [0, 2 ** 64, beyond],
      [8, -4, beyond],
      [0, 0, beyond],
    ];
    for (const [offset, sizeBytes, text] of cases) {
      refuses(() => memory.claim({ region: 'r', offset, sizeBytes }), 'INVALID_ARG', text);
    }
    const empty = memory.claim({ region: 'r', offset: 8, sizeBytes: 0 });
    assert.equal(empty.readNow().length, 0);
  });

  it('reads at its place, now and later', async () => {
    memory.register(region({ offset: 100, sizeBytes: 1000 }));
    const claim = memory.claim({ region: 'r', offset: 11, sizeBytes: 500 });
    const expected = PAGE.subarray(111, 611);
    assert.deepEqual(Buffer.from(claim.readNow()), expected);
    assert.deepEqual(Buffer.from(await claim.read()), expected);
  });

  it('writes at its place, now and later, and nowhere else', async () => {
    memory.register(region({ offset: 100, sizeBytes: 1000 }));
    const claim = memory.claim({ region: 'r', offset: 11, sizeBytes: 4 });
    const later = memory.claim({ region: 'r', offset: 15, sizeBytes: 9 });
    claim.writeNow(Buffer.from('here'));
    await later.write(Buffer.from('there'));
    const expected = Buffer.from(PAGE);
    expected.write('herethere', 111);
    assert.deepEqual(readFileSync(join(directory, 'page')), expected);
  });

  it('outlives the name of its object', () => {
    memory.register(region());
    unlinkSync(join(directory, 'page'));
    const claim = memory.claim({ region: 'r', offset: 7, sizeBytes: 1 });
    claim.writeNow(Buffer.from('x'));
    assert.equal(Buffer.from(claim.readNow()).toString(), 'x');
  });

  it('fails, and does not make the object grow, when its owner has truncated it', async () => {
    memory.register(region());
    const claim = memory.claim({ region: 'r', offset: 0, sizeBytes: 100 });
    const gone = {
      code: 'INVALID_ARG',
      message: "Invalid offset + byte size for shared memory region: 'r'",
    };
    for (const sizeBytes of [99, 0]) {
      truncateSync(join(directory, 'page'), sizeBytes);
      assert.throws(() => claim.readNow(), gone);
      await assert.rejects(claim.read(), gone);
      assert.throws(() => claim.writeNow(PAGE.subarray(0, 100)), gone);
      await assert.rejects(claim.write(PAGE.subarray(0, 100)), gone);
      assert.equal(statSync(join(directory, 'page')).size, sizeBytes);
    }
  });

  it('does nothing after its release, when its file may be another', async () => {
    memory.register(region());
    const claim = memory.claim({ region: 'r', offset: 0, sizeBytes: 4 });
    claim.release();
    memory.unregister('r');
    const released = /the claim on it has been released/;
    assert.throws(() => claim.readNow(), released);
    await assert.rejects(claim.read(), released);
    assert.throws(() => claim.writeNow(Buffer.from('late')), released);
    await assert.rejects(claim.write(Buffer.from('late')), released);
    assert.deepEqual(readFileSync(join(directory, 'page')), PAGE);
  });

  it('counts the copies it makes against the budget until it is released', async () => {
    memory = makeMemory({ maxInputBytes: 150 });
    memory.register(region());
    const [first, second] = [0, 1].map((offset) =>
      memory.claim({ region: 'r', offset, sizeBytes: 100 }),
    );
    first?.readNow();
    const full = {
      code: 'UNAVAILABLE',
      message:
        "inputs in shared memory would take 200 bytes of the server's memory, and the limit is " +
        '150 bytes; try again when fewer are in flight',
    };
    assert.throws(() => second?.readNow(), full);
    await assert.rejects(async () => second?.read(), full);
    second?.writeNow(PAGE.subarray(0, 100));
    first?.release();
    assert.equal(second?.readNow().length, 100);
  });
});

describe('the memory of inputs', () => {
  const SIZE_BYTES = 100_000;

  function claimLarge() {
    writeFileSync(join(directory, 'large'), Buffer.alloc(SIZE_BYTES, 1));
    memory.register(region({ key: '/large', sizeBytes: SIZE_BYTES }));
    return () => memory.claim({ region: 'r', offset: 0, sizeBytes: SIZE_BYTES });
  }

  it('is used again when a claim was released and what it read is discarded', () => {
    const claim = claimLarge();
    const first = claim();
    const data = first.readNow();
    first.release();
    first.discard?.();
    assert.equal(claim().readNow().buffer, data.buffer);
    assert.equal(data[SIZE_BYTES - 1], 1);
  });

  it('is left alone as long as somebody may refer to it', () => {
    const claim = claimLarge();
    const held = claim();
    const data = held.readNow();
    held.discard?.();
    const released = claim();
    const other = released.readNow();
    released.release();
    const next = claim().readNow().buffer;
    assert.notEqual(next, data.buffer);
    assert.notEqual(next, other.buffer);
  });

  it('is given back once', () => {
    const claim = claimLarge();
    const first = claim();
    first.readNow();
    first.release();
    first.discard?.();
    first.discard?.();
    assert.notEqual(claim().readNow().buffer, claim().readNow().buffer);
  });
});
