import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  type CallOptions,
  Client,
  type ClientOptions,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import type { GrpcCall, GrpcHandler, GrpcStreamCall, StreamReader } from './grpc-call.js';
import { canReusePort, GrpcServer } from './grpc-server.js';
import type { ServerOptions } from './server-options.js';

const OK = { code: 0, message: '' };
const GZIP = { 'grpc.default_compression_algorithm': 2 };
const FIXTURES = fileURLToPath(new URL('../fixtures/', import.meta.url));
const pem = (name: string) => readFileSync(`${FIXTURES}${name}.pem`);
const bytes = (message: Buffer) => message;

function unary(handle: (call: GrpcCall, message: Buffer) => void): GrpcHandler {
  return { kind: 'unary', handle };
}

function stream(open: (call: GrpcStreamCall) => Partial<StreamReader>): GrpcHandler {
  const reader = { message() {}, halfClose() {} };
  return { kind: 'stream', open: (call) => ({ ...reader, ...open(call) }) };
}

const echo = unary((call, message) => {
  call.write(message);
  call.end(OK);
});

const echoStream = stream((call) => ({
  message: (message) => void call.write(message),
  halfClose: () => call.end(OK),
}));

interface Setting {
  readonly options?: ServerOptions;
  readonly client?: ClientOptions;
  readonly credentials?: ReturnType<typeof credentials.createInsecure>;
}

async function start(t: TestContext, handlers: Record<string, GrpcHandler>, setting: Setting = {}) {
  const paths = Object.entries(handlers).map(([name, handler]) => [`/t/${name}`, handler] as const);
  const server = new GrpcServer(new Map(paths), setting.options);
  const port = await server.listen({ host: '127.0.0.1', port: 0 });
  const options = {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.max_receive_message_length': -1,
    'grpc.ssl_target_name_override': 'localhost',
    ...setting.client,
  };
  const channel = setting.credentials ?? credentials.createInsecure();
  const client = new Client(`127.0.0.1:${port}`, channel, options);
  t.after(async () => {
    client.close();
    await server.close(0);
  });
  return { server, client, port };
}

interface Answer {
  readonly message: Buffer | undefined;
  readonly error: ServiceError | null;
  readonly trailers: Metadata | undefined;
  readonly headers: Metadata | undefined;
}

interface Question extends CallOptions {
  readonly message: Buffer;
  readonly metadata?: Metadata;
}

function ask(client: Client, name: string, question: Buffer | Question): Promise<Answer> {
  const all: Question = Buffer.isBuffer(question) ? { message: question } : question;
  const { message, metadata = new Metadata(), ...options } = all;
  return new Promise((resolve) => {
    let headers: Metadata | undefined;
    let trailers: Metadata | undefined;
    let answer: Pick<Answer, 'message' | 'error'> | undefined;
    const call = client.makeUnaryRequest(
      `/t/${name}`,
      bytes,
      bytes,
      message,
      metadata,
      options,
      (error, reply) => {
        answer = { message: reply, error };
      },
    );
    call.on('metadata', (received: Metadata) => {
      headers = received;
    });
    call.on('status', (status) => {
      trailers = status.metadata;
      setImmediate(() =>
        resolve({ message: undefined, error: null, ...answer, trailers, headers }),
      );
    });
  });
}

function openStream(t: TestContext, client: Client, name: string) {
  const call = client.makeBidiStreamRequest(`/t/${name}`, bytes, bytes);
  t.after(() => call.on('error', () => {}).cancel());
  return call;
}

async function eventually(holds: () => boolean): Promise<void> {
  for (let count = 0; count < 1000 && !holds(); count += 1) await sleep(10);
  assert.ok(holds());
}

