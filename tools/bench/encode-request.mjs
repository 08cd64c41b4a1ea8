/** The bytes of inference requests, as they are on the wire. */

/** Stand in requests for what differs: the load generator puts in what they stand for. */
const SEQUENCE_ID_MARK = 9_876_543_210;
const REGION_NUMBER_MARK = '@@@@';

/** The fields of the gRPC messages. */
const REQUEST = { model: 1, parameters: 4, inputs: 5, outputs: 6, rawInputContents: 7 };
const TENSOR = { name: 1, datatype: 2, shape: 3, parameters: 4 };
const OUTPUT = { name: 1, parameters: 2 };
const PARAMETER = { boolean: 1, integer: 2, string: 3 };

export const INPUT_REGION = 'bench-input';
/** The name of the region that the answers of a place in flight go to. */
export const OUTPUT_REGION_PREFIX = 'bench-output-';
export const outputRegion = (number) => OUTPUT_REGION_PREFIX + String(number).padStart(4, '0');

/**
 * How a request looks, by name. Each takes `{ model, tensor, sequence, output }`: the tensor is
 * `{ input, shape, values }`, the sequence `{ start, end }` or undefined, and `output` names an output
 * that is to go to shared memory.
 */
export const ENCODINGS = {
  json: (request) => {
    const { tensor } = request;
    return httpRequest(request, [{ ...describe(tensor), data: [...tensor.values] }]);
  },
  binary: (request) => {
    const { tensor } = request;
    const parameters = { binary_data_size: tensor.values.byteLength };
    return httpRequest(request, [{ ...describe(tensor), parameters }], bytesOf(tensor));
  },
  'http-shared-memory': (request) => {
    const inputs = [{ ...describe(request.tensor), parameters: inputPlace(request.tensor) }];
    // Stock clients ask so for outputs that have no region.
    return httpRequest({ ...request, binaryOutput: !request.output }, inputs);
  },
  grpc: (request) => {
    const raw = field(REQUEST.rawInputContents, bytesOf(request.tensor));
    return Buffer.concat([grpcRequest(request, {}), raw]);
  },
  'grpc-shared-memory': (request) => grpcRequest(request, inputPlace(request.tensor)),
};

function bytesOf({ values }) {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

function describe({ input, shape }) {
  return { name: input, datatype: 'FP32', shape };
}

function inputPlace({ values }) {
  return { shared_memory_region: INPUT_REGION, shared_memory_byte_size: values.byteLength };
}

function outputPlace({ values }) {
  return {
    shared_memory_region: OUTPUT_REGION_PREFIX + REGION_NUMBER_MARK,
    shared_memory_byte_size: values.byteLength,
  };
}

function sequenceParameters({ start, end }) {
  return { sequence_id: SEQUENCE_ID_MARK, sequence_start: start, sequence_end: end };
}

/** With the tensor's bytes behind the JSON when there are some. */
function httpRequest({ model, tensor, sequence, output, binaryOutput }, inputs, bytes) {
  const parameters = {
    ...(sequence && sequenceParameters(sequence)),
    ...((bytes || binaryOutput) && { binary_data_output: true }),
  };
  const header = Buffer.from(
    JSON.stringify({
      inputs,
      ...(output && { outputs: [{ name: output, parameters: outputPlace(tensor) }] }),
      ...(Object.keys(parameters).length > 0 && { parameters }),
    }),
  );
  const headerLength = bytes ? `inference-header-content-length: ${header.length}\r\n` : '';
  const body = bytes ? Buffer.concat([header, bytes]) : header;
  const head =
    `POST /v2/models/${model}/infer HTTP/1.1\r\nhost: localhost\r\n` +
    `content-type: ${bytes ? 'application/octet-stream' : 'application/json'}\r\n` +
    `${headerLength}content-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

/** A ModelInferRequest without its raw contents. */
function grpcRequest({ model, tensor, sequence, output }, inputParameters) {
  const { input, shape } = tensor;
  const message = [
    field(REQUEST.model, Buffer.from(model)),
    ...(sequence ? parameterFields(REQUEST.parameters, sequenceParameters(sequence)) : []),
    field(
      REQUEST.inputs,
      field(TENSOR.name, Buffer.from(input)),
      field(TENSOR.datatype, Buffer.from('FP32')),
      field(TENSOR.shape, ...shape.map(varint)),
      ...parameterFields(TENSOR.parameters, inputParameters),
    ),
  ];
  if (output) {
    const parameters = parameterFields(OUTPUT.parameters, outputPlace(tensor));
    message.push(field(REQUEST.outputs, field(OUTPUT.name, Buffer.from(output)), ...parameters));
  }
  return Buffer.concat(message);
}

function parameterFields(number, parameters) {
  return Object.entries(parameters).map(([name, value]) =>
    field(number, field(1, Buffer.from(name)), field(2, parameterValue(value))),
  );
}

function parameterValue(value) {
  if (typeof value === 'string') return field(PARAMETER.string, Buffer.from(value));
  const number = typeof value === 'boolean' ? PARAMETER.boolean : PARAMETER.integer;
  return Buffer.concat([varint(number << 3), varint(Number(value))]);
}

function field(number, ...parts) {
  const content = Buffer.concat(parts);
  return Buffer.concat([varint((number << 3) | 2), varint(content.length), content]);
}

/** Of a number that may have more than 32 bits. */
function varint(value) {
  const bytes = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}
