/** What is measured: the same inference, an identity of FP32 [1,N], in each protocol's forms. */

const MODEL = 'identity';
const SIZES = { small: 16, large: 150_000 };

/** Names and how each request looks on the wire. `large` moves 600 kB in each direction. */
export const SCENARIOS = [
  { name: 'http-json', protocol: 'http', encode: jsonRequest, size: SIZES.small },
  { name: 'http-binary', protocol: 'http', encode: binaryRequest, size: SIZES.small },
  { name: 'grpc', protocol: 'grpc', encode: grpcRequest, size: SIZES.small },
  { name: 'grpc-stream', protocol: 'grpc-stream', encode: grpcRequest, size: SIZES.small },
  { name: 'http-binary-600kB', protocol: 'http', encode: binaryRequest, size: SIZES.large },
  { name: 'grpc-600kB', protocol: 'grpc', encode: grpcRequest, size: SIZES.large },
];

/** The bytes of one request of a scenario, and how many bytes of tensor data the answer must hold. */
export function encodeScenario(name) {
  const scenario = SCENARIOS.find((candidate) => candidate.name === name);
  const values = Float32Array.from({ length: scenario.size }, (_, i) => i / 8);
  return { request: scenario.encode(values), minimumAnswerBytes: scenario.size * 2 };
}

function jsonRequest(values) {
  const input = { name: 'INPUT0', datatype: 'FP32', shape: [1, values.length], data: [...values] };
  const body = Buffer.from(JSON.stringify({ inputs: [input] }));
  return httpRequest(body, '');
}

function binaryRequest(values) {
  const header = Buffer.from(
    JSON.stringify({
      inputs: [
        {
          name: 'INPUT0',
          datatype: 'FP32',
          shape: [1, values.length],
          parameters: { binary_data_size: values.byteLength },
        },
      ],
      parameters: { binary_data_output: true },
    }),
  );
  const body = Buffer.concat([header, Buffer.from(values.buffer)]);
  return httpRequest(body, `inference-header-content-length: ${header.length}\r\n`);
}

function httpRequest(body, fields) {
  const head =
    `POST /v2/models/${MODEL}/infer HTTP/1.1\r\nhost: localhost\r\n` +
    `content-type: application/octet-stream\r\n${fields}content-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

/** A ModelInferRequest with raw contents, behind the five bytes that frame a gRPC message. */
function grpcRequest(values) {
  const shape = Buffer.concat([varint(1), varint(values.length)]);
  const input = Buffer.concat([
    field(1, Buffer.from('INPUT0')),
    field(2, Buffer.from('FP32')),
    field(3, shape),
  ]);
  const message = Buffer.concat([
    field(1, Buffer.from(MODEL)),
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
