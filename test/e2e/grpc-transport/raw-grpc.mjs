/** gRPC with nothing but node:http2, where tests look at what other clients hide. */

import { connect } from 'node:http2';

/** A session that is destroyed after the test. */
export function openSession(t, server) {
  const session = connect(`http://${server.grpc}`).on('error', () => {});
  t.after(() => session.destroy());
  return session;
}

/** A message with its prefix. */
export function prefixed(message, { compressed = false } = {}) {
  const prefix = Buffer.alloc(5);
  prefix[0] = compressed ? 1 : 0;
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** Calls a method with a body as it is; resolves with headers, trailers and the answer's body. */
export function call(session, path, { body, headers = {} }) {
  return new Promise((resolve) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    const answer = { headers: {}, trailers: {}, chunks: [] };
    stream.on('response', (received) => {
      answer.headers = received;
    });
    stream.on('trailers', (received) => {
      answer.trailers = received;
    });
    stream.on('data', (chunk) => answer.chunks.push(chunk));
    stream.on('error', () => {});
    stream.on('close', () => {
      const status = answer.trailers['grpc-status'] ?? answer.headers['grpc-status'];
      const text = answer.trailers['grpc-message'] ?? answer.headers['grpc-message'] ?? '';
      const message = decodeURIComponent(text);
      resolve({ ...answer, status: Number(status), message, body: Buffer.concat(answer.chunks) });
    });
    // A server that has refused the call may have closed it already.
    if (body !== undefined && !stream.destroyed) stream.end(body);
  });
}
