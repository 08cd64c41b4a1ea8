/** What is measured: inference with models that answer their input, in each form a request can have. */

export const SMALL = tensorOf([1, 16]);
const LARGE = tensorOf([1, 3, 224, 224]);

/** Ways of a request to the server: what carries it, and how its bytes look. */
const FORMS = {
  'http-json': { protocol: 'http', encoding: 'json', answer: 'json' },
  'http-binary': { protocol: 'http', encoding: 'binary', answer: 'binary' },
  'http-shm': { protocol: 'http', encoding: 'http-shared-memory', answer: 'region' },
  grpc: { protocol: 'grpc', encoding: 'grpc', answer: 'grpc' },
  stream: { protocol: 'grpc-stream', encoding: 'grpc', answer: 'grpc' },
  'grpc-shm': { protocol: 'grpc', encoding: 'grpc-shared-memory', answer: 'region' },
};
const ALL_FORMS = Object.keys(FORMS);
const BINARY_FORMS = ALL_FORMS.filter((form) => form !== 'http-json');
/** In flight where the text of a tensor is megabytes, so that answers come within the time. */
const FEW = 2;
/** The model is inside the server; a server that has no such backend has the Python model instead. */
const INSIDE = { otherwise: 'Python' };
const BATCHED_IN_FLIGHT = 64;
const SEQUENCE_LENGTH = 10;

/**
 * Each is `{ name, group, model, tensor, protocol, encoding, answer }`, and where it matters
 * `inFlight`, which is the number unless another is asked for, `sequenceLength`, and `otherwise`, what
 * servers have that lack the model.
 */
export const WORKLOADS = [
  ...group('python', { model: 'python', tensor: SMALL }, ALL_FORMS),
  ...group('python-600kB', { model: 'python_image', tensor: LARGE }, BINARY_FORMS),
  ...group('python-600kB', { model: 'python_image', tensor: LARGE, inFlight: FEW }, ['http-json']),
  ...group(
    'python-batched',
    { model: 'python_batched', tensor: SMALL, inFlight: BATCHED_IN_FLIGHT },
    ['http-binary', 'grpc'],
  ),
  ...group('python-ensemble', { model: 'python_ensemble', tensor: SMALL }, ['http-binary', 'grpc']),
  ...group(
    'python-sequence',
    { model: 'python_sequence', tensor: SMALL, sequenceLength: SEQUENCE_LENGTH },
    ['http-binary', 'grpc', 'stream'],
  ),
  ...group('identity', { ...INSIDE, model: 'identity', tensor: SMALL }, ALL_FORMS),
  ...group('identity-600kB', { ...INSIDE, model: 'identity_image', tensor: LARGE }, BINARY_FORMS),
  ...group('identity-600kB', { ...INSIDE, model: 'identity_image', tensor: LARGE, inFlight: FEW }, [
    'http-json',
  ]),
  ...group('identity-ensemble', { ...INSIDE, model: 'identity_ensemble', tensor: SMALL }, ['grpc']),
  ...group('javascript', { ...INSIDE, model: 'javascript', tensor: SMALL }, [
    'http-binary',
    'grpc',
  ]),
  ...group('onnx-tiny', { model: 'onnx_tiny', tensor: SMALL }, ['http-binary', 'grpc']),
];

function group(name, settings, forms) {
  return forms.map((form) => ({
    name: `${name}-${form}`,
    group: name,
    ...settings,
    ...formOf(form),
  }));
}

/** What carries a request of this form, and how its bytes look. */
export function formOf(form) {
  return { form, ...FORMS[form] };
}

/** Values that FP32 and their decimal form have without loss. */
function tensorOf(shape) {
  const length = shape.reduce((product, size) => product * size, 1);
  const values = Float32Array.from({ length }, (_, index) => (index % 1024) / 8);
  return { input: 'INPUT0', output: 'OUTPUT0', shape, values };
}

/** Those whose name or whose group is wanted; all when nothing is. Throws for an unknown name. */
export function chooseWorkloads(wanted) {
  if (!wanted) return WORKLOADS;
  const unknown = wanted.filter(
    (word) => !WORKLOADS.some(({ name, group: of }) => word === name || word === of),
  );
  if (unknown.length > 0) throw new Error(`there is no workload ${unknown.join(', ')}`);
  return WORKLOADS.filter(({ name, group: of }) => wanted.includes(name) || wanted.includes(of));
}
