/** Puts HTTP requests together. */

/** The bytes of a request; a header may be given as undefined, and is then left out. */
export function message(method, path, { body, headers = {}, version = 'HTTP/1.1' }) {
  const fields = { Host: 'localhost', ...(body && { 'Content-Length': body.length }), ...headers };
  // A message has one of the two lengths, but for the cases that set both.
  const isChunked = headers['Transfer-Encoding'] !== undefined;
  if (isChunked && headers['Content-Length'] === undefined) delete fields['Content-Length'];
  const lines = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}\r\n`);
  const head = Buffer.from(`${method} ${path} ${version}\r\n${lines.join('')}\r\n`);
  return Buffer.concat([head, body ?? Buffer.alloc(0)]);
}

/** A request that must be answered. */
export function whole(bytes) {
  return { bytes, whole: true };
}

/** Bytes that may be no request: their connection may also just end. */
export function unsure(bytes) {
  return { bytes, whole: false };
}
