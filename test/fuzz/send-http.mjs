/** Sends raw bytes on a connection of their own and judges what comes back. */

import { connect } from 'node:net';
import { parseAnswers } from './http-answer.mjs';
import { isServerFault } from './server-fault.mjs';

const ANSWER_LIMIT_MS = 8000;
/** How long a connection may stay open without a word after bytes that are no whole request. */
const SILENCE_MS = 300;
/** A model that was asked for a billion responses sends them; after these the client goes away. */
const MAX_ANSWER_BYTES = 2 ** 20;

/**
 * Resolves with `{ outcome, reason }`, where the outcome is `success`, `error`, `closed`, `malformed`,
 * `hang` or `fault`, an error that is the server's own.
 */
export async function sendHttp(address, request) {
  const { bytes, whole, answers: count = 1, mustSucceed = false } = request;
  const isHead = bytes.subarray(0, 5).toString('latin1') === 'HEAD ';
  const enough = (received) => {
    const answers = parseAnswers(received, isHead, count);
    return answers.length === count && answers.at(-1).complete;
  };
  const { received, hung, left } = await exchange(address, { bytes, whole, enough });
  if (hung) return { outcome: 'hang', reason: `no answer in ${ANSWER_LIMIT_MS} ms` };
  if (left) return { outcome: 'success', reason: 'left while answers came', received };
  const answers = parseAnswers(received, isHead, count);
  // Our end of input may overtake the answer: then an interim answer can be all that comes.
  const onlyInterim = /^(HTTP\/1\.1 1\d\d [^\r]*\r\n\r\n)*$/.test(received.toString('latin1'));
  if (!whole && onlyInterim) return { outcome: 'closed', reason: '' };
  if (answers.length < count) {
    return malformed(received, `${answers.length} answers of ${count}, then closed`);
  }
  // To the server, who ends its input has gone: it need not finish a stream of events.
  if (!whole && isUnfinishedStream(answers.at(-1))) return { outcome: 'closed', reason: '' };
  const verdicts = answers.map((answer) => judge(answer, received));
  const bad = verdicts.find(({ outcome }) => outcome !== 'success') ?? verdicts[0];
  if (mustSucceed && bad.outcome === 'error') return malformed(received, 'a good one is refused');
  return { ...bad, received };
}

function isUnfinishedStream({ complete, headers }) {
  return !complete && (headers.get('content-type') ?? '').startsWith('text/event-stream');
}

function malformed(received, problem) {
  const shown = JSON.stringify(received.toString('latin1').slice(0, 300));
  return { outcome: 'malformed', reason: `${problem}: ${shown}` };
}

/** Collects what the server sends until it is enough, or it closes, or time is up. */
function exchange({ host, port }, { bytes, whole, enough }) {
  return new Promise((resolve) => {
    const chunks = [];
    const socket = connect({ host, port, allowHalfOpen: true });
    const finish = (hung, left = false) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ received: Buffer.concat(chunks), hung, left });
    };
    const timer = setTimeout(() => finish(true), ANSWER_LIMIT_MS);
    socket.on('connect', () => {
      socket.write(bytes);
      // The end of input tells the server that no more of a cut-off request will come.
      if (!whole) setTimeout(() => socket.end(), SILENCE_MS / 3);
    });
    let receivedBytes = 0;
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      receivedBytes += chunk.byteLength;
      if (enough(Buffer.concat(chunks))) finish(false);
      else if (receivedBytes >= MAX_ANSWER_BYTES) finish(false, true);
    });
    socket.on('end', () => finish(false));
    socket.on('close', () => finish(false));
    socket.on('error', () => finish(false));
  });
}

/** An answer is well-formed if it has a status, its whole body, and for an error a JSON message. */
function judge(answer, received) {
  if (Number.isNaN(answer.status)) return malformed(received, 'no HTTP answer');
  // An answer that ends with its connection may have no length.
  const untilClose = !answer.complete && answer.headers.get('connection') === 'close';
  if (!answer.complete && !untilClose) return malformed(received, 'the answer is cut off');
  if (answer.status < 400) return { outcome: 'success', reason: '' };
  const text = errorOf(answer);
  if (answer.body.length > 0 && typeof text !== 'string') {
    return malformed(received, 'an error without a message');
  }
  const isFault = answer.status === 500 && isServerFault(text ?? '');
  return { outcome: isFault ? 'fault' : 'error', reason: `${answer.status} ${text ?? ''}` };
}

function errorOf(answer) {
  try {
    return JSON.parse(answer.body.toString('utf8')).error;
  } catch {
    return undefined;
  }
}
