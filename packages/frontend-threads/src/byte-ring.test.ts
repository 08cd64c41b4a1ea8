import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRingMemory, RingReader, RingWriter } from './byte-ring.js';

function ring(capacityBytes = 256) {
  const memory = createRingMemory(capacityBytes);
  return { writer: new RingWriter(memory), reader: new RingReader(memory) };
}

function write(writer: RingWriter, kind: number, text: string): boolean {
  const at = writer.reserve(text.length);
  if (at < 0) return false;
  writer.bytes.write(text, at, 'latin1');
  writer.commit(kind);
  return true;
}

function read(reader: RingReader): string | undefined {
  if (!reader.next()) return undefined;
  const { kind, at, sizeBytes } = reader;
  return `${kind}:${reader.bytes.toString('latin1', at, at + sizeBytes)}`;
}

test('records come out as they went in, however often the end is passed', () => {
  const { writer, reader } = ring();
  for (let count = 0; count < 1000; count += 1) {
    const text = 'x'.repeat(count % 90);
    assert.ok(write(writer, (count % 7) + 1, text));
    assert.equal(read(reader), `${(count % 7) + 1}:${text}`);
    assert.equal(read(reader), undefined);
  }
});

test('a full ring takes nothing until something was read', () => {
  const { writer, reader } = ring();
  let written = 0;
  while (write(writer, 1, `record ${written}`)) written += 1;
  assert.ok(written > 5);
  assert.equal(writer.reserve(1), -1);
  for (let index = 0; index < written; index += 1) {
    assert.equal(read(reader), `1:record ${index}`);
  }
  reader.release();
  assert.ok(write(writer, 2, 'again'));
  assert.equal(read(reader), '2:again');
});

test('a record that does not fit before the end goes to the beginning', () => {
  const { writer, reader } = ring();
  const long = 'y'.repeat(150);
  for (let count = 0; count < 20; count += 1) {
    assert.ok(write(writer, 3, long));
    assert.equal(read(reader), `3:${long}`);
    assert.ok(!reader.next());
  }
});

test('a reader that sleeps is woken once, and does not sleep over a record', () => {
  const { writer, reader } = ring();
  assert.equal(writer.takeSleeper(), false);
  assert.ok(!reader.next());
  assert.ok(reader.fallAsleep());
  write(writer, 1, 'a');
  assert.equal(writer.takeSleeper(), true);
  assert.equal(writer.takeSleeper(), false);
  assert.equal(reader.fallAsleep(), false);
  assert.equal(read(reader), '1:a');
});

test('a writer that waits for room is told of once', () => {
  const { writer, reader } = ring();
  writer.awaitRoom();
  assert.equal(reader.takeWaitingWriter(), true);
  assert.equal(reader.takeWaitingWriter(), false);
});
