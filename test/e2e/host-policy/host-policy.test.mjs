/** `--host-policy` binds instances to processor cores. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fp32Request, modelConfig, writeModels } from '../model-folder.mjs';
import { infer, startServer } from '../server-process.mjs';

/** Answers how many cores its thread may use. */
const SOURCE = `import { readFileSync } from 'node:fs';
export const execute = (requests) => requests.map(() => {
  const status = readFileSync('/proc/thread-self/status', 'utf8');
  const [, mask] = /Cpus_allowed:\\s+([0-9a-f,]+)/.exec(status);
  const bits = [...mask.replaceAll(',', '')].map((digit) => parseInt(digit, 16).toString(2));
  const count = bits.join('').replaceAll('0', '').length;
  return { outputs: { OUTPUT0: { datatype: 'FP32', shape: [1], data: new Float32Array([count]) } } };
});`;

const firstCore = /Cpus_allowed_list:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];

async function coresOf(server, model) {
  const { body } = await infer(server, model, fp32Request([0]));
  return body.outputs?.[0].data[0] ?? body.error;
}

async function start(t, flags, options) {
  const bound = modelConfig('javascript').replace('count: 1', 'count: 1 host_policy: "one"');
  const folder = await writeModels(t, {
    bound: { config: bound, source: SOURCE },
    free: { config: modelConfig('javascript'), source: SOURCE },
  });
  const server = await startServer([`--model-repository=${folder}`, ...flags], options);
  t.after(() => server.kill());
  return server;
}

describe('a host policy', () => {
  it('binds the instances that name it, and no others', async (t) => {
    const server = await start(t, [`--host-policy=one,cpu-cores=${firstCore}`]);
    const free = await start(t, []);
    assert.equal(await coresOf(server, 'bound'), 1);
    assert.equal(await coresOf(server, 'free'), await coresOf(free, 'bound'));
  });

  it('is named cpu for instances that name none', async (t) => {
    const server = await start(t, [`--host-policy=cpu,cpu-cores=${firstCore}`]);
    assert.equal(await coresOf(server, 'free'), 1);
  });

  it('ends the start when it names what the machine has not', async (t) => {
    for (const [setting, message] of [
      ['cpu-cores=4000', /there is no CPU core 4000 here/],
      ['numa-node=99', /there is no NUMA node 99 here/],
      ['speed=9', /has no setting 'speed'/],
    ]) {
      const server = await start(t, [`--host-policy=one,${setting}`], { waitForReady: false });
      await server.stop();
      assert.equal(server.exitCode, 1);
      assert.match(server.log, message);
    }
  });
});
