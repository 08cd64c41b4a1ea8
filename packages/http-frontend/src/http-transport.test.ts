import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ResponseSink } from '@nereid/core';
import { FakeClock } from '@nereid/testing';
import { FastifyTransport } from './fastify-transport.js';
import httpPlugin from './http-plugin.js';
import { EchoServer, echo, RawConnection, requestBytes, startFrontend } from './http-test-kit.js';
import { jsonResponse } from './json-response.js';
import metricsPlugin from './metrics-plugin.js';
import { NativeTransport } from './native-transport.js';

const INFER = 'POST /v2/models/echo/infer';
const BODY = '{"inputs":[{"name":"INPUT0","shape":[1],"datatype":"FP32","data":[1]}]}';

const TRANSPORTS = { native: NativeTransport, node: FastifyTransport } as const;

for (const transport of ['native', 'node'] as const) {
  const Transport = TRANSPORTS[transport];
  describe(`the ${transport} transport`, () => {
    it('refuses a port that is taken, naming it', async () => {
      const { frontend, address } = await startFrontend(httpPlugin, new EchoServer(), {
        transport,
      });
      const second = startFrontend(httpPlugin, new EchoServer(), {
        port: String(address.port),
        transport,
      });
      await assert.rejects(second, {
        code: 'UNAVAILABLE',
        message: new RegExp(`cannot listen on 127.0.0.1:${address.port}: .*EADDRINUSE`),
      });
      await frontend.stop(0);
    });

    it('answers what it has accepted as it stops, and closes idle connections', async () => {
      const server = new EchoServer();
      let finish: (() => void) | undefined;
      server.onInfer = (request, sink: ResponseSink) => {
        finish = () => echo(request, sink);
      };
      const { frontend, address } = await startFrontend(httpPlugin, server, { transport });
      const unused = new RawConnection(address.port);
      const idle = new RawConnection(address.port);
      idle.write(requestBytes('GET /v2/health/live'));
      await idle.answer();
      const busy = new RawConnection(address.port);
      busy.write(requestBytes(INFER, BODY));
      while (finish === undefined) await new Promise(setImmediate);
      const stopped = frontend.stop(10_000);
      await Promise.all([idle.closed(), unused.closed()]);
      finish();
      const answer = await busy.answer();
      assert.equal(answer?.status, 200);
      assert.match(answer?.head ?? '', /^Connection: close$/m);
      await Promise.all([stopped, busy.closed()]);
      const late = new RawConnection(address.port);
      late.write(requestBytes('GET /v2'));
      assert.equal(await late.answer(), undefined);
    });

    it('refuses a request that comes while it stops', async () => {
      const server = new EchoServer();
      const sinks: (() => void)[] = [];
      server.onInfer = (request, sink) => sinks.push(() => echo(request, sink));
      const { frontend, address } = await startFrontend(httpPlugin, server, { transport });
      const connection = new RawConnection(address.port);
      connection.write(requestBytes(INFER, BODY));
      while (sinks.length === 0) await new Promise(setImmediate);
      const stopped = frontend.stop(10_000);
      connection.write(requestBytes(INFER, BODY));
      await new Promise((resolve) => setTimeout(resolve, 50));
      for (const answer of sinks) answer();
      assert.equal((await connection.answer())?.status, 200);
      await stopped;
      assert.equal(server.requests.length, 1);
    });

    it('closes busy connections after the grace period', async () => {
      const server = new EchoServer();
      server.onInfer = () => {};
      const { frontend, address } = await startFrontend(httpPlugin, server, { transport });
      const connection = new RawConnection(address.port);
      connection.write(requestBytes(INFER, BODY));
      while (server.requests.length === 0) await new Promise(setImmediate);
      await frontend.stop(20);
      await connection.closed();
    });

    it('gives up on a body that trickles, and not on one that flows', async () => {
      const clock = new FakeClock();
      const received: number[] = [];
      const transport = new Transport({
        listen: { address: '127.0.0.1', port: 0, reusePort: false, tls: undefined },
        clock,
        handle: (exchange) => {
          received.push(exchange.body.length);
          exchange.respond(jsonResponse(200, ''));
        },
      });
      const { port } = await transport.listen();
      const trickling = new RawConnection(port);
      const flowing = new RawConnection(port);
      const head = 'POST /v2 HTTP/1.1\r\nHost: x\r\nContent-Length: 30000\r\n\r\n';
      trickling.write(head);
      flowing.write(head);
      for (let round = 0; round < 3; round += 1) {
        trickling.write('x');
        flowing.write(Buffer.alloc(10_000));
        await new Promise((resolve) => setTimeout(resolve, 50));
        clock.advanceUs(9_000_000);
      }
      const answer = await trickling.answer();
      assert.equal(answer?.status, 408);
      await trickling.closed();
      assert.equal((await flowing.answer())?.status, 200);
      assert.deepEqual(received, [30_000]);
      flowing.socket.destroy();
      await transport.close(0);
      assert.equal(clock.scheduledCount, 0, 'nothing is watched any more');
    });
  });
}

it('answers a request before the broken one that follows it on the connection', async () => {
  const server = new EchoServer();
  let finish: (() => void) | undefined;
  server.onInfer = (request, sink) => {
    finish = () => echo(request, sink);
  };
  const { frontend, address } = await startFrontend(httpPlugin, server, { transport: 'node' });
  const connection = new RawConnection(address.port);
  connection.write(
    Buffer.concat([requestBytes(INFER, BODY), Buffer.from('BREW /v2 HTTP/1.1\r\n')]),
  );
  while (finish === undefined) await new Promise(setImmediate);
  finish();
  assert.equal((await connection.answer())?.status, 200);
  assert.equal((await connection.answer())?.status, 405);
  await connection.closed();
  await frontend.stop(0);
});

it('serves metrics, and an empty page elsewhere', async () => {
  const { frontend, address } = await startFrontend(metricsPlugin, new EchoServer());
  const connection = new RawConnection(address.port);
  const ask = async (line: string) => {
    connection.write(requestBytes(line));
    const answer = await connection.answer();
    return [answer?.status, answer?.body.toString()];
  };
  assert.deepEqual(await ask('GET /metrics'), [200, 'nv_inference_count 1\n']);
  assert.deepEqual(await ask('GET /metrics/?a=b'), [200, 'nv_inference_count 1\n']);
  assert.deepEqual(await ask('GET /other'), [200, '']);
  assert.deepEqual(await ask('POST /metrics'), [405, '{"error":"Method Not Allowed"}']);
  await frontend.stop(0);
});

it('refuses settings that make no sense, naming them', async () => {
  const create = (settings: Record<string, string>) =>
    startFrontend(httpPlugin, new EchoServer(), settings);
  const refused: Record<string, RegExp> = {
    port: /'port' must be a whole number from 0 to 65535, got 'x'/,
    'max-input-size': /'max-input-size' must be a whole number/,
    'reuse-port': /'reuse-port' must be true or false/,
    'header-forward-pattern': /must be a regular expression, got '\('/,
    'restricted-api': /is not of the form/,
  };
  const values: Record<string, string> = { 'header-forward-pattern': '(' };
  await Promise.all(
    Object.entries(refused).map(([name, message]) =>
      assert.rejects(create({ [name]: values[name] ?? 'x' }), { code: 'INVALID_ARG', message }),
    ),
  );
});
