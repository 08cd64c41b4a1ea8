import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fp32Message, grpcClient, grpcInfer } from '../grpc-client.mjs';
import { slowModel, writeModels } from '../model-folder.mjs';
import { cpuShare, eventually, MEBIBYTE, MemoryWatch } from '../process-gauge.mjs';
import { startServer } from '../server-process.mjs';
import { FLOODS, flood } from './http2-flood.mjs';

const FLOOD_MS = 1500;
const SETTLE_LIMIT_MS = 5000;
const GROWTH_LIMIT_BYTES = 100 * MEBIBYTE;
const ANSWER_LIMIT_MS = 5000;
/** Idle is below that share of a core; the server looks after its connections now and then. */
const IDLE_SHARE = 0.2;

for (const [what, makeFrames] of Object.entries(FLOODS)) {
  test(`a flood of ${what} neither fills the memory nor keeps others from being served`, async (t) => {
    const models = await writeModels(t, { echo: slowModel(0) });
    const server = await startServer([`--model-repository=${models}`]);
    t.after(() => server.kill());
    const client = grpcClient(t, server);
    const ask = async () => {
      const deadline = Date.now() + ANSWER_LIMIT_MS;
      const { error, response } = await grpcInfer(client, fp32Message('echo', [5]), { deadline });
      assert.equal(error, null);
      assert.equal(response.rawOutputContents[0].readFloatLE(), 5);
    };
    await ask();
    const watch = new MemoryWatch(server.pid);
    let flooding = true;
    const flooded = flood(server.grpc, makeFrames, FLOOD_MS).finally(() => {
      flooding = false;
    });
    while (flooding) {
      await ask();
      await sleep(20);
    }
    const { socket, frames } = await flooded;
    t.after(() => socket.destroy());
    let share = 1;
    await eventually(async () => {
      share = await cpuShare(server.pid, 500);
      return share < IDLE_SHARE;
    }, SETTLE_LIMIT_MS);
    const growth = watch.stop();
    const growthText = `${Math.round(growth / MEBIBYTE)} MiB more`;
    t.diagnostic(`${frames} frames, ${growthText}, then ${Math.round(share * 100)} % of a core`);
    await ask();
    assert.ok(growth < GROWTH_LIMIT_BYTES, growthText);
    assert.ok(share < IDLE_SHARE, `${share} of a core`);
  });
}
