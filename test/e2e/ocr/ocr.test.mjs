/** The example `examples/ocr`: a pipeline of seven models as one ensemble. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { ensurePython } from '../../../tools/python-environment.mjs';
import { root, startServer } from '../server-process.mjs';

const example = join(root, 'examples', 'ocr');
const page = join(example, 'page.png');

let server;
let folder;
let expected;
before(async () => {
  await run(join(example, 'fetch-models.mjs'), '--python', ensurePython());
  folder = await mkdtemp(join(tmpdir(), 'nereid-ocr-'));
  expected = (await readFile(join(example, 'page.txt'), 'utf8')).trim().split('\n');
  server = await startServer([`--model-repository=${join(example, 'models')}`]);
});
after(async () => {
  server?.kill();
  await rm(folder, { recursive: true, force: true });
});

test('reads every character of a page, and tells where its lines are', async () => {
  const lines = await readPage();
  assert.deepEqual(
    lines.map(({ text }) => text),
    expected,
  );
  for (const [index, { x, y }] of lines.entries()) {
    assert.ok(x > 40 && x < 80, `line ${index} begins at ${x}`);
    assert.ok(index === 0 || y > lines[index - 1].y + 40, `line ${index} is at ${y}`);
  }
});

test('reads at least 98 % of the characters of a page that is upside down or tilted', async () => {
  for (const degrees of [180, 3]) {
    const turned = join(folder, `turned-${degrees}.png`);
    await sharp(page).rotate(degrees, { background: 'white' }).toFile(turned);
    const lines = (await readPage(turned)).map(({ text }) => text);
    const text = (degrees === 180 ? lines.reverse() : lines).join('\n');
    const wrong = editDistance(text, expected.join('\n'));
    const share = 1 - wrong / expected.join('\n').length;
    assert.ok(share >= 0.98, `${degrees} degrees: ${share}\n${text}`);
  }
});

test('answers a page without text with no lines', async () => {
  const blank = join(folder, 'blank.png');
  const create = { width: 500, height: 300, channels: 3, background: 'white' };
  await sharp({ create }).toFile(blank);
  assert.deepEqual(await readPage(blank), []);
});

test('refuses what is no image', async () => {
  const failure = await readPage(join(root, 'README.md')).catch((error) => error);
  assert.equal(failure.code, 1);
  assert.match(failure.stderr, /in ensemble 'ocr', the image cannot be read/);
});

async function readPage(...paths) {
  const { stdout } = await run(join(example, 'client.mjs'), '--url', server.http, ...paths);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, x, y, text] = /^ *(\d+), *(\d+) {2}(.*)$/.exec(line) ?? [];
      return { x: Number(x), y: Number(y), text };
    });
}

function run(...command) {
  return promisify(execFile)(process.execPath, command);
}

/** How many characters must be added, removed or replaced to make one text of the other. */
function editDistance(from, to) {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [row, character] of [...from].entries()) {
    const current = [row + 1];
    for (let column = 1; column <= to.length; column++) {
      const replaced = previous[column - 1] + (character === to[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[column] + 1, current[column - 1] + 1));
    }
    previous = current;
  }
  return previous[to.length];
}
