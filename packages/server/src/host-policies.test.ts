import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { hostPolicyCores, parseHostPolicies } from './host-policies.js';

/** A system with eight cores on two nodes. */
async function makeSystem(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'nereid-cores-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  const lists = {
    'cpu/online': '0-7\n',
    'node/node0/cpulist': '0-3\n',
    'node/node1/cpulist': '4,5-7\n',
  };
  for (const [file, list] of Object.entries(lists)) {
    const path = join(root, 'sys/devices/system', file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, list);
  }
  return root;
}

describe('--host-policy', () => {
  test('gathers the settings of each policy', () => {
    assert.deepEqual(
      parseHostPolicies(['cpu,cpu-cores=0-1,3', 'gpu_0,numa-node=1', 'cpu,numa-node=0']),
      { cpu: { 'cpu-cores': '0-1,3', 'numa-node': '0' }, gpu_0: { 'numa-node': '1' } },
    );
  });

  test('refuses another form, and settings that it does not know', () => {
    for (const option of ['cpu', 'cpu-cores=1', 'cpu,cpu-cores', 'cpu,cpu-cores=']) {
      assert.throws(() => parseHostPolicies([option]), {
        name: 'UsageError',
        message: `--host-policy option format is '<policy name>,<setting>=<value>'. Got ${option}`,
      });
    }
    assert.throws(() => parseHostPolicies(['cpu,speed=9']), /has no setting 'speed'/);
  });
});

describe('the cores of a host policy', () => {
  test('are those that are listed, else those of the node', async (t) => {
    const root = await makeSystem(t);
    const cores = await hostPolicyCores(
      {
        listed: { 'cpu-cores': '6,0-1' },
        node: { 'numa-node': '1' },
        both: { 'numa-node': '1', 'cpu-cores': '4' },
      },
      root,
    );
    assert.deepEqual(Object.fromEntries(cores), {
      listed: [0, 1, 6],
      node: [4, 5, 6, 7],
      both: [4],
    });
  });

  test('have to exist', async (t) => {
    const root = await makeSystem(t);
    const refuses = (settings: Readonly<Record<string, string>>, message: RegExp) =>
      assert.rejects(hostPolicyCores({ p: settings }, root), message);
    await refuses(
      { 'cpu-cores': '6-9' },
      /^UsageError: --host-policy p: there is no CPU core 8, 9/,
    );
    await refuses({ 'cpu-cores': '3-1' }, /cpu-cores is a list such as 0-3,8. Got 3-1$/);
    await refuses({ 'cpu-cores': 'all' }, /cpu-cores is a list/);
    await refuses({ 'numa-node': '2' }, /there is no NUMA node 2 here/);
    await refuses({ 'numa-node': '../..' }, /there is no NUMA node/);
  });

  test('are refused where threads cannot be bound, unless nobody asks for them', async (t) => {
    const root = await mkdtemp(join(tmpdir(), 'nereid-cores-'));
    t.after(() => rm(root, { recursive: true, force: true }));
    await assert.rejects(hostPolicyCores({ p: { 'cpu-cores': '0' } }, root), /needs Linux/);
    assert.equal((await hostPolicyCores({}, root)).size, 0);
  });
});
