/**
 * Requests whose framing is ambiguous or broken, put to this server and to `node:http`. What this
 * server takes, it must take as `node:http` does: a proxy of that kind in front of it would
 * otherwise see other requests on the connection. What `node:http` refuses, it refuses too, but for
 * what is listed here.
 */

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { HttpServer } from './http-server.js';
import { RawConnection } from './http-test-kit.js';

const POST = 'POST /a HTTP/1.1\r\nHost: x\r\n';
const NEXT = 'GET /next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
const HI = '2\r\nhi\r\n0\r\n\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

/** Every case is followed by another request, which must not be taken for a part of it. */
const CASES: Readonly<Record<string, string>> = {
  plain: `${POST}Content-Length: 2\r\n\r\nhi`,
  'no body': `${POST}\r\n`,
  chunks: `${POST}${CHUNKED}\r\n2\r\nhi\r\n0\r\n\r\n`,
  'chunk extension': `${POST}${CHUNKED}\r\n2;a=b\r\nhi\r\n0\r\n\r\n`,
  'quoted chunk extension': `${POST}${CHUNKED}\r\n2;a="b"\r\nhi\r\n0\r\n\r\n`,
  'blank before a chunk extension': `${POST}${CHUNKED}\r\n2 ;a\r\nhi\r\n0\r\n\r\n`,
  trailer: `${POST}${CHUNKED}\r\n2\r\nhi\r\n0\r\nA: b\r\n\r\n`,
  'empty lines in front': `\r\n\r\n${POST}Content-Length: 2\r\n\r\nhi`,
  'bare line feed in front': `\n${POST}\r\n`,
  'length twice, the same': `${POST}Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi`,
  'length twice, different': `${POST}Content-Length: 2\r\nContent-Length: 1\r\n\r\nhi`,
  'length as a list': `${POST}Content-Length: 2, 2\r\n\r\nhi`,
  'length with a sign': `${POST}Content-Length: +2\r\n\r\nhi`,
  'negative length': `${POST}Content-Length: -2\r\n\r\nhi`,
  'hexadecimal length': `${POST}Content-Length: 0x2\r\n\r\nhi`,
  'empty length': `${POST}Content-Length:\r\n\r\nhi`,
  'length with a blank in it': `${POST}Content-Length: 1 2\r\n\r\nhi`,
  'huge length': `${POST}Content-Length: 99999999999999999999\r\n\r\nhi`,
  'length in arabic digits': `${POST}Content-Length: \u00b2\r\n\r\nhi`,
  'length and chunks': `${POST}Content-Length: 2\r\n${CHUNKED}\r\n2\r\nhi\r\n0\r\n\r\n`,
  'chunks and length': `${POST}${CHUNKED}Content-Length: 2\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
  'chunked twice': `${POST}${CHUNKED}${CHUNKED}\r\n2\r\nhi\r\n0\r\n\r\n`,
  'chunked, chunked': `${POST}Transfer-Encoding: chunked, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
  'chunked, identity': `${POST}Transfer-Encoding: chunked, identity\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
  'gzip, chunked': `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
  'unknown coding': `${POST}Transfer-Encoding: xchunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
  'coding in capitals': `${POST}TRANSFER-ENCODING: CHUNKED\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
  'coding with a tab': `${POST}Transfer-Encoding:\tchunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
  'coding with a vertical tab': `${POST}Transfer-Encoding: \u000bchunked\r\n\r\n${HI}`,
  'folded coding': `${POST}Transfer-Encoding:\r\n chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
  'chunks in HTTP/1.0': `POST /a HTTP/1.0\r\n${CHUNKED}\r\n2\r\nhi\r\n0\r\n\r\n`,
  'blank before the colon': `${POST}Content-Length : 2\r\n\r\nhi`,
  'tab before the colon': `${POST}Transfer-Encoding\t: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
  'no name': `${POST}: x\r\n\r\n`,
  'no colon': `${POST}Nothing\r\n\r\n`,
  'first field begins with a blank': 'POST /a HTTP/1.1\r\n Host: x\r\n\r\n',
  'folded field': `${POST}A: b\r\n c\r\n\r\n`,
  'NUL in a value': `${POST}A: b\u0000c\r\n\r\n`,
  'control character in a value': `${POST}A: b\u0001c\r\n\r\n`,
  'CR in a value': `${POST}A: b\rc\r\n\r\n`,
  'field ends with LF': `${POST}A: b\nContent-Length: 2\r\n\r\nhi`,
  'field ends with CR': `${POST}A: b\rContent-Length: 2\r\n\r\nhi`,
  'head ends with LF': 'POST /a HTTP/1.1\nHost: x\n\n',
  'head ends with LF after CR LF': `${POST}\n`,
  'request line ends with CR': 'POST /a HTTP/1.1\rHost: x\r\n\r\n',
  'two blanks in the request line': 'POST  /a HTTP/1.1\r\nHost: x\r\n\r\n',
  'tab in the request line': 'POST\t/a HTTP/1.1\r\nHost: x\r\n\r\n',
  'blank at the end of the request line': 'POST /a HTTP/1.1 \r\nHost: x\r\n\r\n',
  'blank in the target': 'POST /a b HTTP/1.1\r\nHost: x\r\n\r\n',
  'no version': 'POST /a\r\nHost: x\r\n\r\n',
  'version 2': 'POST /a HTTP/2.0\r\nHost: x\r\n\r\n',
  'version 1.2': 'POST /a HTTP/1.2\r\nHost: x\r\n\r\n',
  'version in lower case': 'POST /a http/1.1\r\nHost: x\r\n\r\n',
  'unknown method': 'BREW /a HTTP/1.1\r\nHost: x\r\n\r\n',
  'method with a comma': 'PO,ST /a HTTP/1.1\r\nHost: x\r\n\r\n',
  'two hosts': 'POST /a HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n',
  'absolute target': 'POST http://y/a HTTP/1.1\r\nHost: x\r\n\r\n',
  'chunk size with a sign': `${POST}${CHUNKED}\r\n+2\r\nhi\r\n0\r\n\r\n`,
  'chunk size with 0x': `${POST}${CHUNKED}\r\n0x2\r\nhi\r\n0\r\n\r\n`,
  'chunk size with a blank in front': `${POST}${CHUNKED}\r\n 2\r\nhi\r\n0\r\n\r\n`,
  'chunk size with a blank behind': `${POST}${CHUNKED}\r\n2 \r\nhi\r\n0\r\n\r\n`,
  'chunk size with an underscore': `${POST}${CHUNKED}\r\n0_2\r\nhi\r\n0\r\n\r\n`,
  'chunk size that overflows': `${POST}${CHUNKED}\r\n100000000000000002\r\nhi\r\n0\r\n\r\n`,
  'empty chunk size': `${POST}${CHUNKED}\r\n\r\nhi\r\n0\r\n\r\n`,
  'chunk size ends with LF': `${POST}${CHUNKED}\r\n2\nhi\r\n0\r\n\r\n`,
  'chunk size ends with CR': `${POST}${CHUNKED}\r\n2\rhi\r\n0\r\n\r\n`,
  'LF in a chunk extension': `${POST}${CHUNKED}\r\n2;a\nhi\r\n0\r\n\r\n`,
  'CR in a chunk extension': `${POST}${CHUNKED}\r\n2;a\rb\r\nhi\r\n0\r\n\r\n`,
  'chunk longer than its size': `${POST}${CHUNKED}\r\n2\r\nhi!\r\n0\r\n\r\n`,
  'chunk ends with LF': `${POST}${CHUNKED}\r\n2\r\nhi\n0\r\n\r\n`,
  'chunk without its end': `${POST}${CHUNKED}\r\n2\r\nhi0\r\n\r\n`,
  'last chunk ends with LF': `${POST}${CHUNKED}\r\n2\r\nhi\r\n0\n\r\n`,
  'trailer ends with LF': `${POST}${CHUNKED}\r\n2\r\nhi\r\n0\r\n\n`,
  'length in the trailer': `${POST}${CHUNKED}\r\n0\r\nContent-Length: 2\r\n\r\n`,
  'broken field in the trailer': `${POST}${CHUNKED}\r\n0\r\nA b: 2\r\n\r\n`,
};

/** Refused by `node:http`, and harmless: why this server takes it. */
const TAKEN_HERE: Readonly<Record<string, string>> = {
  'version 1.2': 'RFC 9110 (2.5): a higher minor version is to be read as the highest known one',
  'unknown method': 'a method is any token; what it means is for the handler to say',
};

type Verdict = readonly string[] | 'refused';

/** The requests that were seen, or `refused` if the first one was not answered with 200. */
async function verdict(port: number, seen: string[], bytes: string): Promise<Verdict> {
  seen.length = 0;
  const connection = new RawConnection(port);
  connection.write(`${bytes}${NEXT}`);
  const timeout = setTimeout(() => connection.socket.destroy(), 2_000);
  const answers = await connection.rest();
  clearTimeout(timeout);
  connection.socket.destroy();
  return answers.startsWith('HTTP/1.1 200') ? [...seen] : 'refused';
}

describe('framing', () => {
  const ours: string[] = [];
  const theirs: string[] = [];
  const node = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('error', () => {});
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      theirs.push(`${request.method} ${request.url} ${Buffer.concat(parts)}`);
      response.end();
    });
  });
  const server = new HttpServer({
    handler: {
      handle(exchange) {
        const { method, target } = exchange.head;
        ours.push(`${method} ${target} ${Buffer.from(exchange.body)}`);
        exchange.respond(200, [], []);
      },
    },
  });
  let ourPort = 0;
  let theirPort = 0;

  before(async () => {
    ({ port: ourPort } = await server.listen({ host: '127.0.0.1', port: 0 }));
    await new Promise<void>((resolve) => node.listen(0, '127.0.0.1', resolve));
    theirPort = (node.address() as AddressInfo).port;
  });

  after(async () => {
    node.close();
    node.closeAllConnections();
    await server.close(0);
  });

  for (const [name, bytes] of Object.entries(CASES)) {
    it(`is understood as by node:http, or refused: ${name}`, async () => {
      const here = await verdict(ourPort, ours, bytes);
      const there = await verdict(theirPort, theirs, bytes);
      const reason = TAKEN_HERE[name];
      if (reason === undefined) {
        if (here !== 'refused') assert.deepEqual(here, there);
      } else {
        assert.equal(there, 'refused', 'node:http takes it, too: it need not be listed');
        assert.notEqual(here, 'refused');
      }
    });
  }

  it('is taken where it is clear', async () => {
    for (const name of ['plain', 'no body', 'chunks', 'chunk extension', 'trailer']) {
      const seen = await verdict(ourPort, ours, CASES[name] ?? '');
      assert.equal(seen.length, 2, name);
    }
  });
});
