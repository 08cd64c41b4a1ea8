import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { LineForwarder } from './line-forwarder.js';

function setUp() {
  const stream = new PassThrough();
  const lines: string[] = [];
  new LineForwarder(stream, (line) => lines.push(line));
  return { stream, lines };
}

describe('a line forwarder', () => {
  it('passes lines on in order and leaves out empty ones', async () => {
    const { stream, lines } = setUp();
    stream.write('one\n\ntwo\n');
    stream.write('three\n');
    await nextTurn();
    assert.deepEqual(lines, ['one', 'two', 'three']);
  });

  it('lets others have their turn between parts of a long text', async () => {
    const { stream, lines } = setUp();
    const all = Array.from({ length: 1000 }, (_, index) => `line ${index}`);
    stream.write(all.join('\n'));
    await nextTurn();
    assert.ok(lines.length > 0 && lines.length < 1000, `${lines.length} lines at once`);
    while (lines.length < 1000) await nextTurn();
    assert.deepEqual(lines, all);
  });

  it('drops what is too much, and tells so', async () => {
    const { stream, lines } = setUp();
    const text = `${'x'.repeat(1023)}\n`.repeat(1024);
    for (let count = 0; count < 8; count += 1) stream.write(text);
    while (!lines.at(-1)?.includes('were lost')) await nextTurn();
    assert.match(lines.at(-1) ?? '', /^\d+ characters of output were lost/);
    assert.ok(lines.length < 8 * 1024, `${lines.length} lines`);
  });
});
