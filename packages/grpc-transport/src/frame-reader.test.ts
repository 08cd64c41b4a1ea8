import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type FrameHandler, type FrameHead, FrameReader } from './frame-reader.js';

const DATA = 0;
const SETTINGS = 4;
const UNKNOWN = 99;

function frame(type: number, streamId: number, contents: string): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(contents.length, 0, 3);
  head[3] = type;
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, Buffer.from(contents)]);
}

/** Notes what it gets; frames of an unknown type are skipped. */
class Recorder implements FrameHandler {
  readonly events: string[] = [];
  #data = '';

  accept({ type }: FrameHead): boolean {
    return type !== UNKNOWN;
  }
  frame({ type, length }: FrameHead, bytes: Buffer, start: number): void {
    this.events.push(`${type}: ${bytes.toString('latin1', start, start + length)}`);
  }
  data(bytes: Buffer, start: number, end: number): void {
    this.#data += bytes.toString('latin1', start, end);
  }
  dataEnd(): void {
    this.events.push(`data: ${this.#data}`);
    this.#data = '';
  }
}

const BYTES = Buffer.concat([
  frame(SETTINGS, 0, 'abcdef'),
  frame(DATA, 1, 'hello'),
  frame(UNKNOWN, 1, 'whatever'),
  frame(DATA, 1, ''),
  frame(SETTINGS, 0, ''),
  frame(DATA, 3, 'world'),
]);
const EVENTS = ['4: abcdef', 'data: hello', 'data: ', '4: ', 'data: world'];

describe('FrameReader', () => {
  for (const size of [1, 2, 3, 7, 10, 13, BYTES.length]) {
    it(`finds the same frames in pieces of ${size} bytes`, () => {
      const recorder = new Recorder();
      const reader = new FrameReader(recorder);
      const shared = Buffer.alloc(size);
      for (let at = 0; at < BYTES.length; at += size) {
        const length = BYTES.copy(shared, 0, at, at + size);
        reader.read(shared, 0, length);
      }
      assert.deepEqual(recorder.events, EVENTS);
      assert.equal(reader.midFrame, false);
    });
  }

  it('knows how much of a DATA frame is missing, and takes it as placed', () => {
    const recorder = new Recorder();
    const reader = new FrameReader(recorder);
    const bytes = frame(DATA, 1, 'x'.repeat(100));
    reader.read(bytes, 0, 19);
    assert.equal(reader.missingDataBytes, 90);
    reader.placed(90);
    assert.equal(recorder.events.length, 1);
    assert.equal(reader.missingDataBytes, 0);
  });

  it('wants nothing placed of a frame that is skipped', () => {
    const recorder = new Recorder();
    recorder.accept = () => false;
    const reader = new FrameReader(recorder);
    reader.read(frame(DATA, 1, 'x'.repeat(100)), 0, 19);
    assert.equal(reader.missingDataBytes, 0);
    assert.equal(reader.midFrame, true);
  });
});
