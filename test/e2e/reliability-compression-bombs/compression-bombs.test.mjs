import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, deflateSync, gzipSync } from 'node:zlib';
import { fp32Request, slowModel, writeModels } from '../model-folder.mjs';
import { MEBIBYTE, MemoryWatch } from '../process-gauge.mjs';
import { infer, startServer } from '../server-process.mjs';

const INFLATED_BYTES = 1024 * MEBIBYTE;
const GROWTH_LIMIT_BYTES = 300 * MEBIBYTE;
const PART_BYTES = 16 * MEBIBYTE;
const AT_ONCE = 8;

const coders = {
  gzip: { compress: gzipSync, headLength: 10 },
  deflate: { compress: deflateSync, headLength: 2 },
};

async function start(t) {
  const models = await writeModels(t, { echo: slowModel(0) });
  const server = await startServer([`--model-repository=${models}`]);
  t.after(() => server.kill());
  return server;
}

for (const [coding, coder] of Object.entries(coders)) {
  test(`${coding} bodies that inflate to a gigabyte are refused`, async (t) => {
    const bomb = makeBomb(coder);
    assert.ok(bomb.length < 2 * MEBIBYTE);
    const server = await start(t);
    const watch = new MemoryWatch(server.pid);
    const send = () =>
      fetch(`${server.http}/v2/models/echo/infer`, {
        method: 'POST',
        headers: { 'Content-Encoding': coding },
        body: bomb,
      });
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, send));
    for (const answer of answers) {
      assert.equal(answer.status, 400);
      assert.match((await answer.json()).error, /exceeds the maximum allowed value/);
    }
    const growth = watch.stop();
    t.diagnostic(`${Math.round(growth / MEBIBYTE)} MiB more`);
    assert.ok(growth < GROWTH_LIMIT_BYTES, `${Math.round(growth / MEBIBYTE)} MiB more`);
    assert.equal((await infer(server, 'echo', fp32Request([1]))).status, 200);
  });
}

/**
 * The same compressed part again and again, which a full flush makes independent of the one before.
 * The end is missing: nobody is to get there.
 */
function makeBomb({ compress, headLength }) {
  const options = { level: constants.Z_BEST_COMPRESSION, finishFlush: constants.Z_FULL_FLUSH };
  const bytes = compress(Buffer.alloc(PART_BYTES, ' '), options);
  const [head, part] = [bytes.subarray(0, headLength), bytes.subarray(headLength)];
  return Buffer.concat([head, ...Array(INFLATED_BYTES / PART_BYTES).fill(part)]);
}
