import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { GrpcCall, GrpcHandler } from './grpc-call.js';
import { GrpcServer } from './grpc-server.js';
import { ERROR, FLAG, FRAME, PREFACE } from './http2-protocol.js';
import type { ServerOptions } from './server-options.js';

const OK = { code: 0, message: '' };
const MEBIBYTE = 1024 * 1024;
const PATH = '/t/echo';
/** A POST to the path by http, with the content type of gRPC. */
const REQUEST = Buffer.concat([
  Buffer.from([0x83, 0x86, 0x04, PATH.length]),
  Buffer.from(PATH),
  Buffer.from([0x0f, 0x10, 16]),
  Buffer.from('application/grpc'),
]);

interface Frame {
  readonly type: number;
  readonly flags?: number;
  readonly id?: number;
  readonly contents?: Buffer;
}

function encode({ type, flags = 0, id = 0, contents = Buffer.alloc(0) }: Frame): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(contents.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, contents]);
}

function uint32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, index * 4);
  return bytes;
}

const settings = (...entries: [number, number][]): Buffer =>
  encode({
    type: FRAME.SETTINGS,
    contents: Buffer.concat(
      entries.map(([key, value]) => Buffer.concat([Buffer.from([0, key]), uint32(value)])),
    ),
  });

const headers = (id: number, flags: number = FLAG.END_HEADERS, contents = REQUEST): Buffer =>
  encode({ type: FRAME.HEADERS, flags, id, contents });

function message(id: number, text: Buffer | string, flags: number = FLAG.END_STREAM): Buffer {
  const bytes = Buffer.from(text);
  const contents = Buffer.concat([Buffer.from([0]), uint32(bytes.length), bytes]);
  return encode({ type: FRAME.DATA, flags, id, contents });
}

/** A client that sends what it is told, and notes what comes. */
class RawClient {
  readonly socket: Socket;
  readonly frames: (Required<Frame> & { readonly contents: Buffer })[] = [];
  closed = false;
  #rest: Buffer = Buffer.alloc(0);

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.closed = true;
    });
    this.socket.on('data', (bytes) => this.#read(bytes));
  }

  send(...parts: Buffer[]): void {
    this.socket.write(Buffer.concat(parts));
  }

  /** Resolves with the first frame that matches; rejects when none comes. */
  async frame(type: number, id?: number) {
    const matches = (frame: Frame) => frame.type === type && (id === undefined || frame.id === id);
    await eventually(() => this.frames.some(matches), `no frame of type ${type}`);
    const found = this.frames.find(matches);
    assert.ok(found);
    return found;
  }

  /** Resolves with the error code of the end of the connection. */
  async goAway(): Promise<number> {
    return (await this.frame(FRAME.GOAWAY)).contents.readUInt32BE(4);
  }

  async reset(id: number): Promise<number> {
    return (await this.frame(FRAME.RST_STREAM, id)).contents.readUInt32BE(0);
  }

  dataBytes(id: number): number {
    return this.frames
      .filter((frame) => frame.type === FRAME.DATA && frame.id === id)
      .reduce((sum, { contents }) => sum + contents.length, 0);
  }

  #read(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    while (this.#rest.length >= 9) {
      const length = this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < 9 + length) return;
      this.frames.push({
        type: this.#rest[3] ?? 0,
        flags: this.#rest[4] ?? 0,
        id: this.#rest.readUInt32BE(5),
        contents: this.#rest.subarray(9, 9 + length),
      });
      this.#rest = this.#rest.subarray(9 + length);
    }
  }
}

async function eventually(holds: () => boolean, text = 'it does not happen'): Promise<void> {
  for (let count = 0; count < 500 && !holds(); count += 1) await sleep(10);
  assert.ok(holds(), text);
}

const echo: GrpcHandler = {
  kind: 'unary',
  handle(call, bytes) {
    call.write(bytes);
    call.end(OK);
  },
};

async function start(t: TestContext, options: ServerOptions = {}, handler = echo) {
  const server = new GrpcServer(new Map([[PATH, handler]]), options);
  const port = await server.listen({ host: '127.0.0.1', port: 0 });
  t.after(() => server.close(0));
  const open = (greeting: Buffer = Buffer.concat([PREFACE, settings()])) => {
    const client = new RawClient(port);
    t.after(() => client.socket.destroy());
    client.send(greeting);
    return client;
  };
  return { server, port, open };
}

