import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AccessEntry, systemClock } from '@nereid/core';
import { accessLine } from './access-line.js';
import { AccessLogger } from './access-logger.js';

const TIME_MS = Date.UTC(2026, 0, 31, 12, 0, 5, 250);

const INFERENCE: AccessEntry = {
  protocol: 'HTTP',
  client: '127.0.0.1',
  method: 'POST',
  path: '/v2/models/m/infer',
  status: 200,
  sentBytes: 123,
  durationNs: 1_234_567,
  modelName: 'm',
  modelVersion: 1,
  requestId: 'r"1\n',
  queueNs: 20_400,
  compute: { inputNs: 1_000, inferNs: 500_000, outputNs: 2_000 },
};

const HEALTH: AccessEntry = {
  ...INFERENCE,
  client: '',
  method: 'GET',
  path: '/v2/"quoted"',
  modelName: '',
  modelVersion: undefined,
  requestId: '',
  queueNs: undefined,
  compute: undefined,
};

test('the common format is that of web servers, with fields at the end', () => {
  assert.equal(
    accessLine(INFERENCE, TIME_MS, 'common'),
    '127.0.0.1 - - [31/Jan/2026:12:00:05 +0000] "POST /v2/models/m/infer HTTP/1.1" 200 123 ' +
      'model="m" version=1 request_id="r\\"1\\n" duration_us=1235 queue_us=20 compute_us=503\n',
  );
  assert.equal(
    accessLine(HEALTH, TIME_MS, 'common'),
    '- - - [31/Jan/2026:12:00:05 +0000] "GET /v2/\\"quoted\\" HTTP/1.1" 200 123 duration_us=1235\n',
  );
});

test('the common format has the status of gRPC in a field', () => {
  const line = accessLine({ ...HEALTH, protocol: 'gRPC', status: 14 }, TIME_MS, 'common');
  assert.match(line, / HTTP\/2\.0" 200 123 grpc_status=14 duration_us=1235\n$/);
});

test('a JSON line has what is known', () => {
  assert.deepEqual(JSON.parse(accessLine(INFERENCE, TIME_MS, 'json')), {
    time: '2026-01-31T12:00:05.250Z',
    protocol: 'HTTP',
    client: '127.0.0.1',
    method: 'POST',
    path: '/v2/models/m/infer',
    status: 200,
    sent_bytes: 123,
    duration_us: 1235,
    model: 'm',
    version: 1,
    request_id: 'r"1\n',
    queue_us: 20,
    compute_input_us: 1,
    compute_infer_us: 500,
    compute_output_us: 2,
  });
  assert.equal('model' in JSON.parse(accessLine(HEALTH, TIME_MS, 'json')), false);
});

test('lines that cannot be written fast enough are dropped and counted', async () => {
  const written: string[] = [];
  let unblock = () => {};
  const blocked = new Promise<void>((resolve) => {
    unblock = resolve;
  });
  const logger = new AccessLogger({
    format: 'json',
    file: '',
    clock: systemClock,
    target: async (text) => {
      await blocked;
      written.push(text);
    },
  });
  const path = `/${'x'.repeat(10_000)}`;
  for (let index = 0; index < 1000; index += 1) logger.write({ ...HEALTH, path });
  unblock();
  await logger.close();
  const lines = written.join('').trimEnd().split('\n');
  const lost = lines.map((line) => Number(JSON.parse(line).lost_lines ?? 0));
  const lostCount = lost.reduce((sum, count) => sum + count, 0);
  assert(lostCount > 0);
  assert.equal(lines.length - lost.filter((count) => count > 0).length, 1000 - lostCount);
});
