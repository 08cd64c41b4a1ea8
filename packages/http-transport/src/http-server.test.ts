import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HttpExchange } from './http-exchange.js';
import type { HttpLimits } from './http-limits.js';
import { HttpServer } from './http-server.js';
import { arrive, FakeTimer, RawConnection } from './http-test-kit.js';

interface Setup {
  readonly handle?: (exchange: HttpExchange) => void;
  readonly limits?: Partial<HttpLimits>;
}

const TYPE = ['Content-Type', 'text/plain'] as const;

/** Answers with method, target and body. */
function tell(exchange: HttpExchange): void {
  const { method, target } = exchange.head;
  const body = Buffer.from(exchange.body).toString('latin1');
  exchange.respond(200, TYPE, [Buffer.from(`${method} ${target} ${body}`, 'latin1')]);
}

async function withServer(
  { handle = tell, limits = {} }: Setup,
  test: (server: HttpServer, connect: () => RawConnection, timer: FakeTimer) => Promise<void>,
): Promise<void> {
  const timer = new FakeTimer();
  const errorAnswer = ({ problem }: { readonly problem: string }) => ({
    fields: TYPE,
    chunks: [Buffer.from(problem)],
  });
  const server = new HttpServer({ handler: { handle, errorAnswer }, limits, timer });
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  const connections: RawConnection[] = [];
  const connect = () => {
    const connection = new RawConnection(port);
    connections.push(connection);
    return connection;
  };
  try {
    await test(server, connect, timer);
  } finally {
    for (const { socket } of connections) socket.destroy();
    const closed = server.close(0);
    timer.advance(1_000);
    await closed;
  }
}

const get = (target: string, ...fields: readonly string[]) =>
  `GET ${target} HTTP/1.1\r\nHost: x\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`;

const post = (target: string, body: string) =>
  `${get(target, `Content-Length: ${body.length}`).replace('GET', 'POST')}${body}`;

