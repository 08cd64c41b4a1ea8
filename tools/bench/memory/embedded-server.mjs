/** A server inside this process. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NEVER_CANCELLED, NO_PARAMETERS, silentLogger } from '@nereid/core';
import { createServer } from '@nereid/server';

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

/** Resolves when the model has been unloaded. */
export async function unloaded({ inference }, name) {
  const gone = async () => {
    const index = await inference.repositoryIndex(false);
    return index.every((entry) => entry.name !== name || entry.reason === 'unloaded');
  };
  while (!(await gone())) await new Promise((resolve) => setTimeout(resolve, 10));
}
