/** System shared memory for requests, as a client on the server's machine has it. */

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { INPUT_REGION, OUTPUT_REGION_PREFIX, outputRegion } from './encode-request.mjs';

const FOLDER = '/dev/shm';
let created = 0;
/** Memory would stay until the machine is restarted. */
const files = new Set();
process.once('exit', () => {
  for (const file of files) rmSync(file, { force: true });
});

export class SharedRegions {
  #server;
  #key = `nereid-bench-${process.pid}-${created++}`;
  #names = [];

  /** One region with the tensor, and one of its size for each of `outputs` answers. */
  static async register(server, { values }, outputs) {
    const regions = new SharedRegions();
    regions.#server = server;
    const { byteLength } = values;
    await regions.#add(INPUT_REGION, values);
    for (let number = 0; number < outputs; number += 1) {
      await regions.#add(outputRegion(number), new Uint8Array(byteLength));
    }
    return regions;
  }

  /** What the files with the memory of outputs begin with; the number of the region follows. */
  get outputPrefix() {
    return this.#path(OUTPUT_REGION_PREFIX);
  }

  async remove() {
    for (const name of this.#names) {
      await this.#call(`region/${name}/unregister`, '{}').catch(() => undefined);
      rmSync(this.#path(name), { force: true });
      files.delete(this.#path(name));
    }
  }

  #path(name) {
    return join(FOLDER, `${this.#key}-${name}`);
  }

  async #add(name, content) {
    this.#names.push(name);
    files.add(this.#path(name));
    writeFileSync(this.#path(name), content);
    const region = { key: `/${this.#key}-${name}`, offset: 0, byte_size: content.byteLength };
    await this.#call(`region/${name}/register`, JSON.stringify(region));
  }

  async #call(path, body) {
    const { host, port } = this.#server.httpAddress;
    const url = `http://${host}:${port}/v2/systemsharedmemory/${path}`;
    const answer = await fetch(url, { method: 'POST', body });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`shared memory: ${path}: ${text}`);
  }
}
