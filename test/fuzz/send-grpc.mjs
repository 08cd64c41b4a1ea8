/** Makes gRPC calls of raw bytes over HTTP/2 and judges what comes back. */

import { connect } from 'node:http2';
import { isServerFault } from './server-fault.mjs';

const ANSWER_LIMIT_MS = 8000;
const NO_ANSWER = `no answer in ${ANSWER_LIMIT_MS} ms`;
const HIGHEST_STATUS = 16;
/** A model that was asked for a billion responses sends them; after these the client goes away. */
const MAX_ANSWER_BYTES = 2 ** 20;
const STILL_STREAMING = 'left while answers came';
/** The statuses of a server that failed, or does not know what happened. */
const FAULTS = new Set(['2', '13']);

export class GrpcSender {
  #authority;
  #session;

  constructor({ host, port }) {
    this.#authority = `http://${host}:${port}`;
  }

  /** Resolves with `{ outcome, reason }`; the outcomes are those of `sendHttp`. */
  async send(call) {
    const session = await this.#open();
    const answer = await exchange(session, call);
    return { ...judge(answer, call), received: Buffer.concat(answer.chunks) };
  }

  close() {
    this.#session?.destroy();
  }

  /** One connection serves all calls; a server that drops it gets a new one. */
  #open() {
    if (this.#session && !this.#session.closed && !this.#session.destroyed) return this.#session;
    return new Promise((resolve, reject) => {
      const session = connect(this.#authority);
      session.on('error', reject);
      session.once('connect', () => resolve(session));
      this.#session = session;
    });
  }
}

function exchange(session, { path, contentType, body }) {
  return new Promise((resolve) => {
    const answer = { headers: undefined, trailers: undefined, chunks: [], problem: undefined };
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      te: 'trailers',
      ...(contentType && { 'content-type': contentType }),
    });
    const finish = (problem) => {
      clearTimeout(timer);
      stream.destroy();
      resolve({ ...answer, problem: answer.problem ?? problem });
    };
    const timer = setTimeout(() => finish(NO_ANSWER), ANSWER_LIMIT_MS);
    stream.on('response', (headers) => {
      answer.headers = headers;
    });
    stream.on('trailers', (trailers) => {
      answer.trailers = trailers;
    });
    let receivedBytes = 0;
    stream.on('data', (chunk) => {
      answer.chunks.push(chunk);
      receivedBytes += chunk.byteLength;
      if (receivedBytes >= MAX_ANSWER_BYTES) finish(STILL_STREAMING);
    });
    stream.on('end', () => setImmediate(finish));
    stream.on('error', (error) => {
      answer.problem = error.message;
    });
    stream.on('close', () => finish(undefined));
    stream.end(body);
  });
}

/** An answer is well-formed if it has a gRPC status, or an HTTP error for what is no gRPC call. */
function judge({ headers, trailers, problem }, { mayBeReset }) {
  if (problem === STILL_STREAMING) return { outcome: 'success', reason: problem };
  if (problem === NO_ANSWER) return { outcome: 'hang', reason: problem };
  if (!headers) {
    const wasReset = problem?.startsWith('Stream closed with error code') ?? false;
    const outcome = wasReset && mayBeReset ? 'error' : 'malformed';
    return { outcome, reason: problem ?? 'ended without an answer' };
  }
  const httpStatus = headers[':status'];
  if (httpStatus >= 400) return { outcome: 'error', reason: `HTTP ${httpStatus}` };
  const status = trailers?.['grpc-status'] ?? headers['grpc-status'];
  const isStatus = /^\d+$/.test(status) && Number(status) <= HIGHEST_STATUS;
  if (!isStatus) return { outcome: 'malformed', reason: problem ?? `grpc-status is ${status}` };
  if (status === '0' || status === 0) return { outcome: 'success', reason: '' };
  const message = trailers?.['grpc-message'] ?? headers['grpc-message'] ?? '';
  const isFault = !mayBeReset && FAULTS.has(String(status)) && isServerFault(decoded(message));
  return { outcome: isFault ? 'fault' : 'error', reason: `${status} ${message}` };
}

/** Messages travel percent-encoded. */
function decoded(message) {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}
