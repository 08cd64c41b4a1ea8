/** Requests for a classifier of photos: 600 kB in, 4 kB out. */

const CLASSES = 1000;
const SHAPE = [1, 3, 224, 224];

/** Noise in the range that the model expects. */
const CLASSIFIER_TENSOR = tensorOf('input', SHAPE, (index) => ((index * 7919) % 256) / 127.5 - 1);
/** In a few seconds so many requests that the server's own code runs as fast as it will. */
const WARM_UP_TENSOR = tensorOf('INPUT0', [1, 16], (index) => index / 8);

/** How the input gets to the server. */
const INPUTS = {
  http: { protocol: 'http', encoding: 'binary' },
  grpc: { protocol: 'grpc', encoding: 'grpc' },
  'shared-memory': { protocol: 'http', encoding: 'http-shared-memory' },
};

/** A workload by `kind`, which is `classify` or `warm-up`, and by the name of the input's way. */
export function classifierWorkload(kind, input) {
  const isWarmUp = kind === 'warm-up';
  return {
    ...INPUTS[input],
    name: `${kind}-${input}`,
    model: isWarmUp ? 'warm-up' : 'classifier',
    tensor: isWarmUp ? WARM_UP_TENSOR : CLASSIFIER_TENSOR,
    answer: 'size',
    minimumAnswerBytes: isWarmUp ? WARM_UP_TENSOR.values.byteLength : CLASSES * 4,
  };
}

/** The input of the classifier, for who calls it without a server. */
export function classifierInput() {
  return CLASSIFIER_TENSOR;
}

function tensorOf(input, shape, valueAt) {
  const length = shape.reduce((product, size) => product * size, 1);
  return { input, shape, values: Float32Array.from({ length }, (_, index) => valueAt(index)) };
}
