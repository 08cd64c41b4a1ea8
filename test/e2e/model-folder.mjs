/** Makes model repositories for tests that need several small models. */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * Writes a model repository into a folder of its own, which is removed after the test. `models` has,
 * by model name, the text of `config.pbtxt` and the text of `1/model.js`, if the model has one.
 */
export async function writeModels(t, models) {
  const folder = await mkdtemp(join(tmpdir(), 'nereid-models-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const [name, { config, source }] of Object.entries(models)) {
    await mkdir(join(folder, name, '1'), { recursive: true });
    await writeFile(join(folder, name, 'config.pbtxt'), config);
    if (source !== undefined) await writeModelFile(folder, name, source);
  }
  return folder;
}

/** Replaces the source of a javascript model. */
export async function writeModelFile(folder, name, source) {
  const file = join(folder, name, '1', 'model.js');
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, source);
}

/** A configuration with one FP32 input and one FP32 output of any length. */
export function modelConfig(backend, more = '') {
  return `backend: "${backend}"
max_batch_size: 0
input [ { name: "INPUT0" data_type: TYPE_FP32 dims: [ -1 ] } ]
output [ { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ -1 ] } ]
instance_group [ { kind: KIND_CPU count: 1 } ]
${more}
`;
}

/** A model of the identity backend that takes so long for each request. */
export function slowModel(delayMs, more = '') {
  const delay = `parameters { key: "execute_delay_ms" value: { string_value: "${delayMs}" } }`;
  return { config: modelConfig('identity', `${delay}\n${more}`) };
}

/** The body of a JSON request with one FP32 tensor. */
export function fp32Request(data) {
  return { inputs: [{ name: 'INPUT0', datatype: 'FP32', shape: [data.length], data }] };
}

/** A javascript model that answers its input. */
export const ECHO_SOURCE = `export const execute = (requests) =>
  requests.map(({ inputs }) => ({ outputs: { OUTPUT0: inputs.INPUT0 } }));
`;