/** The least that one thing on a connection must not do to the others. */
async function assertServes(open: () => RawClient): Promise<void> {
  const client = open();
  client.send(headers(1), message(1, 'still there'));
  const { contents } = await client.frame(FRAME.DATA, 1);
  assert.equal(contents.toString('utf8', 5), 'still there');
}

function repeated(count: number, part: (index: number) => Buffer): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, index) => part(index)));
}

describe('Connection', () => {
  it('takes a request in single bytes', async (t) => {
    const { open } = await start(t);
    const client = open(Buffer.alloc(0));
    const bytes = Buffer.concat([PREFACE, settings(), headers(1), message(1, 'slow')]);
    client.socket.setNoDelay(true);
    for (const byte of bytes) {
      client.send(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    const { contents } = await client.frame(FRAME.DATA, 1);
    assert.equal(contents.toString('utf8', 5), 'slow');
  });

  it('reads large frames into their place, also when several share a read', async (t) => {
    const { open, server } = await start(t);
    const client = open();
    const grant = encode({ type: FRAME.WINDOW_UPDATE, contents: uint32(100 * MEBIBYTE) });
    client.send(settings([4, 50 * MEBIBYTE], [5, 16_777_215]), grant);
    const texts = [1, 3, 5].map((id) => Buffer.alloc(900_000, `${id}abc`));
    for (const [index, text] of texts.entries()) {
      client.send(headers(2 * index + 1), message(2 * index + 1, text));
    }
    for (const [index, text] of texts.entries()) {
      await eventually(() => client.dataBytes(2 * index + 1) === text.length + 5);
      const frames = client.frames.filter(({ id, type }) => id === 2 * index + 1 && type === 0);
      assert.ok(
        Buffer.concat(frames.map(({ contents }) => contents))
          .subarray(5)
          .equals(text),
      );
    }
    assert.equal(server.heldBytes, 0);
  });

  it('decodes a remembered header block anew when the table has changed', async (t) => {
    const paths: string[] = [];
    const handler: GrpcHandler = {
      kind: 'unary',
      handle(call) {
        paths.push(call.header('x-a') ?? '');
        call.end(OK);
      },
    };
    const { open } = await start(t, {}, handler);
    const client = open();
    const indexed = (text: string) =>
      Buffer.concat([
        REQUEST,
        Buffer.from([0x40, 3]),
        Buffer.from('x-a'),
        Buffer.from([text.length]),
        Buffer.from(text),
      ]);
    const again = Buffer.concat([REQUEST, Buffer.from([0xbe])]);
    const blocks = [indexed('one'), again, again, indexed('two'), again, again];
    for (const [index, block] of blocks.entries()) {
      client.send(headers(2 * index + 1, FLAG.END_HEADERS, block), message(2 * index + 1, ''));
    }
    await eventually(() => paths.length === blocks.length);
    assert.deepEqual(paths, ['one', 'one', 'one', 'two', 'two', 'two']);
  });

  it('never sends more than the windows allow', async (t) => {
    const { open } = await start(t);
    const client = open(Buffer.concat([PREFACE, settings([4, 10])]));
    client.send(headers(1), message(1, 'x'.repeat(100)));
    await eventually(() => client.dataBytes(1) === 10);
    await sleep(50);
    assert.equal(client.dataBytes(1), 10);
    client.send(encode({ type: FRAME.WINDOW_UPDATE, id: 1, contents: uint32(20) }));
    await eventually(() => client.dataBytes(1) === 30);
    client.send(settings([4, 1000]));
    await eventually(() => client.dataBytes(1) === 105);
    const last = client.frames.filter(({ id }) => id === 1).at(-1);
    assert.equal(last?.flags, FLAG.END_HEADERS | FLAG.END_STREAM);
  });

  it('sends a message in pieces as one, cut wherever windows and frames cut it', async (t) => {
    const pieces = [3, 0, 70_000, 1, 20_000].map((size, index) => Buffer.alloc(size, `${index}x`));
    let sentCount = 0;
    const source: GrpcHandler = {
      kind: 'unary',
      handle(call) {
        call.writePieces(pieces, () => (sentCount += 1));
        call.end(OK);
      },
    };
    const { open, server } = await start(t, {}, source);
    const client = open(Buffer.concat([PREFACE, settings([4, 3])]));
    client.send(headers(1), message(1, ''));
    for (const [sum, more] of [
      [3, 4],
      [7, 1000],
      [1007, 90_000],
    ] as const) {
      await eventually(() => client.dataBytes(1) === sum);
      client.send(encode({ type: FRAME.WINDOW_UPDATE, id: 1, contents: uint32(more) }));
    }
    assert.equal(sentCount, 0);
    client.send(encode({ type: FRAME.WINDOW_UPDATE, contents: uint32(100_000) }));
    const expected = Buffer.concat(pieces);
    await eventually(() => client.dataBytes(1) === expected.length + 5);
    const received = client.frames.filter(({ type, id }) => type === FRAME.DATA && id === 1);
    const whole = Buffer.concat(received.map(({ contents }) => contents));
    assert.deepEqual(
      whole.subarray(0, 5),
      Buffer.concat([Buffer.from([0]), uint32(expected.length)]),
    );
    assert.ok(whole.subarray(5).equals(expected));
    await eventually(() => server.heldBytes === 0 && sentCount === 1);
  });

  it('compresses a message in pieces', async (t) => {
    const source: GrpcHandler = {
      kind: 'unary',
      handle(call) {
        call.writePieces([Buffer.alloc(10_000, 'a'), Buffer.alloc(10_000, 'b')]);
        call.end(OK);
      },
    };
    const { open } = await start(t, { compression: () => 'low' }, source);
    const client = open();
    const accepting = Buffer.concat([
      REQUEST,
      Buffer.from([0, 20]),
      Buffer.from('grpc-accept-encoding'),
      Buffer.from([4]),
      Buffer.from('gzip'),
    ]);
    client.send(headers(1, FLAG.END_HEADERS, accepting), message(1, ''));
    const { contents } = await client.frame(FRAME.DATA, 1);
    const inflated = gunzipSync(contents.subarray(5)).toString();
    assert.equal(inflated, 'a'.repeat(10_000) + 'b'.repeat(10_000));
  });

  it('shares the window of a connection among its streams', async (t) => {
    const { open } = await start(t);
    const client = open(Buffer.concat([PREFACE, settings([4, MEBIBYTE])]));
    for (const id of [1, 3]) client.send(headers(id), message(id, 'x'.repeat(60_000)));
    await eventually(() => client.dataBytes(1) + client.dataBytes(3) === 65_535);
    client.send(encode({ type: FRAME.WINDOW_UPDATE, contents: uint32(100_000) }));
    await eventually(() => client.dataBytes(1) === 60_005 && client.dataBytes(3) === 60_005);
  });

  it('holds a bounded part of what a client does not take', async (t) => {
    const source: GrpcHandler = {
      kind: 'unary',
      handle(call) {
        call.write(Buffer.alloc(MEBIBYTE));
        call.end(OK);
      },
    };
    const { open, server } = await start(t, { maxMessagesBytes: 10 * MEBIBYTE }, source);
    const client = open();
    for (let id = 1; id < 100; id += 2) client.send(headers(id), message(id, ''));
    await eventually(() => server.heldBytes > 9 * MEBIBYTE);
    const refused = () => client.frames.filter(({ type, flags }) => type === 1 && flags === 5);
    await eventually(() => refused().length === 41);
    assert.ok(server.heldBytes <= 10 * MEBIBYTE);
    await assertServes(() => {
      const other = open();
      other.send(settings([4, 2 * MEBIBYTE]));
      return other;
    }).catch(() => {});
    client.socket.destroy();
    await eventually(() => server.heldBytes === 0);
  });

  it('cancels the calls of a connection that is gone', async (t) => {
    const open: GrpcCall[] = [];
    const hang: GrpcHandler = { kind: 'unary', handle: (call) => void open.push(call) };
    const { open: connectRaw, server } = await start(t, {}, hang);
    const client = connectRaw();
    for (const id of [1, 3]) client.send(headers(id), message(id, 'x'));
    await eventually(() => open.length === 2);
    client.socket.resetAndDestroy();
    await eventually(() => open.every(({ signal }) => signal.cancelled));
    await eventually(() => server.connectionCount === 0);
    assert.equal(server.heldBytes, 0);
  });

  it('tells a client to stop sending what is refused', async (t) => {
    const { open } = await start(t, { maxReceiveMessageBytes: 100 });
    const client = open();
    client.send(headers(1), message(1, 'x'.repeat(1000), 0));
    assert.equal(await client.reset(1), ERROR.NO_ERROR);
    client.send(message(1, 'more that was on its way', 0), headers(3), message(3, 'ok'));
    const { contents } = await client.frame(FRAME.DATA, 3);
    assert.equal(contents.toString('utf8', 5), 'ok');
  });

  const mistakes: Record<string, { bytes: Buffer; code: number }> = {
    'a frame above the limit': {
      bytes: encode({ type: FRAME.DATA, id: 1, contents: Buffer.alloc(MEBIBYTE + 1) }),
      code: ERROR.FRAME_SIZE_ERROR,
    },
    'a header frame above the limit': {
      bytes: headers(1, FLAG.END_HEADERS, Buffer.alloc(16_385)),
      code: ERROR.FRAME_SIZE_ERROR,
    },
    'headers that another frame interrupts': {
      bytes: Buffer.concat([headers(1, 0), settings()]),
      code: ERROR.PROTOCOL_ERROR,
    },
    'a window that overflows': {
      bytes: encode({ type: FRAME.WINDOW_UPDATE, contents: uint32(0x7fff_ffff) }),
      code: ERROR.FLOW_CONTROL_ERROR,
    },
    'an invalid header block': {
      bytes: headers(1, FLAG.END_HEADERS, Buffer.from([0x80])),
      code: ERROR.COMPRESSION_ERROR,
    },
    'a promise': {
      bytes: encode({ type: FRAME.PUSH_PROMISE, id: 1, contents: uint32(2) }),
      code: ERROR.PROTOCOL_ERROR,
    },
    'more settings than there are': {
      bytes: encode({ type: FRAME.SETTINGS, contents: Buffer.alloc(6 * 65) }),
      code: ERROR.ENHANCE_YOUR_CALM,
    },
    'data beyond the window of the connection': {
      bytes: Buffer.concat([
        headers(1),
        repeated(20, () => encode({ type: FRAME.DATA, id: 1, contents: Buffer.alloc(MEBIBYTE) })),
      ]),
      code: ERROR.FLOW_CONTROL_ERROR,
    },
  };
  for (const [what, { bytes, code }] of Object.entries(mistakes)) {
    it(`ends a connection with ${what}, and no other`, async (t) => {
      const options = { connectionWindowBytes: MEBIBYTE * 16, streamWindowBytes: MEBIBYTE * 64 };
      const stuck: GrpcHandler = {
        kind: 'stream',
        open(call) {
          call.pause();
          return { message() {}, halfClose() {} };
        },
      };
      const window = what.startsWith('data beyond');
      const { open } = await start(
        t,
        window ? { ...options, connectionWindowBytes: 65_535 } : {},
        window ? stuck : echo,
      );
      const client = open();
      client.send(bytes);
      assert.equal(await client.goAway(), code);
      await eventually(() => client.closed);
      if (!window) await assertServes(open);
    });
  }

  const floods: Record<string, Buffer> = {
    'SETTINGS frames': repeated(200, () => settings()),
    resets: repeated(5000, (index) =>
      Buffer.concat([
        headers(2 * index + 1),
        encode({ type: FRAME.RST_STREAM, id: 2 * index + 1, contents: uint32(8) }),
      ]),
    ),
    'empty DATA frames': Buffer.concat([
      headers(1),
      repeated(1200, () => encode({ type: FRAME.DATA, id: 1 })),
    ]),
    'CONTINUATION frames': Buffer.concat([
      headers(1, 0),
      repeated(100, () => encode({ type: FRAME.CONTINUATION, id: 1 })),
    ]),
    'header fields in CONTINUATION frames': Buffer.concat([
      headers(1, 0),
      repeated(20, () => encode({ type: FRAME.CONTINUATION, id: 1, contents: Buffer.alloc(1000) })),
    ]),
    'malformed requests': repeated(5000, (index) =>
      headers(2 * index + 1, FLAG.END_HEADERS | FLAG.END_STREAM, Buffer.from([0x82])),
    ),
    pings: repeated(4, () => encode({ type: FRAME.PING, contents: Buffer.alloc(8) })),
  };
  for (const [what, bytes] of Object.entries(floods)) {
    it(`ends a connection that floods it with ${what}`, async (t) => {
      const { open } = await start(t);
      const client = open();
      client.send(bytes);
      assert.equal(await client.goAway(), ERROR.ENHANCE_YOUR_CALM);
      await eventually(() => client.closed);
      await assertServes(open);
    });
  }

  it('limits pings where strikes are not counted', async (t) => {
    const { open } = await start(t, { maxPingStrikes: 0 });
    const client = open();
    const ping = encode({ type: FRAME.PING, contents: Buffer.from('8 bytes.') });
    client.send(repeated(500, () => ping));
    assert.equal((await client.frame(FRAME.PING)).contents.toString(), '8 bytes.');
    client.send(repeated(1000, () => ping));
    assert.equal(await client.goAway(), ERROR.ENHANCE_YOUR_CALM);
  });

  it('forgives the pings of a client that is served', async (t) => {
    const { open } = await start(t);
    const client = open();
    const ping = encode({ type: FRAME.PING, contents: Buffer.alloc(8) });
    for (let id = 1; id < 40; id += 2) client.send(ping, headers(id), message(id, 'x'));
    await client.frame(FRAME.DATA, 39);
    assert.ok(!client.frames.some(({ type }) => type === FRAME.GOAWAY));
  });

  it('says that there were too many pings, as gRPC clients expect it', async (t) => {
    const { open } = await start(t, { maxPingStrikes: 1 });
    const client = open();
    client.send(repeated(3, () => encode({ type: FRAME.PING, contents: Buffer.alloc(8) })));
    const { contents } = await client.frame(FRAME.GOAWAY);
    assert.equal(contents.toString('utf8', 8), 'too_many_pings');
  });

  it('refuses streams above the limit, and those only', async (t) => {
    const hang: GrpcHandler = { kind: 'unary', handle() {} };
    const { open } = await start(t, { maxConcurrentStreams: 3 }, hang);
    const client = open();
    for (const id of [1, 3, 5, 7]) client.send(headers(id), message(id, 'x'));
    assert.equal(await client.reset(7), ERROR.REFUSED_STREAM);
    client.send(encode({ type: FRAME.RST_STREAM, id: 1, contents: uint32(8) }), headers(9));
    await sleep(50);
    assert.ok(!client.frames.some(({ type, id }) => type === FRAME.RST_STREAM && id !== 7));
  });

  it('keeps little of a block that refers to a large field again and again', async (t) => {
    const { open } = await start(t);
    const client = open();
    const value = Buffer.alloc(3900, 'v');
    const large = Buffer.concat([Buffer.from([0x40, 1, 0x78, 0x7f, 0xbd, 0x1d]), value]);
    const block = Buffer.concat([REQUEST, large]);
    client.send(headers(1, FLAG.END_HEADERS, block), message(1, 'a'));
    await client.frame(FRAME.DATA, 1);
    const bomb = Buffer.concat([REQUEST, Buffer.alloc(16_000, 0xbe)]);
    client.send(headers(3, FLAG.END_HEADERS, bomb), message(3, 'b'));
    const { flags } = await client.frame(FRAME.HEADERS, 3);
    assert.equal(flags, FLAG.END_HEADERS | FLAG.END_STREAM);
    client.send(headers(5), message(5, 'c'));
    await client.frame(FRAME.DATA, 5);
  });

  it('resets a stream beyond its window, and leaves the others', async (t) => {
    const stuck: GrpcHandler = {
      kind: 'stream',
      open(call) {
        call.pause();
        return { message() {}, halfClose() {} };
      },
    };
    const { open } = await start(t, { streamWindowBytes: 10_000 }, stuck);
    const client = open();
    client.send(headers(1), message(1, 'x'.repeat(10_000), 0));
    assert.equal(await client.reset(1), ERROR.FLOW_CONTROL_ERROR);
    assert.ok(!client.frames.some(({ type }) => type === FRAME.GOAWAY));
  });

  it('compresses from the first response on', async (t) => {
    const { open } = await start(t, { compression: () => 'low' });
    const client = open();
    const accepting = Buffer.concat([
      REQUEST,
      Buffer.from([0, 20]),
      Buffer.from('grpc-accept-encoding'),
      Buffer.from([4]),
      Buffer.from('gzip'),
    ]);
    client.send(headers(1, FLAG.END_HEADERS, accepting), message(1, Buffer.alloc(10_000)));
    const { contents } = await client.frame(FRAME.DATA, 1);
    assert.equal(contents[0], 1);
    assert.equal(gunzipSync(contents.subarray(5)).length, 10_000);
    assert.ok((await client.frame(FRAME.HEADERS, 1)).contents.includes('grpc-encoding'));
  });

  it('inflates no bomb, whatever its size on the wire', async (t) => {
    const { open, server } = await start(t, { maxInflatedMessageBytes: MEBIBYTE });
    const client = open();
    const encoding = Buffer.concat([
      REQUEST,
      Buffer.from([0, 13]),
      Buffer.from('grpc-encoding'),
      Buffer.from([4]),
      Buffer.from('gzip'),
    ]);
    const bomb = gzipSync(Buffer.alloc(200 * MEBIBYTE));
    const contents = Buffer.concat([Buffer.from([1]), uint32(bomb.length), bomb]);
    const before = process.memoryUsage().rss;
    client.send(
      headers(1, FLAG.END_HEADERS, encoding),
      encode({ type: FRAME.DATA, flags: FLAG.END_STREAM, id: 1, contents }),
    );
    const { flags } = await client.frame(FRAME.HEADERS, 1);
    assert.equal(flags, FLAG.END_HEADERS | FLAG.END_STREAM);
    assert.ok(process.memoryUsage().rss - before < 50 * MEBIBYTE);
    assert.equal(server.heldBytes, 0);
  });

  const halves: Record<string, Buffer> = {
    'the preface': PREFACE.subarray(0, 10),
    'the first SETTINGS': PREFACE,
    'a frame': Buffer.concat([PREFACE, settings(), headers(1).subarray(0, 20)]),
    'a header block': Buffer.concat([PREFACE, settings(), headers(1, 0)]),
    'a DATA frame': Buffer.concat([
      PREFACE,
      settings(),
      headers(1),
      message(1, 'abc').subarray(0, 12),
    ]),
  };
  for (const [what, bytes] of Object.entries(halves)) {
    it(`closes a connection that stops in the middle of ${what}`, async (t) => {
      const { open } = await start(t, { handshakeTimeoutMs: 150 });
      const client = open(bytes);
      await eventually(() => client.closed);
    });
  }

  it('leaves a connection alone that has nothing to say', async (t) => {
    const { open } = await start(t, { handshakeTimeoutMs: 100 });
    const client = open();
    await sleep(400);
    assert.equal(client.closed, false);
    client.send(headers(1), message(1, 'awake'));
    await client.frame(FRAME.DATA, 1);
  });

  it('closes a connection whose client takes nothing', async (t) => {
    const source: GrpcHandler = {
      kind: 'unary',
      handle(call) {
        call.write(Buffer.alloc(64 * MEBIBYTE));
        call.end(OK);
      },
    };
    const { open, server } = await start(t, { writeTimeoutMs: 200 }, source);
    const grant = encode({ type: FRAME.WINDOW_UPDATE, contents: uint32(0x7000_0000) });
    const client = open(Buffer.concat([PREFACE, settings([4, 0x7fff_ffff]), grant]));
    client.socket.pause();
    client.send(headers(1), message(1, ''));
    await eventually(() => server.heldBytes > 60 * MEBIBYTE);
    await eventually(() => server.connectionCount === 0);
    assert.equal(server.heldBytes, 0);
  });

  it('counts what waits in sockets for clients that take nothing', async (t) => {
    const source: GrpcHandler = {
      kind: 'unary',
      handle(call) {
        call.write(Buffer.alloc(250_000));
        call.end(OK);
      },
    };
    const { open, server } = await start(t, { maxMessagesBytes: 2 * MEBIBYTE }, source);
    const grant = encode({ type: FRAME.WINDOW_UPDATE, contents: uint32(0x7000_0000) });
    for (let count = 0; count < 5; count += 1) {
      const client = open(Buffer.concat([PREFACE, settings([4, 0x7fff_ffff]), grant]));
      client.socket.pause();
      for (let id = 1; id < 80; id += 2) client.send(headers(id), message(id, ''));
    }
    // The system's own buffers are of no concern here, and differ.
    await eventually(() => server.heldBytes > MEBIBYTE);
    await sleep(200);
    assert.ok(server.heldBytes < 3.5 * MEBIBYTE, `${server.heldBytes} held`);
  });

  it('does not read from a client that does not read its answers', async (t) => {
    const { open } = await start(t, { maxPingStrikes: 0 });
    const client = open();
    client.socket.pause();
    const ping = encode({ type: FRAME.PING, contents: Buffer.alloc(8) });
    const rssBefore = process.memoryUsage().rss;
    // Each request forgives the pings before it.
    for (let id = 1; id < 4000; id += 2) {
      client.send(
        headers(id),
        message(id, 'x'),
        repeated(500, () => ping),
      );
      if (client.socket.writableLength > 4 * MEBIBYTE) break;
      await new Promise(setImmediate);
    }
    await sleep(300);
    assert.ok(client.socket.writableLength > 0, 'the server goes on reading');
    assert.ok(process.memoryUsage().rss - rssBefore < 60 * MEBIBYTE);
    client.socket.resume();
    await eventually(() => client.socket.writableLength === 0);
  });

  it('asks a silent client whether it is there, and closes it without an answer', async (t) => {
    const options = { keepaliveTimeMs: 100, keepaliveTimeoutMs: 100 };
    const { open } = await start(t, { ...options, keepalivePermitWithoutCalls: true });
    const [silent, lively] = [open(), open()];
    lively.socket.on('data', () => {
      const ping = lively.frames.pop();
      if (ping?.type === FRAME.PING) lively.send(encode({ ...ping, flags: FLAG.ACK }));
    });
    assert.equal((await silent.frame(FRAME.PING)).flags, 0);
    await eventually(() => silent.closed);
    assert.equal(lively.closed, false);
  });

  it('tells an old connection to go, and ends it when its call has ended', async (t) => {
    let open: GrpcCall | undefined;
    const hang: GrpcHandler = {
      kind: 'unary',
      handle(call) {
        open = call;
      },
    };
    const { open: connectRaw } = await start(t, { maxConnectionAgeMs: 100 }, hang);
    const client = connectRaw();
    client.send(headers(1), message(1, 'x'));
    const first = await client.frame(FRAME.GOAWAY);
    assert.deepEqual(first.contents.subarray(0, 8), uint32(0x7fff_ffff, ERROR.NO_ERROR));
    assert.equal(first.contents.toString('utf8', 8), 'max_age');
    const ping = await client.frame(FRAME.PING);
    client.send(
      encode({ type: FRAME.PING, flags: FLAG.ACK, contents: Buffer.from(ping.contents) }),
    );
    const goAways = () => client.frames.filter(({ type }) => type === FRAME.GOAWAY);
    await eventually(() => goAways().length === 2);
    assert.deepEqual(goAways()[1]?.contents, uint32(1, ERROR.NO_ERROR));
    assert.equal(client.closed, false);
    open?.end(OK);
    await eventually(() => client.closed);
    assert.ok(client.frames.some(({ type, id }) => type === FRAME.HEADERS && id === 1));
  });

  it('answers what is no gRPC with a status of HTTP', async (t) => {
    const { open } = await start(t);
    const client = open();
    const get = Buffer.from([0x82, 0x86, 0x84]);
    client.send(headers(1, FLAG.END_HEADERS | FLAG.END_STREAM, get));
    const { contents } = await client.frame(FRAME.DATA, 1);
    assert.match(contents.toString(), /gRPC/);
    const post = Buffer.from([0x83, 0x86, 0x84]);
    client.send(headers(3, FLAG.END_HEADERS, post), message(3, 'whatever'));
    assert.ok((await client.frame(FRAME.HEADERS, 3)).contents.includes('415'));
  });

  it('tells a client of HTTP/1.1 that it is wrong here', async (t) => {
    const { open } = await start(t);
    const client = open(Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
    await once(client.socket, 'close');
    assert.equal(await client.goAway(), ERROR.PROTOCOL_ERROR);
  });
});
