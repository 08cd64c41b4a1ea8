/** A server inside this process, and what it occupies. Needs `node --expose-gc`. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NEVER_CANCELLED, NO_PARAMETERS, silentLogger } from '@nereid/core';
import { createServer } from '@nereid/server';

export const MEBIBYTE = 1024 * 1024;
const SETTLE_MS = 200;
const COLLECTIONS = 5;

/** Calls `use` with the path of an empty folder, which is removed afterwards. */
export async function withFolder(use) {
  const folder = await mkdtemp(join(tmpdir(), 'nereid-bench-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Starts a server without front ends; `options` are those of `createServer`. */
export async function startEmbedded(options) {
  const server = await createServer({
    http: false,
    grpc: false,
    metrics: false,
    logger: {
      ...silentLogger,
      child: () => silentLogger,
      block() {},
      settings: () => ({}),
      update: () => ({}),
    },
    ...options,
  });
  await server.start();
  return server;
}

/** Sends a request to the server; resolves with its outputs. */
export function inferOnce({ inference }, request) {
  return new Promise((resolve, reject) => {
    let outputs;
    inference.infer(
      {
        modelVersion: undefined,
        id: '',
        requestedOutputs: [],
        sequence: undefined,
        priority: 0,
        timeoutUs: 0,
        parameters: NO_PARAMETERS,
        signal: NEVER_CANCELLED,
        ...request,
      },
      {
        response(response) {
          outputs = response.outputs;
        },
        end: (error) => (error ? reject(error) : resolve(outputs)),
      },
    );
  });
}

/** What the process occupies when everything that can be collected has been, in bytes. */
export async function settledMemory() {
  for (let count = 0; count < COLLECTIONS; count += 1) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { residentBytes: rss, heapBytes: heapUsed + external };
}

export function inMebibytes(bytes) {
  return `${(bytes / MEBIBYTE).toFixed(1)} MiB`;
}
