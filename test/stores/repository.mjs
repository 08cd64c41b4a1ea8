/** Models in a bucket, and servers that serve them. */

import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ECHO_SOURCE, fp32Request, modelConfig } from '../e2e/model-folder.mjs';
import { infer, post, startServer } from '../e2e/server-process.mjs';

/** A javascript model whose answer is its input times a factor, so that a change can be seen. */
export function scaleSource(factor) {
  return `export const execute = (requests) =>
  requests.map(({ inputs }) => ({
    outputs: { OUTPUT0: { ...inputs.INPUT0, data: inputs.INPUT0.data.map((x) => x * ${factor}) } },
  }));
`;
}

/** Writes a model of the javascript backend below `models` of a bucket. */
export async function writeModel(server, [bucket, name], { source = ECHO_SOURCE, more = '' } = {}) {
  await server.write(bucket, `models/${name}/config.pbtxt`, modelConfig('javascript', more));
  await server.write(bucket, `models/${name}/1/model.js`, source);
}

/** Starts a server that is killed after the test. */
export async function serve(t, args, options) {
  const server = await startServer(args, options);
  t.after(() => server.kill());
  return server;
}

/** The first output value for an input of one value. */
export async function ask(server, model, value = 1) {
  const { status, body } = await infer(server, model, fp32Request([value]));
  if (status !== 200) throw new Error(`${model}: ${status} ${body.error}`);
  return body.outputs[0].data[0];
}

export function load(server, model) {
  return post(server, `/v2/repository/models/${model}/load`);
}

export function unload(server, model) {
  return post(server, `/v2/repository/models/${model}/unload`);
}

/** A folder that goes with the test. */
export async function makeFolder(t) {
  const folder = await mkdtemp(join(tmpdir(), 'nereid-store-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The contents of a file of a model, as the one server that uses the cache has it. */
export function cachedFile(cache, path) {
  const [run] = readdirSync(join(cache, 'runs'));
  const [snapshot] = readdirSync(join(cache, 'runs', run)).filter((name) => /^[0-9]+$/.test(name));
  return readFileSync(join(cache, 'runs', run, snapshot, path));
}

/**
 * A fault for a proxy: the first read of a file breaks, and before the second one is let through,
 * `change` is done.
 */
export function changeWhileFetched(file, change) {
  let reads = 0;
  return async ({ path }) => {
    if (!path.includes(file)) return undefined;
    if (++reads === 1) return { cutAfterBytes: 1_500_000 };
    if (reads === 2) await change();
    return undefined;
  };
}

/** Resolves when `check` is true, rejects after a while. */
export async function eventually(check, what, limitMs = 20_000) {
  const limit = Date.now() + limitMs;
  while (!(await check())) {
    if (Date.now() > limit) throw new Error(`${what} did not happen in ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
