/** Sends raw bytes on a connection of their own and judges what comes back. */

import { connect } from 'node:net';

const ANSWER_LIMIT_MS = 8000;
/** How long a connection may stay open without a word after bytes that are no whole request. */
const SILENCE_MS = 300;

/** Resolves with `{ outcome: 'success' | 'error' | 'closed' | 'malformed', reason }`. */
export async function sendHttp(address, { bytes, whole }) {
  const { received, hung } = await exchange(address, bytes, whole);
  // Our end of input may overtake the answer: then an interim answer can be all that comes.
  const onlyInterim =
    !whole && /^(HTTP\/1\.1 1\d\d [^\r]*\r\n\r\n)+$/.test(received.toString('latin1'));
  if (received.length === 0 || onlyInterim) {
    if (!whole && !hung) return { outcome: 'closed', reason: '' };
    const reason = hung ? `no answer in ${ANSWER_LIMIT_MS} ms` : 'closed without an answer';
    return { outcome: 'malformed', reason };
  }
  const isHead = bytes.subarray(0, 5).toString('latin1') === 'HEAD ';
  return { ...judge(received, isHead), received };
}

/** Collects what the server sends until an answer is complete, or it closes, or time is up. */
function exchange({ host, port }, bytes, whole) {
  return new Promise((resolve) => {
    const chunks = [];
    const isHead = bytes.subarray(0, 5).toString('latin1') === 'HEAD ';
    const socket = connect({ host, port, allowHalfOpen: true });
    const finish = (hung) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ received: Buffer.concat(chunks), hung });
    };
    const timer = setTimeout(() => finish(true), ANSWER_LIMIT_MS);
    socket.on('connect', () => {
      socket.write(bytes);
      // The end of input tells the server that no more of a cut-off request will come.
      if (!whole) setTimeout(() => socket.end(), SILENCE_MS / 3);
    });
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (isComplete(Buffer.concat(chunks), isHead)) finish(false);
    });
    socket.on('end', () => finish(false));
    socket.on('close', () => finish(false));
    socket.on('error', () => finish(false));
  });
}

function isComplete(received, isHead) {
  const answer = parse(received, isHead);
  return answer?.complete === true;
}

/** The first answer, passing over interim ones; undefined while its head is incomplete. */
function parse(received, isHead) {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [statusLine, ...lines] = received.toString('latin1', 0, end).split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3})( |$)/.exec(statusLine)?.[1]);
  const rest = received.subarray(end + 4);
  if (status >= 100 && status < 200) return parse(rest, isHead);
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const answer = { status, headers, statusLine };
  const length = headers.get('content-length');
  if (isHead || status === 204) return { ...answer, body: Buffer.alloc(0), complete: true };
  if (headers.get('transfer-encoding') === 'chunked') return { ...answer, ...unchunk(rest) };
  if (length === undefined) return { ...answer, body: rest, complete: false };
  return { ...answer, body: rest.subarray(0, Number(length)), complete: rest.length >= length };
}

function unchunk(bytes) {
  const parts = [];
  let rest = bytes;
  while (true) {
    const end = rest.indexOf('\r\n');
    const size = end < 0 ? Number.NaN : Number.parseInt(rest.toString('latin1', 0, end), 16);
    if (Number.isNaN(size) || rest.length < end + 2 + size + 2) {
      return { body: Buffer.concat(parts), complete: false };
    }
    if (size === 0) return { body: Buffer.concat(parts), complete: true };
    parts.push(rest.subarray(end + 2, end + 2 + size));
    rest = rest.subarray(end + 2 + size + 2);
  }
}

/** An answer is well-formed if it has a status, its whole body, and for an error a JSON message. */
function judge(received, isHead) {
  const answer = parse(received, isHead);
  const malformed = (reason) => ({
    outcome: 'malformed',
    reason: `${reason}: ${JSON.stringify(received.toString('latin1').slice(0, 300))}`,
  });
  if (!answer || Number.isNaN(answer.status)) return malformed('no HTTP answer');
  // An answer that ends with its connection may have no length.
  const untilClose = !answer.complete && answer.headers.get('connection') === 'close';
  if (!answer.complete && !untilClose) return malformed('the answer is cut off');
  if (answer.status < 400) return { outcome: 'success', reason: '' };
  if (answer.body.length > 0 && typeof errorOf(answer) !== 'string') {
    return malformed('an error without a message');
  }
  // Only what is no HTTP request may make a server fail without knowing why.
  if (answer.status === 500 && answer.body.length === 0) return malformed('a silent failure');
  return { outcome: 'error', reason: `${answer.status} ${errorOf(answer) ?? ''}` };
}

function errorOf(answer) {
  try {
    return JSON.parse(answer.body.toString('utf8')).error;
  } catch {
    return undefined;
  }
}
