/** What happens to Python models as their server, its clients and their files change. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fp32Request } from '../model-folder.mjs';
import { eventually } from '../process-gauge.mjs';
import { ECHO, executing, startPythonServer, stubPids } from '../python-server.mjs';
import { infer, post } from '../server-process.mjs';

const EXPLICIT = ['--model-control-mode=explicit', '--load-model=*'];
const isAlive = (pid) => existsSync(`/proc/${pid}`);

/** Answers with a number that its file says. */
const numbered = (number) =>
  executing(`import numpy as np
return [pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", np.array([${number}], np.float32))]) for _ in requests]`);

/** Asks for as long as `action` takes; returns the answers. */
async function answersDuring(server, model, action) {
  const answers = [];
  let done = false;
  const lane = async () => {
    while (!done) answers.push(await infer(server, model, fp32Request([1])));
  };
  const lanes = [lane(), lane()];
  try {
    await action();
  } finally {
    done = true;
    await Promise.all(lanes);
  }
  return answers;
}

test('a model that executes for a minute does not hold up the end of the server', async (t) => {
  const server = await startPythonServer(
    t,
    { hung: executing('time.sleep(60)') },
    { args: ['--exit-timeout-secs=1'] },
  );
  const stubs = await stubPids(server);
  const pending = infer(server, 'hung', fp32Request([1])).catch(() => {});
  await sleep(300);
  const startMs = performance.now();
  await server.stop();
  await pending;
  assert.ok(performance.now() - startMs < 15_000);
  assert.ok(await eventually(() => !stubs.some(isAlive), 5000));
});

test('a syntax error written into a serving model fails the load, and the old one serves', async (t) => {
  const server = await startPythonServer(t, { changed: numbered(1) }, { args: EXPLICIT });
  await writeFile(join(server.folder, 'changed', '1', 'model.py'), 'def execute(:\n');
  const answers = await answersDuring(server, 'changed', async () => {
    const { status, body } = await post(server, '/v2/repository/models/changed/load');
    assert.equal(status, 400);
    assert.match(body.error, /SyntaxError/);
    await sleep(200);
  });
  for (const { status, body } of answers) {
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual(body.outputs[0].data, [1]);
  }
});

test('reloads of a changed model under load fail no request', async (t) => {
  const server = await startPythonServer(t, { changed: numbered(0) }, { args: EXPLICIT });
  const answers = await answersDuring(server, 'changed', async () => {
    for (let number = 1; number <= 5; number += 1) {
      await writeFile(join(server.folder, 'changed', '1', 'model.py'), numbered(number));
      assert.equal((await post(server, '/v2/repository/models/changed/load')).status, 200);
      const { body } = await infer(server, 'changed', fp32Request([1]));
      assert.deepEqual(body.outputs[0].data, [number]);
    }
  });
  for (const { status, body } of answers) assert.equal(status, 200, JSON.stringify(body));
  assert.ok(await eventually(async () => (await stubPids(server)).length === 1, 5000));
});

test('loads and metrics that are refused are errors in the model, and nothing else', async (t) => {
  const source = executing(`errors = []
def refused(action):
    try:
        action()
    except pb_utils.TritonModelException as error:
        errors.append(str(error))
for _ in range(3):
    refused(lambda: pb_utils.load_model("broken"))
refused(lambda: pb_utils.load_model("absent"))
refused(lambda: pb_utils.MetricFamily("a name", "", pb_utils.MetricFamily.COUNTER))
counter = pb_utils.MetricFamily("refusals", "", pb_utils.MetricFamily.COUNTER)
metric = counter.Metric()
refused(lambda: metric.increment(-1))
refused(lambda: metric.set(1))
refused(lambda: metric.observe(1))
return [pb_utils.InferenceResponse(error=pb_utils.TritonError(json.dumps(errors))) for _ in requests]`);
  const models = { asks: source, broken: 'raise ValueError("no weights")\n', echo: ECHO };
  const args = ['--model-control-mode=explicit', '--load-model=asks', '--load-model=echo'];
  const server = await startPythonServer(t, models, { args });
  const { body } = await infer(server, 'asks', fp32Request([1]));
  assert.match(body.error, /^\[/);
  const errors = JSON.parse(body.error);
  assert.equal(errors.length, 8, body.error);
  for (const error of errors.slice(0, 3)) assert.match(error, /ValueError: no weights/);
  for (const error of errors.slice(3)) assert.match(error, /^(Failed to|Error when)/);
  assert.equal((await infer(server, 'echo', fp32Request([1]))).status, 200);
});

test('the work of clients that have gone is not begun', async (t) => {
  const source = executing(`self.__dict__.setdefault("begun", 0)
self.begun += len(requests)
print("begun", self.begun)
time.sleep(0.5)
return [pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT0", r.inputs()[0].as_numpy())]) for r in requests]`);
  const server = await startPythonServer(t, { work: source });
  const leaving = new AbortController();
  const gone = Array.from({ length: 20 }, () =>
    fetch(`${server.http}/v2/models/work/infer`, {
      method: 'POST',
      body: JSON.stringify(fp32Request([1])),
      signal: leaving.signal,
    }).catch(() => {}),
  );
  await sleep(300);
  leaving.abort();
  await Promise.all(gone);
  await sleep(100);
  assert.equal((await infer(server, 'work', fp32Request([1]))).status, 200);
  const begun = server.log.match(/"begun \d+"/g)?.length ?? 0;
  assert.ok(begun <= 4, `${begun} executions`);
});

test('models serve large tensors where the folder for temporary files cannot be written', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'nereid-unwritable-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o500);
  const environment = { TMPDIR: join(folder, 'absent') };
  const server = await startPythonServer(t, { echo: ECHO }, { environment });
  const data = Array.from({ length: 50_000 }, (_, index) => index);
  const { status, body } = await infer(server, 'echo', fp32Request(data));
  assert.equal(status, 200, JSON.stringify(body).slice(0, 300));
  assert.deepEqual(body.outputs[0].data, data);
});
