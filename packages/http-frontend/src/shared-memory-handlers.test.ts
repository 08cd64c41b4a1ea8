import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Frontend } from '@nereid/core';
import httpPlugin from './http-plugin.js';
import { EchoServer, exchangeRaw, requestBytes, startFrontend } from './http-test-kit.js';

const SYSTEM = '/v2/systemsharedmemory';
const CUDA = '/v2/cudasharedmemory';

describe('the shared-memory endpoints', () => {
  const server = new EchoServer();
  let frontend: Frontend;
  let port = 0;

  before(async () => {
    const started = await startFrontend(httpPlugin, server);
    frontend = started.frontend;
    port = started.address.port;
    server.systemSharedMemory.objects.set('/k', Buffer.from('..input-output'));
  });
  after(() => frontend.stop(0));

  /** Status and body; the text of an error in place of its JSON. */
  async function send(line: string, body = ''): Promise<[number, string]> {
    const answer = await exchangeRaw(port, requestBytes(line, body));
    assert(answer !== undefined, 'the connection was closed without an answer');
    const text = answer.body.toString('utf8');
    return [answer.status, answer.status < 400 ? text : JSON.parse(text).error];
  }

  it('register, list and unregister regions of system shared memory', async () => {
    assert.deepEqual(await send(`GET ${SYSTEM}/status`), [200, '[]']);
    for (const name of ['r', 's']) {
      const body = '{"key":"/k","offset":2,"byte_size":12}';
      assert.deepEqual(await send(`POST ${SYSTEM}/region/${name}/register`, body), [200, '']);
    }
    const r = '{"name":"r","key":"/k","offset":2,"byte_size":12}';
    const s = r.replace('"r"', '"s"');
    assert.deepEqual(await send(`GET ${SYSTEM}/status`), [200, `[${r},${s}]`]);
    assert.deepEqual(await send(`POST ${SYSTEM}/region/s/unregister`), [200, '']);
    assert.deepEqual(await send(`GET ${SYSTEM}/region/r/status`), [200, `[${r}]`]);
    assert.deepEqual(await send(`GET ${SYSTEM}/region/s/status`), [
      404,
      "Unable to find system shared memory region: 's'",
    ]);
  });

  it('refuse what cannot be registered', async () => {
    const body = '{"key":"/none","byte_size":1}';
    assert.deepEqual(await send(`POST ${SYSTEM}/region/n/register`, body), [
      500,
      "Unable to open shared memory region: '/none'",
    ]);
    assert.deepEqual(await send(`POST ${SYSTEM}/register`, body), [
      400,
      "'region name' is necessary to register system shared memory region",
    ]);
  });

  it('have tensors read from a region and written to one', async () => {
    const place = (offset: number) =>
      `"parameters":{"shared_memory_region":"r","shared_memory_offset":${offset},` +
      '"shared_memory_byte_size":5}';
    const body =
      `{"inputs":[{"name":"x","datatype":"UINT8","shape":[5],${place(0)}}],` +
      `"outputs":[{"name":"x",${place(6)}}]}`;
    const [status, text] = await send('POST /v2/models/echo/infer', body);
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(text).outputs, [{ name: 'x', datatype: 'UINT8', shape: [5] }]);
    const object = server.systemSharedMemory.objects.get('/k') ?? [];
    assert.equal(Buffer.from(object).toString(), '..input-inputt');
    assert.equal(server.systemSharedMemory.claimCount, 0);
  });

  it('know no CUDA memory', async () => {
    assert.deepEqual(await send(`GET ${CUDA}/status`), [200, '[]']);
    assert.deepEqual(await send(`POST ${CUDA}/unregister`), [200, '']);
    assert.deepEqual(await send(`POST ${CUDA}/region/r/unregister`), [200, '']);
    assert.deepEqual(await send(`GET ${CUDA}/region/z/status`), [
      404,
      "Unable to find cuda shared memory region: 'z'",
    ]);
    assert.deepEqual(await send(`GET ${CUDA}/region/r/status`), [
      404,
      "The region named 'r' is registered as system shared memory, not CUDA shared memory",
    ]);
    assert.deepEqual(await send(`POST ${CUDA}/region/c/register`, '{}'), [
      400,
      "failed to register CUDA shared memory region: 'c', GPUs not supported",
    ]);
  });

  it('forget all regions at once', async () => {
    assert.deepEqual(await send(`POST ${SYSTEM}/unregister`), [200, '']);
    assert.deepEqual(await send(`GET ${SYSTEM}/status`), [200, '[]']);
  });
});
