/** HTTP requests to everything but inference with tensors: what they send is right but for a detail. */

import { message, unsure, whole } from './http-message.mjs';
import { anyValue, mutatedJson } from './json-mutation.mjs';

/** An object that the runner makes, so that some registrations succeed. */
export const SHARED_MEMORY_KEY = '/nereid_fuzz';
export const SHARED_MEMORY_BYTES = 4096;
export const REGIONS = ['fuzz_in', 'fuzz_out', 'fuzz_none'];
/** Not in the repository: only requests that bring its configuration along load it. */
export const LOADED_MODEL = 'fuzz_loaded';

export const OVERRIDE = {
  backend: 'identity',
  max_batch_size: 4,
  input: [{ name: 'INPUT0', data_type: 'TYPE_FP32', dims: [-1] }],
  output: [{ name: 'OUTPUT0', data_type: 'TYPE_FP32', dims: [-1] }],
  instance_group: [{ count: 1, kind: 'KIND_CPU' }],
  dynamic_batching: { max_queue_delay_microseconds: 100, preferred_batch_size: [2, 4] },
  version_policy: { latest: { num_versions: 1 } },
  parameters: { execute_delay_ms: { string_value: '1' } },
};
const GENERATE = [
  ['add_sub', { id: 'g', INPUT0: Array(16).fill(1), INPUT1: Array(16).fill(2) }],
  ['identity_bytes', { INPUT0: ['tea', 'k\u00e4se'], parameters: { flag: true, INPUT0: 'x' } }],
  ['identity_rows', { INPUT0: [1.5, 2, 3e4], temperature: 0.5, stop: 'x' }],
  ['repeat', { N: 3, parameters: { sequence_id: 7 } }],
  ['parameters', { INPUT0: 'text', text: 'a/b' }],
];
const REGISTER = { key: SHARED_MEMORY_KEY, offset: 0, byte_size: 256 };
const CUDA = { raw_handle: { b64: 'AAAA' }, device_id: 0, byte_size: 64 };
const TRACE = {
  trace_level: ['TIMESTAMPS', 'TENSORS'],
  trace_rate: '1000',
  trace_count: '-1',
  log_frequency: '0',
  trace_file: null,
};
const LOGGING = { log_info: true, log_warning: true, log_verbose_level: 0, log_format: 'default' };

/** Path and document of a request, right as they are. */
const REQUESTS = [
  generate,
  generate,
  generate,
  (random) => [`/v2/systemsharedmemory/region/${random.pick(REGIONS)}/register`, REGISTER],
  (random) => [`/v2/systemsharedmemory/region/${random.pick(REGIONS)}/register`, REGISTER],
  (random) => [`/v2/systemsharedmemory/region/${random.pick(REGIONS)}/unregister`, {}],
  () => ['/v2/systemsharedmemory/unregister', {}],
  (random) => [`/v2/cudasharedmemory/region/${random.pick(REGIONS)}/register`, CUDA],
  () => ['/v2/trace/setting', TRACE],
  (random) => [`/v2/models/${random.pick(['add_sub', 'nope'])}/trace/setting`, TRACE],
  () => ['/v2/logging', LOGGING],
  load,
  load,
  () => [
    `/v2/repository/models/${LOADED_MODEL}/unload`,
    { parameters: { unload_dependents: true } },
  ],
  () => ['/v2/repository/index', { ready: true }],
];

/** A request whose document is right, changed, or something else altogether. */
export function makeEndpointCase(random) {
  const [path, document] = random.pick(REQUESTS)(random);
  const text = random.pick([
    () => JSON.stringify(document),
    () => mutatedJson(document, random),
    () => mutatedJson(document, random),
    () => mutatedJson(document, random),
    () => JSON.stringify(anyValue(random)),
    () => '',
  ])();
  const target = random.chance(0.1) ? mangledPath(path, random) : path;
  const bytes = message('POST', target, { body: Buffer.from(text) });
  return random.chance(0.05) ? unsure(random.mutate(bytes)) : whole(bytes);
}

function mangledPath(path, random) {
  const parts = path.split('/');
  const at = 1 + random.below(parts.length - 1);
  parts[at] = random.pick(['', '..', 'x'.repeat(1000), '%2e%2e', '%00', '1', parts[at].repeat(2)]);
  return parts.join('/');
}

function generate(random) {
  const [model, document] = random.pick(GENERATE);
  const verb = random.pick(['generate', 'generate_stream', 'generate_stream']);
  const version = random.pick(['', '', '/versions/1', '/versions/2']);
  return [`/v2/models/${model}${version}/${verb}`, document];
}

/** A configuration of its own, at times with files, of which some would lie elsewhere. */
function load(random) {
  const config = random.chance(0.5) ? JSON.stringify(OVERRIDE) : mutatedJson(OVERRIDE, random);
  const file = random.pick([
    'file:1/model.bin',
    'file:../escape',
    'file:',
    'file:1',
    'file:/1/x',
    'file:1/../../x',
    `file:1/${'d/'.repeat(random.below(200))}x`,
    'files:1/x',
  ]);
  const bytes = random.pick(['', 'AAAA', 'AAA', '*', random.bytes(600).toString('base64')]);
  const more = random.chance(0.5) ? { [file]: bytes } : {};
  return [`/v2/repository/models/${LOADED_MODEL}/load`, { parameters: { config, ...more } }];
}
