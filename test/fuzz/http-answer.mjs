/** Takes apart what a server sends on a connection. */

/**
 * The first `count` answers, passing over interim ones; the last one may be incomplete, or missing
 * while its head is not there yet. `isHead` says that they have no body.
 */
export function parseAnswers(received, isHead, count = 1) {
  const answers = [];
  for (let rest = received; answers.length < count; ) {
    const answer = parse(rest, isHead);
    if (!answer) break;
    answers.push(answer);
    if (!answer.complete) break;
    rest = answer.rest;
  }
  return answers;
}

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
  const answer = { status, headers };
  const length = Number(headers.get('content-length'));
  if (isHead || status === 204) return { ...answer, body: Buffer.alloc(0), complete: true, rest };
  if (headers.get('transfer-encoding') === 'chunked') return { ...answer, ...unchunk(rest) };
  if (Number.isNaN(length)) return { ...answer, body: rest, complete: false };
  const complete = rest.length >= length;
  return { ...answer, body: rest.subarray(0, length), complete, rest: rest.subarray(length) };
}

function unchunk(bytes) {
  const parts = [];
  let rest = bytes;
  while (true) {
    const end = rest.indexOf('\r\n');
    const size = end < 0 ? Number.NaN : Number.parseInt(rest.toString('latin1', 0, end), 16);
    const body = () => Buffer.concat(parts);
    const after = rest.subarray(end + 2 + size + 2);
    const isPart = Number.isNaN(size) || rest.length < end + 2 + size + 2;
    if (isPart) return { body: body(), complete: false };
    if (size === 0) return { body: body(), complete: true, rest: after };
    parts.push(rest.subarray(end + 2, end + 2 + size));
    rest = after;
  }
}
