/** HTTP requests whose head, chunks or order break the rules, or only bend them. */

import { message, unsure, whole } from './http-message.mjs';

const PATH = '/v2/models/add_sub/infer';
const CHUNKED = { 'Transfer-Encoding': 'chunked' };

/** One case with the JSON document `body`, which is a good request for add_sub. */
export function makeFramingCase(body, random) {
  const make = random.pick([contradiction, brokenChunks, brokenHead, pipeline, goodPipeline]);
  return make(body, random);
}

/** Requests whose head contradicts their body or itself. */
function contradiction(body, random) {
  const headers = random.pick([
    { 'Content-Length': body.length + 1 + random.below(1000) },
    { 'Content-Length': body.length + random.pick([1, -1]) },
    { 'Content-Length': random.below(body.length) },
    { 'Content-Length': random.pick([-1, 'abc', '1,2', 2 ** 70, '+5', '0x10', '1e2', '']) },
    { 'Content-Length': `${body.length}\r\nContent-Length: ${random.below(100)}` },
    { 'Content-Length': body.length, ...CHUNKED },
    {
      'Transfer-Encoding': random.pick(['gzip, chunked', 'banana', 'chunked, chunked', 'xchunked']),
    },
    { 'Transfer-Encoding': 'chunked\r\nTransfer-Encoding: identity' },
    { 'Content-Encoding': random.pick(['gzip', 'deflate', 'br', 'identity, gzip', '\u00e9']) },
    { 'X-Long': 'y'.repeat(random.below(40_000)) },
    { Expect: random.pick(['100-continue', 'the-unexpected']) },
    { Connection: random.pick(['close', 'upgrade', 'keep-alive, close']), Upgrade: 'h2c' },
  ]);
  return unsure(message('POST', PATH, { body, headers }));
}

/** Sizes, extensions, ends and trailers of chunks. */
function brokenChunks(body, random) {
  const hex = body.length.toString(16);
  const size = random.pick([
    () => hex,
    () => (body.length + random.pick([1, -1])).toString(16),
    () => random.pick(['-1', '', 'g', ' ', '0x5', 'f'.repeat(20), '7fffffff', '\u00e9']),
    () => `${hex};name=value`,
    () => `${hex};${'x'.repeat(random.below(20_000))}`,
    () => `000000${hex}`,
    () => `${hex} `,
  ])();
  const newline = random.pick(['\r\n', '\r\n', '\r\n', '\n', '\r', '']);
  const end = random.pick([
    '0\r\n\r\n',
    '0\r\n\r\n',
    '0\r\nTrailer: x\r\n\r\n',
    '0\r\nContent-Length: 5\r\nHost: y\r\n\r\n',
    '0\r\n',
    '00000\r\n\r\n',
    '',
  ]);
  const content = [Buffer.from(`${size}${newline}`), body, Buffer.from(`${newline}${end}`)];
  const bytes = message('POST', PATH, { body: Buffer.concat(content), headers: CHUNKED });
  return unsure(random.chance(0.2) ? random.mutate(bytes) : bytes);
}

/** Request lines and header lines, among them ones that go on in the next line. */
function brokenHead(body, random) {
  const line = random.pick([
    () => 'X-Folded: one\r\n two\r\n\tthree',
    () => ' Leading: blank',
    () => 'Bad Name: x',
    () => 'No-Colon',
    () => ': no name',
    () => `X-Control: ${String.fromCharCode(random.below(32))}`,
    () => 'X-Bare: a\rb',
    () => 'Content-Length : 5',
    () => 'Inference-Header-Content-Length: 5\r\n 7',
    () =>
      Array.from({ length: random.below(3000) }, (_, i) => `X-${i}: ${i}`).join('\r\n') || 'A: b',
    () => 'Host: a\r\nHost: b',
    () => `${random.text(20)}: ${random.text(40)}`,
  ])();
  const start = random.pick([
    `POST ${PATH} HTTP/1.1`,
    `POST ${PATH} HTTP/1.1`,
    `POST ${PATH} HTTP/1.0`,
    `POST ${PATH} HTTP/2.0`,
    `POST ${PATH} HTTP/1.${random.below(1000)}`,
    `POST  ${PATH}  HTTP/1.1`,
    `POST ${PATH}`,
    `POST http://localhost${PATH} HTTP/1.1`,
    `\r\n\r\nPOST ${PATH} HTTP/1.1`,
    'PRI * HTTP/2.0',
    'OPTIONS * HTTP/1.1',
    'CONNECT localhost:80 HTTP/1.1',
  ]);
  const newline = random.chance(0.9) ? '\r\n' : '\n';
  const head = [start, line, 'Host: x', `Content-Length: ${body.length}`, '', ''].join(newline);
  return unsure(Buffer.concat([Buffer.from(head), body]));
}

/** A good request and then anything, on one connection: the first one must be answered. */
function pipeline(body, random) {
  const good = message('POST', PATH, { body });
  const second = random.mutate(message('POST', PATH, { body }));
  return { ...whole(Buffer.concat([good, second])), mustSucceed: true };
}

/** Several good requests at once: as many answers, in this order. */
function goodPipeline(body, random) {
  const count = 2 + random.below(6);
  const requests = Array.from({ length: count }, () =>
    random.chance(0.5)
      ? message('POST', PATH, { body })
      : message('GET', random.pick(['/v2', '/v2/models/add_sub', '/v2/health/live']), {}),
  );
  return { ...whole(Buffer.concat(requests)), answers: count, mustSucceed: true };
}
