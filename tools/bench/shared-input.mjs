/** The classifier's input in a system shared-memory region, as a client on the server's machine has it. */

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { classifierInput, SHARED_MEMORY_REGION } from './scenarios.mjs';

const FOLDER = '/dev/shm';

export class SharedInput {
  #key = `nereid-bench-${process.pid}`;
  #values = classifierInput().values;

  async register(server) {
    writeFileSync(join(FOLDER, this.#key), this.#values);
    const { host, port } = server.httpAddress;
    const path = `/v2/systemsharedmemory/region/${SHARED_MEMORY_REGION}/register`;
    const answer = await fetch(`http://${host}:${port}${path}`, {
      method: 'POST',
      body: JSON.stringify({ key: `/${this.#key}`, offset: 0, byte_size: this.#values.byteLength }),
    });
    if (!answer.ok) throw new Error(`cannot register shared memory: ${await answer.text()}`);
  }

  remove() {
    rmSync(join(FOLDER, this.#key), { force: true });
  }
}
