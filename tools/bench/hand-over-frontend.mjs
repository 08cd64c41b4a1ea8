/**
 * A front end without a network: as many requests as it can be answered, a fixed number in flight.
 * What a request then costs the main thread is what it costs a main thread that is always busy.
 */

import { NEVER_CANCELLED, NO_PARAMETERS } from '@nereid/core';

const SHAPE = [1, 16];
const VALUES = new Uint8Array(64).map((_, index) => index);

class Driver {
  #server;
  #left;
  #open = 0;
  #answered = 0;
  #stopping = false;
  #stopped = () => {};

  constructor(server, settings) {
    this.#server = server;
    this.#left = Number(settings.get('in-flight'));
  }

  async start() {
    setImmediate(this.#sendAll);
    return { service: 'driver', host: 'none', port: 0 };
  }

  stop() {
    this.#stopping = true;
    return new Promise((resolve) => {
      this.#stopped = resolve;
      if (this.#open === 0) resolve();
    });
  }

  response({ outputs }) {
    if (outputs[0].data.length === VALUES.length) this.#answered += 1;
    return undefined;
  }

  end(error) {
    if (error) throw error;
    this.#open -= 1;
    this.#left += 1;
    if (this.#stopping && this.#open === 0) this.#stopped();
    else if (this.#left === 1) setImmediate(this.#sendAll);
  }

  /** Requests that follow others leave in one turn, as those of a transport do. */
  #sendAll = () => {
    const count = this.#stopping ? 0 : this.#left;
    this.#left -= count;
    for (let sent = 0; sent < count; sent += 1) this.#send();
  };

  #send() {
    this.#open += 1;
    const request = {
      modelName: 'identity',
      modelVersion: undefined,
      id: '',
      inputs: [{ name: 'INPUT0', datatype: 'FP32', shape: SHAPE, data: VALUES }],
      requestedOutputs: [],
      sequence: undefined,
      priority: 0,
      timeoutUs: 0,
      parameters: NO_PARAMETERS,
      signal: NEVER_CANCELLED,
    };
    this.#server.infer(request, this);
  }
}

export default { createFrontend: (server, context) => new Driver(server, context.settings) };
