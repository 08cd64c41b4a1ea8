import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { joinBytesElements } from '@nereid/core';
import {
  type ModelMetadataResponse as Metadata,
  ModelConfigResponse,
  ModelMetadataResponse,
} from '@nereid/protocol';
import sharp from 'sharp';
import { runImageClient } from './run-image-client.js';

const METADATA: Metadata = {
  name: 'colors',
  versions: ['1'],
  platform: '',
  inputs: [{ name: 'image', datatype: 'UINT8', shape: [-1, 2, 2, 3] }],
  outputs: [{ name: 'scores', datatype: 'FP32', shape: [-1, 4] }],
};
const CONFIG = {
  name: 'colors',
  maxBatchSize: 2,
  input: [{ name: 'image', format: 'FORMAT_NHWC' as const }],
};
const IMAGE_BYTES = 12;
let folder = '';

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nereid-images-'));
  for (const [name, red] of [
    ['a.png', 10],
    ['b.png', 20],
    ['c.png', 30],
  ] as const) {
    const background = { r: red, g: 0, b: 0 };
    await sharp({ create: { width: 4, height: 4, channels: 3, background } })
      .png()
      .toFile(join(folder, name));
  }
});

after(() => rm(folder, { recursive: true }));

/** The class of an image is its first sample. */
function classesOf(images: Uint8Array): string[] {
  const count = images.length / IMAGE_BYTES;
  return Array.from({ length: count }, (_, i) => {
    const red = images[i * IMAGE_BYTES] ?? 0;
    return `${red}.500000:${red}:red: the ${red}th`;
  });
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function startHttpServer() {
  const requests: { url: string; header: Record<string, unknown> }[] = [];
  const server = createServer(async (request, response) => {
    const url = request.url ?? '';
    const body = await bodyOf(request);
    const headerBytes = Number(request.headers['inference-header-content-length'] ?? 0);
    if (headerBytes > 0) {
      requests.push({ url, header: JSON.parse(body.subarray(0, headerBytes).toString()) });
    }
    const answers: Readonly<Record<string, unknown>> = {
      '/v2/models/colors': METADATA,
      '/v2/models/colors/config': {
        max_batch_size: 2,
        input: [{ name: 'image', format: 'FORMAT_NHWC' }],
      },
      '/v2/models/colors/infer': {
        outputs: [{ name: 'scores', data: classesOf(body.subarray(headerBytes)) }],
      },
    };
    response.statusCode = url in answers ? 200 : 404;
    response.end(JSON.stringify(answers[url] ?? { error: `nothing at ${url}` }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () => server.close(),
  };
}

const asIs = (bytes: Buffer) => bytes;
const method = (name: string, stream: boolean) => ({
  path: `/inference.GRPCInferenceService/${name}`,
  requestStream: stream,
  responseStream: stream,
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
});

const field = (number: number, content: Uint8Array) =>
  Buffer.concat([Buffer.from([(number << 3) | 2, content.length]), content]);

/** The raw contents are the last field that the client writes, and shorter than 128 bytes here. */
function inferAnswer(request: Buffer): Buffer {
  const imageCount = request.at(-1 - IMAGE_BYTES) === IMAGE_BYTES ? 1 : 2;
  const images = request.subarray(-imageCount * IMAGE_BYTES);
  const id = request.subarray(request.indexOf(0x1a) + 2, request.indexOf(0x1a) + 3);
  return Buffer.concat([field(3, id), field(6, joinBytesElements(classesOf(images)))]);
}

async function startGrpcServer() {
  const server = new Server();
  server.addService(
    {
      metadata: method('ModelMetadata', false),
      config: method('ModelConfig', false),
      infer: method('ModelInfer', false),
      stream: method('ModelStreamInfer', true),
    },
    {
      metadata: (_: unknown, done: (error: null, answer: Buffer) => void) =>
        done(null, ModelMetadataResponse.encode(METADATA)),
      config: (_: unknown, done: (error: null, answer: Buffer) => void) =>
        done(null, ModelConfigResponse.encode({ config: CONFIG })),
      infer: ({ request }: { request: Buffer }, done: (error: null, answer: Buffer) => void) =>
        done(null, inferAnswer(request)),
      stream: (call: NodeJS.EventEmitter & { write(b: Buffer): void; end(): void }) => {
        call.on('data', (request: Buffer) => call.write(field(2, inferAnswer(request))));
        call.on('end', () => call.end());
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    const created = ServerCredentials.createInsecure();
    server.bindAsync('127.0.0.1:0', created, (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { address: `127.0.0.1:${port}`, close: () => server.forceShutdown() };
}

async function run(...args: string[]) {
  const text = { stdout: '', stderr: '' };
  const code = await runImageClient(args, {
    stdout: { write: (part: string) => (text.stdout += part) },
    stderr: { write: (part: string) => (text.stderr += part) },
  });
  return { code, ...text };
}

const expectedOf = (name: string, red: number) =>
  `Image '${name}':\n    ${red}.500000 (${red}) = red: the ${red}th\n`;

test('prints what Triton’s client prints, and the base name of each image', async (t) => {
  const server = await startHttpServer();
  t.after(server.close);
  const { code, stdout, stderr } = await run('-m', 'colors', '-u', server.address, folder);
  assert.equal(stderr, '');
  assert.equal(
    stdout,
    `Request 1, batch size 1\n${expectedOf('a.png', 10)}` +
      `Request 2, batch size 1\n${expectedOf('b.png', 20)}` +
      `Request 3, batch size 1\n${expectedOf('c.png', 30)}PASS\n`,
  );
  assert.equal(code, 0);
  assert.deepEqual(server.requests[0]?.header, {
    id: '1',
    inputs: [
      {
        name: 'image',
        datatype: 'UINT8',
        shape: [1, 2, 2, 3],
        parameters: { binary_data_size: IMAGE_BYTES },
      },
    ],
    outputs: [{ name: 'scores', parameters: { classification: 1 } }],
  });
});

test('fills the last batch up from the beginning', async (t) => {
  const server = await startHttpServer();
  t.after(server.close);
  const { stdout } = await run('-m', 'colors', '-b', '2', '-a', '-u', server.address, folder);
  assert.equal(
    stdout,
    `Request 1, batch size 2\n${expectedOf('a.png', 10)}${expectedOf('b.png', 20)}` +
      `Request 2, batch size 2\n${expectedOf('c.png', 30)}${expectedOf('a.png', 10)}PASS\n`,
  );
});

for (const options of [[], ['--streaming'], ['-a']]) {
  test(`speaks gRPC ${options.join('')}`, async (t) => {
    const server = await startGrpcServer();
    t.after(server.close);
    const args = ['-m', 'colors', '-i', 'grpc', '-u', server.address, ...options];
    const { code, stdout, stderr } = await run(...args, join(folder, 'c.png'), folder);
    assert.equal(stderr, '');
    assert.equal(code, 0);
    assert.match(stdout, /^Request 1, batch size 1\nImage 'c\.png':\n {4}30\.500000/);
    assert.match(stdout, /Request 4, .*\nImage 'c\.png':\n.*\nPASS\n$/);
  });
}

test('ends with 1 and a sentence when the server knows no such model', async (t) => {
  const server = await startHttpServer();
  t.after(server.close);
  const { code, stdout, stderr } = await run('-m', 'shapes', '-u', server.address, folder);
  assert.equal(code, 1);
  assert.equal(stdout, '');
  assert.equal(stderr, 'The server answers 404: nothing at /v2/models/shapes.\n');
});

test('ends with 1 and a sentence when no server listens', async () => {
  const http = await run('-m', 'colors', '-u', '127.0.0.1:1', folder);
  assert.equal(http.code, 1);
  assert.match(http.stderr, /^No answer from http:\/\/127\.0\.0\.1:1\/.*ECONNREFUSED.*\.\n$/);
  const grpc = await run('-m', 'colors', '-i', 'grpc', '-u', '127.0.0.1:1', folder);
  assert.equal(grpc.code, 1);
  assert.match(grpc.stderr, /^The server answers UNAVAILABLE: .*ECONNREFUSED.*\.\n$/);
});

test('refuses more images a request than the model takes', async (t) => {
  const server = await startHttpServer();
  t.after(server.close);
  const { code, stderr } = await run('-m', 'colors', '-b', '3', '-u', server.address, folder);
  assert.equal(code, 1);
  assert.match(stderr, /expecting batch size <= 2 for model 'colors', got 3/);
});

test('shows how it is used, on request and after a wrong command line', async () => {
  const help = await run('--help');
  assert.deepEqual([help.code, help.stderr], [0, '']);
  assert.match(help.stdout, /^usage: nereid image-client -m MODEL/);
  const wrong = await run('-m', 'colors');
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /^No image is given.*\n\nusage:/);
});
