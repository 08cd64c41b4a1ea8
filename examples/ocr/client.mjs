/**
 * Reads pages with the ensemble `ocr`, and prints their lines and where they are:
 *
 *   node examples/ocr/client.mjs [image ...] [--url http://HOST:PORT]
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const PAGE = fileURLToPath(new URL('page.png', import.meta.url));

const { values, positionals } = parseArgs({
  options: { url: { type: 'string', short: 'u', default: 'http://localhost:8000' } },
  allowPositionals: true,
});

try {
  for (const path of positionals.length > 0 ? positionals : [PAGE]) {
    const lines = await readPage(values.url, readFileSync(path));
    if (positionals.length > 1) process.stdout.write(`${path}:\n`);
    for (const { text, box } of lines) {
      const [x, y] = box[0].map((value) => value.toFixed(0).padStart(4));
      process.stdout.write(`${x},${y}  ${text}\n`);
    }
  }
} catch (error) {
  process.stderr.write(`${error.cause?.message ?? error.message}\n`);
  process.exitCode = 1;
}

/** The lines of an image, with their text, how certain that is, and their corners. */
async function readPage(url, image) {
  // An element of BYTES is its length and its bytes; as binary data it follows the JSON.
  const length = Buffer.alloc(4);
  length.writeUInt32LE(image.length);
  const size = { binary_data_size: image.length + length.length };
  const input = { name: 'image', datatype: 'BYTES', shape: [1], parameters: size };
  const header = Buffer.from(JSON.stringify({ inputs: [input] }));
  const response = await fetch(`${url}/v2/models/ocr/infer`, {
    method: 'POST',
    headers: { 'Inference-Header-Content-Length': String(header.length) },
    body: Buffer.concat([header, length, image]),
  });
  const { error, outputs } = await response.json();
  if (error) throw new Error(error);
  const { text, score, boxes } = Object.fromEntries(outputs.map(({ name, data }) => [name, data]));
  return text.map((line, index) => ({
    text: line,
    score: score[index],
    box: [0, 2, 4, 6].map((at) => boxes.slice(index * 8 + at, index * 8 + at + 2)),
  }));
}
