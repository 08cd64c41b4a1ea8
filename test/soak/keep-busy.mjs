/** Keeps a server busy for a long time, and watches that it holds no more at the end than when warm. */

import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const SAMPLE_MS = 15_000;
const WARM_SHARE = 0.25;
const MAX_GROWTH_BYTES = 32 * 2 ** 20;
const MAX_MORE_DESCRIPTORS = 10;
const MAX_SHOWN = 20;
const PAUSE_MS = 20;

/**
 * Does each activity again and again, all side by side. Resolves with the number of failures: what
 * activities threw, an end of the server, and growth.
 */
export async function keepBusy(server, minutes, activities) {
  const soak = new Soak(server, performance.now() + minutes * 60_000);
  await Promise.all([soak.watch(), ...Object.entries(activities).map((each) => soak.repeat(each))]);
  return soak.failureCount;
}

class Soak {
  failureCount = 0;
  #server;
  #endMs;
  #tally = {};

  constructor(server, endMs) {
    this.#server = server;
    this.#endMs = endMs;
  }

  async repeat([name, action]) {
    while (performance.now() < this.#endMs && !this.#server.exited) {
      try {
        await action();
        this.#tally[name] = (this.#tally[name] ?? 0) + 1;
      } catch (error) {
        this.#fail(`${name}: ${error.message}`);
      }
      await sleep(PAUSE_MS);
    }
  }

  /** Compares the last quarter of the time with the first one after the warm-up. */
  async watch() {
    const samples = [];
    while (performance.now() < this.#endMs && !this.#server.exited) {
      await sleep(Math.min(SAMPLE_MS, Math.max(0, this.#endMs - performance.now())));
      const sample = gauge(this.#server.pid);
      samples.push(sample);
      const memory = `${Math.round(sample.memoryBytes / 2 ** 20)} MiB`;
      const tally = JSON.stringify(this.#tally);
      process.stdout.write(`${memory}, ${sample.descriptors} descriptors, ${tally}\n`);
    }
    if (this.#server.exited) this.#fail(`the server ended:\n${this.#server.log}`);
    const quarter = Math.ceil(samples.length * WARM_SHARE);
    const [warm, last] = [samples.slice(quarter, 2 * quarter), samples.slice(-quarter)];
    if (warm.length === 0) return;
    const growth = median(last, 'memoryBytes') - median(warm, 'memoryBytes');
    const more = median(last, 'descriptors') - median(warm, 'descriptors');
    const grown = `grown by ${(growth / 2 ** 20).toFixed(1)} MiB and ${more} descriptors`;
    process.stdout.write(`${grown}; ${this.failureCount} failures\n`);
    if (growth > MAX_GROWTH_BYTES) this.#fail('its memory grows');
    if (more > MAX_MORE_DESCRIPTORS) this.#fail('it holds more and more descriptors');
  }

  #fail(text) {
    this.failureCount += 1;
    if (this.failureCount <= MAX_SHOWN) process.stdout.write(`${text}\n`);
  }
}

function gauge(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const memoryBytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
  return { memoryBytes, descriptors: readdirSync(`/proc/${pid}/fd`).length };
}

function median(samples, key) {
  const sorted = samples.map((sample) => sample[key]).sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}
