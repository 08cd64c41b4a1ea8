/** The models of the workloads, as folders that servers with Triton's model configurations read. */

import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeIdentityModel } from './onnx-identity.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const ANY = '-1';
const IMAGE = '3, 224, 224';
const ONE_INSTANCE = 'instance_group [ { kind: KIND_CPU count: 1 } ]\n';
const BATCHING = 'dynamic_batching { }\n';
/** For the comparison of few with many. */
const MANY_SEQUENCES = 20_000;

/**
 * By name: the backend with the rest of its configuration. `identity` answers its input inside the
 * server; a server that has no such backend serves the Python model instead.
 */
const MODELS = {
  python: { backend: 'python' },
  python_image: { backend: 'python', dims: IMAGE },
  python_batched: { backend: 'python', rest: BATCHING },
  python_sequence: { backend: 'python', rest: sequences(256) },
  python_ensemble: { steps: 'python' },
  identity: { backend: 'identity' },
  identity_image: { backend: 'identity', dims: IMAGE },
  identity_ensemble: { steps: 'identity' },
  javascript: { backend: 'javascript' },
  identity_batched: { backend: 'identity', rest: BATCHING },
  identity_sequence: { backend: 'identity', rest: sequences(MANY_SEQUENCES) },
  onnx_tiny: { backend: 'onnxruntime' },
};

function sequences(candidates) {
  return `sequence_batching {
  max_sequence_idle_microseconds: 60000000
  oldest { max_candidate_sequences: ${candidates} }
  control_input [ { name: "START" control [ {
    kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ] } ] } ]
}
`;
}

/** What a backend needs in the folder of a version. */
const writeFiles = {
  python: (folder) => copyFileSync(join(here, 'identity-model.py'), join(folder, 'model.py')),
  javascript: (folder) => copyFileSync(join(here, 'identity-model.mjs'), join(folder, 'model.js')),
  onnxruntime: (folder) => writeIdentityModel(join(folder, 'model.onnx')),
};

/** Writes these models, and those that their steps name. */
export function writeModels(repository, names, backends = {}) {
  for (const name of new Set(names.flatMap((each) => [MODELS[each].steps ?? each, each]))) {
    writeModel(repository, name, { backends, ...MODELS[name] });
  }
}

/** Writes a model like one of these, with another name. */
export function writeCopy(repository, name, like) {
  writeModel(repository, name, { backends: {}, ...MODELS[like] });
}

function writeModel(repository, name, { backends, steps, backend: wanted, dims = ANY, rest = '' }) {
  const backend = backends[wanted] ?? wanted;
  const folder = join(repository, name);
  mkdirSync(join(folder, '1'), { recursive: true });
  const tensors = `input [ ${tensor('INPUT0', dims)} ]\noutput [ ${tensor('OUTPUT0', dims)} ]\n`;
  const kind = steps
    ? `platform: "ensemble"\n${ensembleOf(steps)}`
    : `backend: "${backend}"\n${ONE_INSTANCE}`;
  writeFileSync(join(folder, 'config.pbtxt'), `max_batch_size: 64\n${tensors}${kind}${rest}`);
  writeFiles[backend]?.(join(folder, '1'));
}

function tensor(name, dims) {
  return `{ name: "${name}" data_type: TYPE_FP32 dims: [ ${dims} ] }`;
}

/** Three times the same model, one after another. */
function ensembleOf(model) {
  const steps = ['INPUT0', 'first', 'second'].map((from, index, names) => {
    const to = names[index + 1] ?? 'OUTPUT0';
    return (
      `{ model_name: "${model}" model_version: -1 ` +
      `input_map { key: "INPUT0" value: "${from}" } output_map { key: "OUTPUT0" value: "${to}" } }`
    );
  });
  return `ensemble_scheduling { step [ ${steps.join(',\n  ')} ] }\n`;
}