describe('GrpcServer', () => {
  for (const size of [0, 1, 16_379, 16_380, 70_000, 600_000, 9_000_000]) {
    it(`carries a message of ${size} bytes both ways`, async (t) => {
      const { client, server } = await start(t, { echo });
      const message = Buffer.alloc(size, 'abcdefg');
      const answer = await ask(client, 'echo', message);
      assert.equal(answer.error, null);
      assert.ok(answer.message?.equals(message));
      assert.equal(server.heldBytes, 0);
    });
  }

  it('answers many calls at once, each with its own', async (t) => {
    const { client } = await start(t, { echo });
    const asked = Array.from({ length: 500 }, (_, index) => Buffer.from(`call ${index}`));
    const answers = await Promise.all(asked.map((message) => ask(client, 'echo', message)));
    assert.deepEqual(
      answers.map(({ message }) => message?.toString()),
      asked.map(String),
    );
  });

  it('ends calls with a status, a message of any text, and metadata', async (t) => {
    const trailers = [['x-bin', Buffer.from([1, 255])]] as const;
    const refuse = unary((call) => call.end({ code: 5, message: '100 % ä\n' }, trailers));
    const { client } = await start(t, { refuse });
    const answer = await ask(client, 'refuse', Buffer.alloc(1));
    assert.equal(answer.error?.code, 5);
    assert.equal(answer.error?.details, '100 % ä\n');
    assert.deepEqual(answer.trailers?.get('x-bin'), [Buffer.from([1, 255])]);
  });

  it('passes metadata in both directions', async (t) => {
    const reflect = unary((call) => {
      const texts = [...call.headers()].filter(([name]) => name.startsWith('x-'));
      call.sendMetadata(texts);
      call.write(Buffer.concat(call.binaryHeader('x-bin')));
      call.end(OK, [['x-trailer', 'last']]);
    });
    const { client } = await start(t, { reflect });
    const metadata = new Metadata();
    metadata.set('x-text', 'words');
    metadata.set('x-bin', Buffer.from([0, 200]));
    const answer = await ask(client, 'reflect', { message: Buffer.alloc(0), metadata });
    assert.deepEqual(answer.message, Buffer.from([0, 200]));
    assert.deepEqual(answer.headers?.get('x-text'), ['words']);
    assert.deepEqual(answer.headers?.get('x-bin'), []);
    assert.deepEqual(answer.trailers?.get('x-trailer'), ['last']);
  });

  it('refuses methods that it does not have', async (t) => {
    const { client } = await start(t, { echo });
    const { error } = await ask(client, 'other', Buffer.alloc(1));
    assert.equal(error?.code, 12);
    assert.match(error?.details ?? '', /does not implement the method \/t\/other/);
  });

  it('ends the call of a handler that throws, and no other', async (t) => {
    const fail = unary(() => {
      throw new Error('broken');
    });
    const { client } = await start(t, { fail, echo });
    const { error } = await ask(client, 'fail', Buffer.alloc(1));
    assert.equal(error?.code, 2);
    assert.equal((await ask(client, 'echo', Buffer.from('a'))).message?.toString(), 'a');
  });

  it('cancels a call at its deadline', async (t) => {
    let cancelled = false;
    const hang = unary((call) => void call.signal.onCancel(() => (cancelled = true)));
    const { client } = await start(t, { hang });
    const { error } = await ask(client, 'hang', {
      message: Buffer.alloc(1),
      deadline: Date.now() + 1000,
    });
    assert.equal(error?.code, 4);
    await eventually(() => cancelled);
  });

  it('cancels a call whose client gives up', async (t) => {
    let cancelledCount = 0;
    let openCount = 0;
    const hang = stream((call) => {
      openCount += 1;
      call.signal.onCancel(() => (cancelledCount += 1));
      return {};
    });
    const { client } = await start(t, { hang });
    const first = openStream(t, client, 'hang').on('error', () => {});
    first.write(Buffer.alloc(1));
    await eventually(() => openCount === 1);
    first.cancel();
    await eventually(() => cancelledCount === 1);
  });

  it('streams in both directions, in order', async (t) => {
    const { client } = await start(t, { echoStream });
    const call = openStream(t, client, 'echoStream');
    for (let index = 0; index < 1000; index += 1) call.write(Buffer.from(String(index)));
    call.end();
    const received: string[] = [];
    for await (const message of call) received.push(String(message));
    assert.deepEqual(
      received,
      Array.from({ length: 1000 }, (_, index) => String(index)),
    );
  });

  it('makes a handler wait for a client that does not read', async (t) => {
    let writtenCount = 0;
    let drainedCount = 0;
    const pour = stream((call) => ({
      async message() {
        for (; writtenCount < 5000; writtenCount += 1) {
          if (call.write(Buffer.alloc(10_000))) continue;
          await call.drained();
          drainedCount += 1;
        }
        call.end(OK);
      },
    }));
    const { client, server } = await start(t, { pour });
    const call = openStream(t, client, 'pour');
    // Before its first read, grpc-js takes everything.
    const first = once(call, 'data').then(() => call.pause());
    call.write(Buffer.alloc(1));
    await first;
    await sleep(300);
    const stoppedAt = writtenCount;
    assert.ok(stoppedAt < 2500, `${stoppedAt} written`);
    assert.ok(server.heldBytes < 2_000_000, `${server.heldBytes} held`);
    let receivedCount = 1;
    for await (const message of call) receivedCount += message.length > 0 ? 1 : 0;
    assert.equal(receivedCount, 5000);
    assert.ok(drainedCount > 0);
    assert.equal(server.heldBytes, 0);
  });

  it('reads nothing more of a stream that is paused', async (t) => {
    let receivedCount = 0;
    let open: GrpcStreamCall | undefined;
    const slow = stream((call) => {
      open = call;
      call.pause();
      return { message: () => (receivedCount += 1), halfClose: () => call.end(OK) };
    });
    const options = { streamWindowBytes: 100_000 };
    const { client, server } = await start(t, { slow }, { options });
    const call = openStream(t, client, 'slow');
    for (let index = 0; index < 50; index += 1) call.write(Buffer.alloc(10_000));
    call.end();
    await sleep(200);
    assert.equal(receivedCount, 0);
    assert.ok(server.heldBytes <= 100_000, `${server.heldBytes} held`);
    open?.resume();
    for await (const _ of call);
    assert.equal(receivedCount, 50);
  });

  it('inflates requests', async (t) => {
    const { client } = await start(t, { echo }, { client: GZIP });
    const message = Buffer.alloc(100_000, 'words ');
    assert.ok((await ask(client, 'echo', message)).message?.equals(message));
  });

  it('keeps the order of messages of which some are compressed', async (t) => {
    const { client } = await start(t, { echoStream }, { client: GZIP });
    const call = openStream(t, client, 'echoStream');
    const sent = Array.from({ length: 50 }, (_, index) => Buffer.alloc(index * 500, index));
    for (const message of sent) call.write(message);
    call.end();
    const received: Buffer[] = [];
    for await (const message of call) received.push(message);
    assert.deepEqual(Buffer.concat(received), Buffer.concat(sent));
  });

  it('refuses a message that inflates beyond the limit', async (t) => {
    const options = { maxInflatedMessageBytes: 100_000 };
    const { client, server } = await start(t, { echo }, { client: GZIP, options });
    const { error } = await ask(client, 'echo', Buffer.alloc(200_000));
    assert.equal(error?.code, 8);
    assert.match(error?.details ?? '', /decompresses to a size larger than 100000/);
    assert.equal(server.heldBytes, 0);
  });

  for (const level of ['low', 'medium', 'high'] as const) {
    it(`compresses responses at the level ${level}`, async (t) => {
      const options = { compression: () => level };
      const { client } = await start(t, { echo, echoStream }, { options });
      const message = Buffer.alloc(100_000, 'words ');
      const answer = await ask(client, 'echo', message);
      assert.ok(answer.message?.equals(message));
      assert.deepEqual(answer.headers?.get('grpc-encoding'), []);
      const call = openStream(t, client, 'echoStream');
      call.write(message);
      call.write(Buffer.from('short'));
      call.end();
      const received: Buffer[] = [];
      for await (const each of call) received.push(each);
      assert.deepEqual(received, [message, Buffer.from('short')]);
    });
  }

  it('refuses a message above the limit', async (t) => {
    const { client } = await start(t, { echo }, { options: { maxReceiveMessageBytes: 1000 } });
    const { error } = await ask(client, 'echo', Buffer.alloc(1001));
    assert.equal(error?.code, 8);
    assert.match(error?.details ?? '', /larger than max \(1001 vs 1000\)/);
    assert.equal((await ask(client, 'echo', Buffer.alloc(1000))).error, null);
  });

  it('holds no more bytes of messages than it may, over all calls', async (t) => {
    const waiting: GrpcCall[] = [];
    const hold = unary((call) => void waiting.push(call));
    const { client, server } = await start(t, { hold }, { options: { maxMessagesBytes: 100_000 } });
    const asked = Array.from({ length: 5 }, () => ask(client, 'hold', Buffer.alloc(30_000)));
    await eventually(() => waiting.length === 3);
    await sleep(50);
    assert.equal(server.heldBytes, 90_000);
    for (const call of waiting) call.end(OK, [['x', 'y']]);
    const codes = (await Promise.all(asked)).map(({ error }) => error?.code);
    assert.deepEqual(codes.filter((code) => code === 8).length, 2);
    assert.equal(server.heldBytes, 0);
  });

  it('counts what a stream keeps until it is released', async (t) => {
    let open: GrpcStreamCall | undefined;
    const keep = stream((call) => {
      open = call;
      return { message: (message) => call.retain(message.length) };
    });
    const { client, server } = await start(t, { keep });
    const call = openStream(t, client, 'keep').on('error', () => {});
    call.write(Buffer.alloc(1000));
    call.write(Buffer.alloc(1000));
    await eventually(() => server.heldBytes === 2000);
    open?.release(1000);
    assert.equal(server.heldBytes, 1000);
    call.cancel();
    await eventually(() => server.heldBytes === 0);
  });

  it('encrypts, and asks for certificates where it shall', async (t) => {
    const tls = { certificate: pem('server'), key: pem('server-key') };
    const plain = await start(
      t,
      { echo },
      {
        options: { tls: { ...tls, mutual: false } },
        credentials: credentials.createSsl(pem('root')),
      },
    );
    const large = Buffer.alloc(600_000, 'x');
    assert.ok((await ask(plain.client, 'echo', large)).message?.equals(large));
    const mutual = { tls: { ...tls, mutual: true, rootCertificate: pem('root') } };
    const known = credentials.createSsl(pem('root'), pem('client-key'), pem('client'));
    const withCertificate = await start(t, { echo }, { options: mutual, credentials: known });
    assert.equal((await ask(withCertificate.client, 'echo', large)).error, null);
    const without = await start(
      t,
      { echo },
      { options: mutual, credentials: credentials.createSsl(pem('root')) },
    );
    const { error } = await ask(without.client, 'echo', {
      message: large,
      deadline: Date.now() + 2000,
    });
    assert.ok(error);
  });

  it('lets calls finish when it closes, and takes no new ones', async (t) => {
    let open: GrpcCall | undefined;
    const hang = unary((call) => {
      open = call;
    });
    const { client, server } = await start(t, { hang });
    const asked = ask(client, 'hang', Buffer.alloc(1));
    await eventually(() => open !== undefined);
    const closed = server.close(5000);
    await sleep(50);
    open?.write(Buffer.from('late'));
    open?.end(OK);
    assert.equal((await asked).message?.toString(), 'late');
    await closed;
    assert.equal(server.connectionCount, 0);
  });

  it('closes after the grace whatever is open', async (t) => {
    let cancelled = false;
    let begun = false;
    const hang = unary((call) => {
      begun = true;
      call.signal.onCancel(() => (cancelled = true));
    });
    const { client, server } = await start(t, { hang });
    const asked = ask(client, 'hang', Buffer.alloc(1));
    await eventually(() => begun);
    await server.close(50);
    assert.ok(cancelled);
    assert.ok((await asked).error);
  });

  it('accepts no more connections than it may', async (t) => {
    const { port, server } = await start(t, { echo }, { options: { maxConnections: 2 } });
    const sockets = [1, 2, 3].map(() =>
      connect(port, '127.0.0.1')
        .on('error', () => {})
        .resume(),
    );
    t.after(() => {
      for (const socket of sockets) socket.destroy();
    });
    await eventually(() => sockets.some(({ closed }) => closed));
    assert.equal(sockets.filter(({ closed }) => closed).length, 1);
    assert.equal(server.connectionCount, 2);
  });

  it('knows which versions of Node can share a port', () => {
    const versions = ['20.20.2', '22.11.0', '22.12.0', '23.0.0', '23.1.0', '24.0.0'];
    assert.deepEqual(
      versions.map((version) => canReusePort(version)),
      [false, false, true, false, true, true],
    );
  });

  it('shares a port where Node can, and refuses to where it cannot', async (t) => {
    const servers = [new GrpcServer(new Map()), new GrpcServer(new Map())];
    t.after(() => Promise.all(servers.map((server) => server.close(0))));
    const [first, second] = servers;
    const listen = (server: GrpcServer | undefined, port: number) =>
      server?.listen({ host: '127.0.0.1', port, reusePort: true });
    if (!canReusePort()) {
      await assert.rejects(async () => listen(first, 0), /cannot share a port/);
      return;
    }
    const port = await listen(first, 0);
    assert.equal(await listen(second, port ?? 0), port);
  });

  it('says why it cannot listen', async (t) => {
    const { port } = await start(t, { echo });
    const second = new GrpcServer(new Map());
    await assert.rejects(second.listen({ host: '127.0.0.1', port }), { code: 'EADDRINUSE' });
  });
});
