import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type RequestOptions, request } from 'node:https';
import { describe, it } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { isInferError } from '@nereid/core';
import httpPlugin from './http-plugin.js';
import { EchoServer, RawConnection, startFrontend } from './http-test-kit.js';
import metricsPlugin from './metrics-plugin.js';

const FIXTURES = fileURLToPath(new URL('../fixtures/', import.meta.url));
const ENCRYPTED = {
  'use-ssl': 'true',
  'server-cert': `${FIXTURES}server.pem`,
  'server-key': `${FIXTURES}server-key.pem`,
};
const MUTUAL = { ...ENCRYPTED, 'use-ssl-mutual': 'true', 'root-cert': `${FIXTURES}root.pem` };

function file(name: string): Buffer {
  return readFileSync(`${FIXTURES}${name}.pem`);
}

/** Status and body of a GET that trusts the test's root certificate. */
function get(port: number, path: string, options: RequestOptions = {}): Promise<string> {
  const target = { port, path, host: '127.0.0.1', servername: 'localhost', ca: file('root') };
  return new Promise((resolve, reject) => {
    request({ ...target, ...options, agent: false }, (response) => {
      let text = `${response.statusCode} `;
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve(text));
    })
      .on('error', reject)
      .end();
  });
}

describe('encrypted connections', () => {
  it('carry HTTP and metrics', async () => {
    const http = await startFrontend(httpPlugin, new EchoServer(), ENCRYPTED);
    const metrics = await startFrontend(metricsPlugin, new EchoServer(), ENCRYPTED);
    try {
      assert.equal(await get(http.address.port, '/v2/health/live'), '200 ');
      assert.equal(await get(metrics.address.port, '/metrics'), '200 nv_inference_count 1\n');
    } finally {
      await Promise.all([http.frontend.stop(0), metrics.frontend.stop(0)]);
    }
  });

  it('stay closed to clients that do not encrypt', async () => {
    const { frontend, address } = await startFrontend(httpPlugin, new EchoServer(), ENCRYPTED);
    try {
      const connection = new RawConnection(address.port);
      connection.write('GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n');
      assert.equal(await connection.answer(), undefined);
    } finally {
      await frontend.stop(0);
    }
  });

  it('need a certificate of the client when asked to', async () => {
    const { frontend, address } = await startFrontend(httpPlugin, new EchoServer(), MUTUAL);
    try {
      const path = '/v2/health/live';
      const own = { cert: file('client'), key: file('client-key') };
      assert.equal(await get(address.port, path, own), '200 ');
      await assert.rejects(get(address.port, path));
    } finally {
      await frontend.stop(0);
    }
  });

  it('do not keep the front end from stopping while they are idle', async () => {
    const { frontend, address } = await startFrontend(httpPlugin, new EchoServer(), ENCRYPTED);
    const options = { port: address.port, ca: file('root'), servername: 'localhost' };
    const socket = connectTls({ host: '127.0.0.1', ...options });
    socket.on('error', () => {});
    await new Promise((resolve) => socket.once('session', resolve));
    const startedAt = performance.now();
    await frontend.stop(10_000);
    assert(performance.now() - startedAt < 5_000);
    socket.destroy();
  });
});

describe('the settings of encryption', () => {
  const refused: readonly [Record<string, string>, RegExp][] = [
    [{ 'use-ssl': 'maybe' }, /'use-ssl' must be true or false/],
    [{ 'use-ssl': 'true' }, /'use-ssl' needs 'server-cert'/],
    [{ ...ENCRYPTED, 'use-ssl-mutual': 'true' }, /'use-ssl-mutual' needs 'root-cert'/],
    [{ ...ENCRYPTED, 'server-key': '/nope' }, /cannot read HTTP setting 'server-key': ENOENT/],
    [{ ...ENCRYPTED, 'server-key': `${FIXTURES}client-key.pem` }, /cannot use the certificate/],
  ];
  for (const [settings, text] of refused) {
    it(`are refused where they make no sense: ${text.source}`, async () => {
      await assert.rejects(startFrontend(httpPlugin, new EchoServer(), settings), (error) => {
        assert(isInferError(error));
        assert.equal(error.code, 'INVALID_ARG');
        assert.match(error.message, text);
        return true;
      });
    });
  }
});
