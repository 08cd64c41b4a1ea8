import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseImageClientArgs, UsageError } from './image-client-args.js';

test('has the defaults of the original client', () => {
  assert.deepEqual(parseImageClientArgs(['-m', 'resnet', 'cat.png']), {
    modelName: 'resnet',
    modelVersion: '',
    batchSize: 1,
    classCount: 1,
    scaling: 'NONE',
    protocol: 'http',
    address: 'localhost:8000',
    sendMode: 'sync',
    verbose: false,
    paths: ['cat.png'],
  });
});

test('takes every option, short and long', () => {
  const line = '-m m -x 3 -c 5 -s VGG -b 4 -i grpc -u far.example:9001 --streaming -v a.png b';
  assert.deepEqual(parseImageClientArgs(line.split(' ')), {
    modelName: 'm',
    modelVersion: '3',
    batchSize: 4,
    classCount: 5,
    scaling: 'VGG',
    protocol: 'grpc',
    address: 'far.example:9001',
    sendMode: 'streaming',
    verbose: true,
    paths: ['a.png', 'b'],
  });
});

test('finds the gRPC server at its own default port', () => {
  assert.equal(parseImageClientArgs(['-m', 'm', '-i', 'gRPC', 'a'])?.address, 'localhost:8001');
});

test('gives way to help', () => {
  assert.equal(parseImageClientArgs(['--help']), undefined);
});

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ['a.png', /model is needed/],
  ['-m m', /No image/],
  ['-m m --streaming a.png', /gRPC/],
  ['-m m -s LINEAR a.png', /NONE, INCEPTION, VGG/],
  ['-m m -i ftp a.png', /http or grpc/],
  ['-m m -b 0 a.png', /-b needs a whole number/],
  ['-m m -c many a.png', /-c needs a whole number/],
  ['-m m -x latest a.png', /is no number/],
  ['-m m -u localhost a.png', /HOST:PORT/],
  ['-m m -u localhost:99999 a.png', /HOST:PORT/],
  ['-m m --colour a.png', /colour/],
];

for (const [line, message] of REFUSED) {
  test(`refuses "${line}" with a sentence`, () => {
    assert.throws(
      () => parseImageClientArgs(line.split(' ')),
      (error) => error instanceof UsageError && message.test(error.message),
    );
  });
}
