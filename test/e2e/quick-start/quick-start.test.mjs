import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { root, startServer } from '../server-process.mjs';

const nereid = join(root, 'packages', 'server', 'dist', 'nereid.js');
const photo = (name) => join(root, 'examples', 'images', name);
const TOLERANCE = 0.05;

/** What ONNX Runtime itself answers for the photos, plainly resized by Pillow's bilinear filter. */
const REFERENCE = {
  'coffee.png': [
    [10.7685, 967, 'espresso'],
    [7.3857, 968, 'cup'],
    [6.5283, 504, 'coffee mug'],
  ],
  'chelsea.png': [
    [10.5305, 285, 'Egyptian cat'],
    [8.3269, 282, 'tiger cat'],
    [8.1032, 281, 'tabby, tabby cat'],
  ],
};

let server;
before(async () => {
  server = await startServer([
    `--model-repository=${join(root, 'examples', 'model_repository')}`,
    '--model-control-mode=explicit',
    '--load-model=efficientnet_lite0_onnx',
  ]);
});
after(() => server?.kill());

for (const [name, expected] of Object.entries(REFERENCE)) {
  for (const protocol of ['http', 'grpc']) {
    test(`classifies ${name} over ${protocol}`, async () => {
      assert.equal(server.exited, false, server.log);
      const url = protocol === 'http' ? server.http.slice('http://'.length) : server.grpc;
      const lines = await classify(['-i', protocol, '-u', url, photo(name)]);
      const start = lines.indexOf(`Image '${name}':`);
      assert.notEqual(start, -1, lines.join('\n'));
      checkClasses(lines.slice(start + 1, start + 4), expected);
    });
  }
}

test('classifies several images in one batch, asynchronously and as a stream', async () => {
  const http = server.http.slice('http://'.length);
  const photos = [photo('coffee.png'), photo('chelsea.png')];
  for (const options of [
    ['-b', '2', '-u', http],
    ['-b', '2', '-a', '-u', http],
    ['-i', 'grpc', '--streaming', '-u', server.grpc],
  ]) {
    const text = (await classify([...options, ...photos])).join('\n');
    assert.match(text, /= espresso/);
    assert.match(text, /= Egyptian cat/);
  }
});

test('says what is wrong with an unknown model', async () => {
  const failure = await classify(['-u', server.http.slice(7), photo('coffee.png')], 'nope').catch(
    (error) => error,
  );
  assert.equal(failure.code, 1);
  assert.match(failure.stderr, /Request for unknown model: 'nope' is not found/);
});

async function classify(args, model = 'efficientnet_lite0_onnx') {
  const command = [nereid, 'image-client', '-m', model, '-c', '3', '-s', 'INCEPTION', ...args];
  const { stdout } = await promisify(execFile)(process.execPath, command);
  return stdout.split('\n');
}

function checkClasses(lines, expected) {
  expected.forEach(([value, index, label], position) => {
    const line = lines[position];
    const [, gotValue, gotIndex, gotLabel] = /^ {4}(-?[0-9.]+) \((\d+)\) = (.*)$/.exec(line) ?? [];
    assert.equal(Number(gotIndex), index, line);
    assert.equal(gotLabel, label);
    assert.ok(Math.abs(Number(gotValue) - value) <= TOLERANCE, `${line}, expected ${value}`);
  });
}
