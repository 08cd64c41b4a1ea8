import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { ftruncateSync, readSync, writeSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { createMappedFile, mappingProblem } from './mapped-file.js';

const PAGE_BYTES = 4096;

function create(t: TestContext, sizeBytes = 4 * PAGE_BYTES) {
  const file = createMappedFile('nereid-test', sizeBytes);
  assert.ok(file, mappingProblem());
  t.after(() => file.close());
  return file;
}

describe('MappedFile', { skip: process.platform !== 'linux' }, () => {
  it('has the same bytes as a file, as views and for others who map it', (t) => {
    const file = create(t);
    file.write(Buffer.from('written'), 5000);
    assert.equal(Buffer.from(file.view(5000, 7)).toString(), 'written');
    const read = Buffer.alloc(7);
    readSync(file.fd, read, 0, 7, 5000);
    assert.equal(read.toString(), 'written');
    writeSync(file.fd, 'changed', 5000);
    file.read(read, 5000);
    assert.equal(read.toString(), 'changed');
    const child = spawnSync(process.execPath, ['-e', CHILD], {
      stdio: ['ignore', 'pipe', 'inherit', file.fd],
    });
    assert.equal(child.stdout.toString(), 'changed');
  });

  it('cannot be cut short, which would end whoever has mapped it', (t) => {
    const file = create(t);
    assert.throws(() => ftruncateSync(file.fd, 0), { code: 'EPERM' });
  });

  it('costs no memory for what was never touched, or was discarded', (t) => {
    const file = create(t, 1024 ** 4);
    file.view(0, 2 * PAGE_BYTES);
    file.write(Buffer.alloc(3 * PAGE_BYTES, 1), 0);
    file.discard(1, 2 * PAGE_BYTES);
    assert.deepEqual(
      [0, PAGE_BYTES, 2 * PAGE_BYTES].map((position) => Buffer.from(file.view(position, 1))[0]),
      [1, 0, 1],
    );
  });

  it('refuses ranges that it does not have', (t) => {
    const file = create(t, PAGE_BYTES);
    const data = Buffer.alloc(2);
    for (const position of [-1, PAGE_BYTES - 1, PAGE_BYTES + 1, Number.MAX_SAFE_INTEGER]) {
      assert.throws(() => file.write(data, position), RangeError);
      assert.throws(() => file.read(data, position), RangeError);
      assert.throws(() => file.view(position, 2), RangeError);
      assert.throws(() => file.discard(position, 2), RangeError);
    }
  });

  it('leaves views valid when it is closed, and takes nothing more', (t) => {
    const file = create(t);
    const view = Buffer.from(file.view(0, 4));
    view.write('kept');
    file.close();
    assert.equal(view.toString(), 'kept');
    assert.equal(file.fd, -1);
    assert.throws(() => file.write(view, 0), /closed/);
    file.close();
  });
});

const CHILD = `
  const read = Buffer.alloc(7);
  require('node:fs').readSync(3, read, 0, 7, 5000);
  process.stdout.write(read);
`;
