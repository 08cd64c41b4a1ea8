/** Models whose answers tell whether they were executed. */

import { modelConfig } from '../model-folder.mjs';

export const CACHED = 'response_cache { enable: true }';

/** Answers how often it was executed, and passes on the parameter `echo`. */
const COUNTER_SOURCE = `let count = 0;
export const execute = (requests) =>
  requests.map(({ inputs, parameters }) => {
    count += 1;
    if (inputs.INPUT0.data[0] < 0) return new Error('no negative numbers');
    const answer = { outputs: { OUTPUT0: { shape: [1], data: [count] } } };
    return parameters.echo === undefined ? answer : { ...answer, parameters: { echoed: parameters.echo } };
  });
`;

export const COUNTER = { config: modelConfig('javascript', CACHED), source: COUNTER_SOURCE };

/** The same without a cache. */
export const PLAIN = { config: modelConfig('javascript'), source: COUNTER_SOURCE };

/** Passes its input through a model. */
export function ensembleOf(model, more = '') {
  return {
    config: `platform: "ensemble"
input [ { name: "INPUT0" data_type: TYPE_FP32 dims: [ -1 ] } ]
output [ { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ -1 ] } ]
ensemble_scheduling { step [ {
  model_name: "${model}" model_version: -1
  input_map { key: "INPUT0" value: "INPUT0" } output_map { key: "OUTPUT0" value: "OUTPUT0" }
} ] }
${more}
`,
  };
}
