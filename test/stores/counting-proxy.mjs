/** A proxy before a store: counts what is asked for and sent, and breaks answers when told to. */

import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { pipeline, Transform } from 'node:stream';

/** Forwards to `port` of this machine. The Host header stays, which signatures cover. */
export async function startProxy(port) {
  const proxy = new CountingProxy(port);
  await proxy.listen();
  return proxy;
}

class CountingProxy {
  /** Requests, newest last: `{ method, path, range, sentBytes }`. */
  requests = [];
  /**
   * Decides on a request: undefined lets it pass, `{ status }` answers at once, `{ cutAfterBytes }`
   * breaks the connection, `{ stallAfterBytes }` sends nothing more. A promise is waited for.
   */
  fault = () => undefined;
  #port;
  #server;

  constructor(port) {
    this.#port = port;
    this.#server = createServer((incoming, outgoing) => this.#forward(incoming, outgoing));
  }

  get address() {
    return `127.0.0.1:${this.#server.address().port}`;
  }

  async listen() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** Reads of objects since the last call of `reset`, as against listings. */
  get reads() {
    return this.requests.filter(({ method, path }) => method === 'GET' && !isListing(path));
  }

  get listings() {
    return this.requests.filter(({ method, path }) => method === 'GET' && isListing(path));
  }

  reset() {
    this.requests = [];
  }

  async stop() {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #forward(incoming, outgoing) {
    const { method, url: path, headers } = incoming;
    const entry = { method, path, range: headers.range ?? headers['x-ms-range'], sentBytes: 0 };
    this.requests.push(entry);
    const fault = await this.fault(entry);
    if (fault?.status) {
      outgoing.writeHead(fault.status).end();
      incoming.resume();
      return;
    }
    const options = { host: '127.0.0.1', port: this.#port, method, path, headers };
    const onward = request(options, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.rawHeaders);
      const limit = fault?.cutAfterBytes ?? fault?.stallAfterBytes ?? Number.POSITIVE_INFINITY;
      const sender = new PartialSender(entry, limit);
      const full = () => (fault.cutAfterBytes === undefined ? answer.pause() : outgoing.destroy());
      pipeline(answer, sender.once('full', full), outgoing, () => {});
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  }
}

/** Lets bytes through up to a limit, counts them, and emits `full` once the limit is passed. */
class PartialSender extends Transform {
  #entry;
  #limitBytes;

  constructor(entry, limitBytes) {
    super();
    this.#entry = entry;
    this.#limitBytes = limitBytes;
  }

  _transform(chunk, _encoding, done) {
    const part = chunk.subarray(0, Math.max(0, this.#limitBytes - this.#entry.sentBytes));
    this.#entry.sentBytes += part.length;
    if (part.length > 0) this.push(part);
    // What was sent has to leave this process before the connection goes.
    if (part.length < chunk.length) setTimeout(() => this.emit('full'), 50);
    else done();
  }
}

/** By the parameters that the three protocols list with. */
function isListing(path) {
  return /[?&](?:list-type=2|comp=list|prefix=)/.test(path);
}