describe('an HTTP server', () => {
  it('answers requests one after the other on a connection', () =>
    withServer({}, async (_, connect) => {
      const connection = connect();
      for (const target of ['/a', '/b', '/c']) {
        connection.write(post(target, `body of ${target}`));
        const answer = await connection.answer();
        assert.equal(answer?.status, 200);
        assert.equal(answer?.body, `POST ${target} body of ${target}`);
        assert.match(answer?.head ?? '', /^Date: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT$/m);
        assert.match(answer?.head ?? '', /^Content-Type: text\/plain$/m);
        assert.doesNotMatch(answer?.head ?? '', /Connection/);
      }
    }));

  it('reads requests that come byte by byte', () =>
    withServer({}, async (_, connect) => {
      const connection = connect();
      const chunked = `${get('/chunks', 'Transfer-Encoding: chunked')}3\r\nabc\r\n0\r\n\r\n`;
      for (const byte of `\r\n${post('/slow', 'body')}\r\n${chunked}${get('/end')}`) {
        connection.write(byte);
        await new Promise(setImmediate);
      }
      assert.equal((await connection.answer())?.body, 'POST /slow body');
      assert.equal((await connection.answer())?.body, 'GET /chunks abc');
      assert.equal((await connection.answer())?.body, 'GET /end ');
    }));

  it('answers requests that come together in their order, late answers too', async () => {
    const waiting: (() => void)[] = [];
    const handle = (exchange: HttpExchange) => {
      if (exchange.head.target === '/late') waiting.push(() => tell(exchange));
      else tell(exchange);
    };
    await withServer({ handle }, async (_, connect) => {
      const connection = connect();
      connection.write(`${get('/1')}${post('/late', 'x')}${get('/3')}${post('/4', 'yy')}`);
      assert.equal((await connection.answer())?.body, 'GET /1 ');
      await arrive();
      assert.equal(connection.received.length, 0);
      waiting[0]?.();
      assert.equal((await connection.answer())?.body, 'POST /late x');
      assert.equal((await connection.answer())?.body, 'GET /3 ');
      assert.equal((await connection.answer())?.body, 'POST /4 yy');
    });
  });

  it('answers thousands of requests that come together without a deep stack', () =>
    withServer({ limits: { maxPipelinedBytes: 1_000 } }, async (_, connect) => {
      const connection = connect();
      const count = 20_000;
      connection.write(get('/x').repeat(count) + get('/last', 'Connection: close'));
      const all = await connection.rest();
      assert.equal(all.split('GET /x ').length - 1, count);
      assert.match(all, /GET \/last $/);
    }));

  it('lets answers of one turn leave together, those to requests with bodies too', () => {
    const waiting: HttpExchange[] = [];
    const handle = (exchange: HttpExchange) => waiting.push(exchange);
    return withServer({ handle }, async (_, connect) => {
      const connections = [connect(), connect()];
      for (const connection of connections) connection.write(post('/1', 'x'));
      while (waiting.length < connections.length) await arrive();
      let settled = 0;
      for (const exchange of waiting) {
        exchange.onSettled = () => (settled += 1);
        tell(exchange);
      }
      assert.equal(settled, 0);
      await new Promise(setImmediate);
      assert.equal(settled, connections.length);
      for (const connection of connections) {
        assert.equal((await connection.answer())?.body, 'POST /1 x');
      }
    });
  });

  it('takes a large body, and gives a large answer, unharmed', () => {
    const handle = (exchange: HttpExchange) => {
      const { body } = exchange;
      exchange.respond(200, [], [body.subarray(0, 1_000), body.subarray(1_000)]);
    };
    return withServer({ handle }, async (_, connect) => {
      const connection = connect();
      const body = Buffer.alloc(5_000_000, 'abcdefghijklmnopqrstuvwxyz0123456789');
      connection.write(`POST / HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n`);
      connection.write(body);
      const answer = await connection.answer();
      assert.equal(answer?.body.length, body.length);
      assert.ok(Buffer.from(answer?.body ?? '', 'latin1').equals(body));
    });
  });

  it('sends no body to HEAD and with 204, and knows HTTP/1.0', () => {
    const handle = (exchange: HttpExchange) => {
      if (exchange.head.target === '/none') exchange.respond(204, [], []);
      else tell(exchange);
    };
    return withServer({ handle }, async (_, connect) => {
      const connection = connect();
      connection.write(get('/').replace('GET', 'HEAD'));
      const answer = await connection.answer(false);
      assert.match(answer?.head ?? '', /^Content-Length: 7$/m);
      connection.write(get('/none'));
      assert.doesNotMatch((await connection.answer(false))?.head ?? '', /Content-Length/);
      connection.write('GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
      assert.match((await connection.answer())?.head ?? '', /^Connection: keep-alive$/m);
      connection.write('GET /old HTTP/1.0\r\n\r\n');
      assert.match(await connection.rest(), /^Connection: close\r$[\s\S]*GET \/old $/m);
    });
  });

  it('says when a body may be sent', () =>
    withServer({}, async (_, connect) => {
      const connection = connect();
      connection.write(get('/', 'Content-Length: 2', 'Expect: 100-continue'));
      await connection.until('HTTP/1.1 100 Continue\r\n\r\n');
      connection.received = Buffer.alloc(0);
      connection.write('ok');
      assert.equal((await connection.answer())?.body, 'GET / ok');
      connection.write(get('/', 'Content-Length: 2', 'Expect: 100-continue').concat('at'));
      assert.equal((await connection.answer())?.body, 'GET / at');
    }));
});

describe('a streamed answer', () => {
  it('goes out in chunks, and to HTTP/1.0 until the end of the connection', () => {
    const handle = (exchange: HttpExchange) => {
      const writer = exchange.stream(200, TYPE);
      void writer.write([Buffer.from('one'), Buffer.from('two')]);
      void writer.write([]);
      setTimeout(() => {
        void writer.write([Buffer.from('three')]);
        writer.end();
        writer.end();
      }, 5);
    };
    return withServer({ handle }, async (_, connect) => {
      const connection = connect();
      connection.write(get('/'));
      await connection.until('0\r\n\r\n');
      assert.match(
        connection.received.toString(),
        /Transfer-Encoding: chunked\r\n[\s\S]*\r\n\r\n6\r\nonetwo\r\n5\r\nthree\r\n0\r\n\r\n$/,
      );
      connection.received = Buffer.alloc(0);
      connection.write('GET / HTTP/1.0\r\n\r\n');
      assert.match(await connection.rest(), /Connection: close\r\n[\s\S]*\r\n\r\nonetwothree$/);
    });
  });

  it('waits for a client that does not read, and ends with it', async () => {
    let waited = 0;
    let aborted = false;
    const handle = async (exchange: HttpExchange) => {
      exchange.onAbort = () => {
        aborted = true;
      };
      const writer = exchange.stream(200, []);
      while (!exchange.aborted) {
        const drained = writer.write([Buffer.alloc(100_000)]);
        if (drained !== undefined) waited += 1;
        await drained;
      }
    };
    await withServer({ handle }, async (_, connect) => {
      const connection = connect();
      connection.socket.pause();
      connection.write(get('/'));
      while (waited === 0) await arrive();
      connection.socket.destroy();
      while (!aborted) await arrive();
    });
  });

  it('loses a client that is too far behind and not waited for', async () => {
    let aborted = false;
    const handle = (exchange: HttpExchange) => {
      exchange.onAbort = () => {
        aborted = true;
      };
      const writer = exchange.stream(200, []);
      for (let count = 0; count < 200; count += 1) void writer.write([Buffer.alloc(100_000)]);
    };
    await withServer({ handle, limits: { maxUnreadBytes: 1_000_000 } }, async (_, connect) => {
      const connection = connect();
      connection.socket.pause();
      connection.write(get('/'));
      while (!aborted) await arrive();
    });
  });
});

describe('a client that goes away', () => {
  for (const leave of ['end', 'destroy', 'resetAndDestroy'] as const) {
    it(`cancels its request with ${leave}`, async () => {
      const exchanges: HttpExchange[] = [];
      const settled: string[] = [];
      const handle = (exchange: HttpExchange) => {
        exchanges.push(exchange);
        exchange.onAbort = () => settled.push('aborted');
        exchange.onSettled = () => settled.push('settled');
      };
      await withServer({ handle }, async (server, connect) => {
        const connection = connect();
        connection.write(post('/', 'x'));
        while (exchanges.length === 0) await arrive();
        connection.socket[leave]();
        while (server.connectionCount > 0) await arrive();
        assert.deepEqual(settled, ['aborted', 'settled']);
        exchanges[0]?.respond(200, [], []);
      });
    });
  }

  it('gets what was answered before it sent something else than HTTP', () =>
    withServer({}, async (_, connect) => {
      for (const alien of ['\xfe@&\f', 'POST /v2 HTUP/1.1\r\n\r\n']) {
        const connection = connect();
        connection.write(`${get('/')}${alien}`);
        assert.equal((await connection.answer())?.status, 200);
        assert.equal(await connection.rest(), '');
      }
    }));

  it('still gets what was answered before', () =>
    withServer({}, async (server, connect) => {
      const connection = connect();
      connection.write(post('/', 'y'.repeat(2_000_000)));
      connection.socket.end();
      assert.match(await connection.rest(), /y$/);
      while (server.connectionCount > 0) await arrive();
    }));
});

describe('limits', () => {
  const status = async (bytes: string, limits: Partial<HttpLimits>) => {
    let found: number | undefined;
    await withServer({ limits }, async (_, connect) => {
      const connection = connect();
      connection.write(bytes);
      found = Number((await connection.rest()).slice(9, 12));
    });
    return found;
  };

  it('hold for heads and bodies', async () => {
    const long = get('/', `A: ${'x'.repeat(2_000)}`);
    assert.equal(await status(long, { maxHeadBytes: 1_000 }), 431);
    assert.equal(await status(long.slice(0, 1_500), { maxHeadBytes: 1_000 }), 431);
    assert.equal(await status(get('/', 'A: b', 'C: d'), { maxFields: 2 }), 431);
    assert.equal(await status(post('/', 'x'.repeat(20)), { maxBodyBytes: 10 }), 413);
    assert.equal(await status(post('/', 'x'.repeat(20)), { maxHeldBodyBytes: 10 }), 503);
    const chunked = `${get('/', 'Transfer-Encoding: chunked')}14\r\n${'x'.repeat(20)}\r\n0\r\n\r\n`;
    assert.equal(await status(chunked, { maxBodyBytes: 10 }), 413);
    assert.equal(await status(chunked, { maxHeldBodyBytes: 10 }), 503);
  });

  it('hold for large bodies that the kernel puts in place', () =>
    withServer({ limits: { maxHeldBodyBytes: 500_000 } }, async (_, connect) => {
      const connection = connect();
      connection.write('POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n');
      connection.write(Buffer.alloc(1_000_000));
      assert.match(await connection.rest(), /^HTTP\/1.1 503 /);
      const next = connect();
      next.write(post('/', 'x'.repeat(400_000)));
      assert.equal((await next.answer())?.status, 200);
    }));

  it('give bodies back when they have been answered, or their clients are gone', () =>
    withServer({ limits: { maxHeldBodyBytes: 1_000 } }, async (server, connect) => {
      for (let round = 0; round < 5; round += 1) {
        const connection = connect();
        connection.write(post('/', 'x'.repeat(900)));
        assert.equal((await connection.answer())?.status, 200);
        const leaving = connect();
        leaving.write(post('/', 'x'.repeat(900)).slice(0, -1));
        await arrive();
        leaving.socket.destroy();
        while (server.connectionCount > 1) await arrive();
        connection.socket.destroy();
        while (server.connectionCount > 0) await arrive();
      }
    }));

  it('hold for connections', () =>
    withServer({ limits: { maxConnections: 2 } }, async (_, connect) => {
      const first = connect();
      const second = connect();
      first.write(get('/'));
      second.write(get('/'));
      assert.equal((await first.answer())?.status, 200);
      assert.equal((await second.answer())?.status, 200);
      assert.equal(await connect().rest(), '');
    }));

  it('hold for requests sent ahead', async () => {
    const exchanges: HttpExchange[] = [];
    const handle = (exchange: HttpExchange) => exchanges.push(exchange);
    await withServer({ handle, limits: { maxPipelinedBytes: 1_000 } }, async (_, connect) => {
      const connection = connect();
      connection.write(get('/first'));
      await arrive();
      const flood = Buffer.from(get('/more').repeat(500_000));
      connection.write(flood);
      await arrive();
      // The system takes some megabytes, the server no more than one read beyond the limit.
      assert.ok(connection.socket.writableLength > 0);
      assert.equal(exchanges.length, 1);
    });
  });
});

describe('time', () => {
  it('ends heads that do not come to their end, and idle connections', () =>
    withServer({}, async (server, connect, timer) => {
      const [silent, half, idle] = [connect(), connect(), connect()];
      half.write('GET / HTTP/1.1\r\nA:');
      idle.write(get('/'));
      await idle.answer();
      await arrive();
      timer.advance(19_000);
      half.write(' b');
      await arrive();
      timer.advance(1_500);
      assert.match(await half.rest(), /^HTTP\/1.1 408 /);
      assert.equal(server.connectionCount, 3);
      timer.advance(600_000);
      await Promise.all([silent.rest(), idle.rest()]);
    }));

  it('ends bodies that trickle, and not those that flow', () =>
    withServer({}, async (_, connect, timer) => {
      const [trickling, flowing] = [connect(), connect()];
      const head = 'POST / HTTP/1.1\r\nContent-Length: 30000\r\n\r\n';
      trickling.write(head);
      flowing.write(head);
      for (let round = 0; round < 3; round += 1) {
        trickling.write('x');
        flowing.write(Buffer.alloc(10_000));
        await arrive();
        timer.advance(10_500);
      }
      assert.match(await trickling.rest(), /^HTTP\/1.1 408 /);
      assert.equal((await flowing.answer())?.status, 200);
    }));

  it('is not wasted on other protocols', () =>
    withServer({}, async (server, connect) => {
      for (const bytes of ['\x16\x03\x01\x02', 'hello\r\n\r\n', 'hello\n', '\x00']) {
        const connection = connect();
        connection.write(bytes);
        assert.equal(await connection.rest(), '');
        while (server.connectionCount > 0) await arrive();
      }
    }));

  it('lets a refused client read its answer, and no longer than that', () =>
    withServer({}, async (server, connect, timer) => {
      const connection = connect();
      connection.write('GET / HTTP/3.0\r\n\r\n');
      assert.match(await connection.rest(), /^HTTP\/1.1 505 /);
      connection.write('more and more');
      await arrive();
      assert.equal(server.connectionCount, 1);
      timer.advance(2_500);
      while (server.connectionCount > 0) await arrive();
    }));
});

describe('a server that stops', () => {
  it('answers what it has taken, and closes idle connections at once', async () => {
    const exchanges: HttpExchange[] = [];
    const handle = (exchange: HttpExchange) => exchanges.push(exchange);
    await withServer({ handle }, async (server, connect) => {
      const [idle, busy] = [connect(), connect()];
      busy.write(get('/busy'));
      while (exchanges.length === 0 || server.connectionCount < 2) await arrive();
      const closed = server.close(10_000);
      assert.equal(await idle.rest(), '');
      for (const exchange of exchanges) tell(exchange);
      assert.match(await busy.rest(), /Connection: close\r\n[\s\S]*GET \/busy $/);
      busy.socket.destroy();
      await closed;
    });
  });

  it('sends answers that were given in the turn in which it stops', async () => {
    const exchanges: HttpExchange[] = [];
    const handle = (exchange: HttpExchange) => exchanges.push(exchange);
    await withServer({ handle }, async (server, connect) => {
      const connection = connect();
      connection.write(get('/now'));
      while (exchanges.length === 0) await arrive();
      for (const exchange of exchanges) tell(exchange);
      server.stop();
      assert.match(await connection.rest(), /GET \/now $/);
    });
  });

  it('refuses fields that would break an answer', () => {
    const errors: unknown[] = [];
    const handle = (exchange: HttpExchange) => {
      try {
        exchange.respond(200, ['A', 'b\r\nC: d'], []);
      } catch (error) {
        errors.push(error);
      }
    };
    return withServer({ handle }, async (_, connect) => {
      connect().write(get('/'));
      while (errors.length === 0) await arrive();
      assert.match(String(errors[0]), /the header field 'A' of an answer is not valid/);
    });
  });
});
