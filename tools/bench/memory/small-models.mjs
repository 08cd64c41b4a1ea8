/** Models that answer their input, and a request for them. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const ECHO_SOURCE = `export const execute = (requests) =>
  requests.map(({ inputs }) => ({ outputs: { OUT: inputs.IN } }));
`;

/** Needs no numpy. */
export const PYTHON_SOURCE = `import triton_python_backend_utils as pb_utils

class TritonPythonModel:
    def execute(self, requests):
        return [self.answer(pb_utils.get_input_tensor_by_name(r, "IN")) for r in requests]

    def answer(self, tensor):
        copy = pb_utils.Tensor.from_dlpack("OUT", tensor.to_dlpack())
        return pb_utils.InferenceResponse([copy])
`;

/** One FP32 value for the input IN. */
export const INPUTS = [{ name: 'IN', datatype: 'FP32', shape: [1], data: new Uint8Array(4) }];

const INTERFACE = `input [ { name: "IN" data_type: TYPE_FP32 dims: [ -1 ] } ]
output [ { name: "OUT" data_type: TYPE_FP32 dims: [ -1 ] } ]
`;

export function modelConfig(backend) {
  return `backend: "${backend}"\n${INTERFACE}`;
}

/** An ensemble that sends its input through two models. */
export function ensembleOf(first, second) {
  const step = (name, input, output) => `{ model_name: "${name}" model_version: -1
    input_map { key: "IN" value: "${input}" } output_map { key: "OUT" value: "${output}" } }`;
  const steps = `${step(first, 'IN', 'between')}, ${step(second, 'between', 'OUT')}`;
  return `platform: "ensemble"\n${INTERFACE}ensemble_scheduling { step [ ${steps} ] }\n`;
}

/** Writes a model; `files` are those of its version, by name. */
export async function writeModel(folder, name, { config, files = {} }) {
  await mkdir(join(folder, name, '1'), { recursive: true });
  await writeFile(join(folder, name, 'config.pbtxt'), config);
  for (const [file, text] of Object.entries(files)) {
    await writeFile(join(folder, name, '1', file), text);
  }
}

/** Options of a server that loads nothing by itself. */
export const explicit = (modelRepository) => ({ modelRepository, modelControlMode: 'explicit' });
