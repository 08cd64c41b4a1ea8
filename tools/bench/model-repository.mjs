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
const SEQUENCES = `sequence_batching {
  oldest { max_candidate_sequences: 256 }
  control_input [ { name: "START" control [ {
    kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ] } ] } ]
}
`;

/**
 * By name: the backend with the rest of its configuration. `identity` answers its input inside the
 * server; a server that has no such backend serves the Python model instead.
 */
const MODELS = {
  python: { backend: 'python' },
  python_image: { backend: 'python', dims: IMAGE },
  python_batched: { backend: 'python', rest: BATCHING },
  python_sequence: { backend: 'python', rest: SEQUENCES },
  python_ensemble: { steps: 'python' },
  identity: { backend: 'identity' },
  identity_image: { backend: 'identity', dims: IMAGE },
  identity_ensemble: { steps: 'identity' },
  javascript: { backend: 'javascript' },
  onnx_tiny: { backend: 'onnxruntime' },
};

/** What a backend needs in the folder of a version. */
const writeFiles = {
  python: (folder) => copyFileSync(join(here, 'identity-model.py'), join(folder, 'model.py')),
  javascript: (folder) => copyFileSync(join(here, 'identity-model.mjs'), join(folder, 'model.js')),
  onnxruntime: (folder) => writeIdentityModel(join(folder, 'model.onnx')),
};

/** Writes those of these models that the server has a backend for, and what their steps name. */
export function writeModels(repository, names, backends) {
  for (const name of new Set(names.flatMap((each) => [MODELS[each].steps ?? each, each]))) {
    const { steps, backend: wanted = 'ensemble', dims = ANY, rest = '' } = MODELS[name];
    const backend = backends[wanted] ?? wanted;
    const folder = join(repository, name);
    mkdirSync(join(folder, '1'), { recursive: true });
    const tensors = `input [ ${tensor('INPUT0', dims)} ]\noutput [ ${tensor('OUTPUT0', dims)} ]\n`;
    const kind = steps
      ? `platform: "ensemble"\n${ensembleOf(steps)}`
      : `backend: "${backend}"\n${ONE_INSTANCE}`;
    const config = `max_batch_size: 64\n${tensors}${kind}${rest}`;
    writeFileSync(join(folder, 'config.pbtxt'), config);
    writeFiles[backend]?.(join(folder, '1'));
  }
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
