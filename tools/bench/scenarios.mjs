/** What is measured: the same inference in each protocol's forms. */

/** An identity of FP32 [1,N]; `LARGE` moves 600 kB in each direction. */
const SMALL = identity(16);
const LARGE = identity(150_000);

/** A classifier of photos: 600 kB in, 4 kB out. A caller may give its model another name. */
const CLASSIFIER = {
  model: 'classifier',
  input: 'input',
  shape: [1, 3, 224, 224],
  valueAt: (index) => ((index * 7919) % 256) / 127.5 - 1,
  minimumAnswerBytes: 4000,
};

/** Names and how each request looks on the wire. */
export const SCENARIOS = [
  { name: 'http-json', protocol: 'http', encode: jsonRequest, inference: SMALL },
  { name: 'http-binary', protocol: 'http', encode: binaryRequest, inference: SMALL },
  { name: 'grpc', protocol: 'grpc', encode: grpcRequest, inference: SMALL },
  { name: 'grpc-stream', protocol: 'grpc-stream', encode: grpcRequest, inference: SMALL },
  { name: 'http-binary-600kB', protocol: 'http', encode: binaryRequest, inference: LARGE },
  { name: 'grpc-600kB', protocol: 'grpc', encode: grpcRequest, inference: LARGE },
];

/** In a few seconds so many requests that the server's own code runs as fast as it will. */
const WARM_UP = { ...identity(16), model: 'warm-up' };

/** How the input gets to the server, and the requests for it; `warm-up-…` are tiny. */
export const CLASSIFIER_SCENARIOS = [
  { input: 'http', protocol: 'http', encode: binaryRequest },
  { input: 'grpc', protocol: 'grpc', encode: grpcRequest },
  { input: 'shared-memory', protocol: 'http', encode: sharedMemoryRequest },
].flatMap(({ input, ...scenario }) => [
  { ...scenario, name: `classify-${input}`, inference: CLASSIFIER },
  { ...scenario, name: `warm-up-${input}`, inference: WARM_UP },
]);

/** The region that the inputs of `…-shared-memory` are in. */
export const SHARED_MEMORY_REGION = 'classifier-input';

function identity(length) {
  return {
    model: 'identity',
    input: 'INPUT0',
    shape: [1, length],
    valueAt: (index) => index / 8,
    minimumAnswerBytes: length * 2,
  };
}

/** The bytes of one request of a scenario, and how many bytes the answer must have at least. */
export function encodeScenario(name, model) {
  const all = [...SCENARIOS, ...CLASSIFIER_SCENARIOS];
  const { encode, inference } = all.find((candidate) => candidate.name === name);
  const values = inferenceValues(inference);
  const request = encode({ ...inference, model: model ?? inference.model, values });
  return { request, minimumAnswerBytes: inference.minimumAnswerBytes };
}

/** The input of the classifier, for who calls it without a server. */
export function classifierInput() {
  return { ...CLASSIFIER, values: inferenceValues(CLASSIFIER) };
}

function inferenceValues({ shape, valueAt }) {
  const length = shape.reduce((product, size) => product * size, 1);
  return Float32Array.from({ length }, (_, index) => valueAt(index));
}

function jsonRequest({ model, input: name, shape, values }) {
  const input = { name, datatype: 'FP32', shape, data: [...values] };
  const body = Buffer.from(JSON.stringify({ inputs: [input] }));
  return httpRequest(model, body, '');
}

function binaryRequest({ model, input: name, shape, values }) {
  const header = Buffer.from(
    JSON.stringify({
      inputs: [
        {
          name,
          datatype: 'FP32',
          shape,
          parameters: { binary_data_size: values.byteLength },
        },
      ],
      parameters: { binary_data_output: true },
    }),
  );
  const body = Buffer.concat([header, Buffer.from(values.buffer)]);
  return httpRequest(model, body, `inference-header-content-length: ${header.length}\r\n`);
}

function sharedMemoryRequest({ model, input: name, shape, values }) {
  const place = {
    shared_memory_region: SHARED_MEMORY_REGION,
    shared_memory_byte_size: values.byteLength,
  };
  const inputs = [{ name, datatype: 'FP32', shape, parameters: place }];
  const body = JSON.stringify({ inputs, parameters: { binary_data_output: true } });
  return httpRequest(model, Buffer.from(body), '');
}

function httpRequest(model, body, fields) {
  const head =
    `POST /v2/models/${model}/infer HTTP/1.1\r\nhost: localhost\r\n` +
    `content-type: application/octet-stream\r\n${fields}content-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

/** A ModelInferRequest with raw contents, behind the five bytes that frame a gRPC message. */
function grpcRequest({ model, input: name, shape, values }) {
  const input = Buffer.concat([
    field(1, Buffer.from(name)),
    field(2, Buffer.from('FP32')),
    field(3, Buffer.concat(shape.map(varint))),
  ]);
  const message = Buffer.concat([
    field(1, Buffer.from(model)),
    field(5, input),
    field(7, Buffer.from(values.buffer)),
  ]);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

function field(number, content) {
  return Buffer.concat([varint((number << 3) | 2), varint(content.length), content]);
}

function varint(value) {
  const bytes = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}
