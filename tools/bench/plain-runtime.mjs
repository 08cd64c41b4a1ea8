/**
 * The peer of the classifier benchmark, in a process of its own: calls ONNX Runtime in a loop, with a
 * batch that is ready in memory, and does nothing else. Takes `{ batch, seconds, warmUpSeconds }` as
 * a message, and answers with images per second and CPU time per image.
 */

import { InferenceSession, Tensor } from 'onnxruntime-node';
import { classifierInput } from './classifier-workloads.mjs';

const [file, threads] = process.argv.slice(2);
const { input, shape, values } = classifierInput();
const session = await InferenceSession.create(file, {
  intraOpNumThreads: Number(threads),
  logSeverityLevel: 3,
});

process.on('message', async ({ batch, seconds, warmUpSeconds }) => {
  const feeds = { [input]: batchOf(batch) };
  await runFor(feeds, warmUpSeconds);
  const cpuStart = process.cpuUsage();
  const { runs, elapsedMs } = await runFor(feeds, seconds);
  const { user, system } = process.cpuUsage(cpuStart);
  const images = runs * batch;
  process.send({ perSecond: images / (elapsedMs / 1000), cpuUs: (user + system) / images });
});
process.send({ ready: true });

function batchOf(count) {
  const data = new Float32Array(count * values.length);
  for (let row = 0; row < count; row++) data.set(values, row * values.length);
  return new Tensor('float32', data, [count, ...shape.slice(1)]);
}

async function runFor(feeds, seconds) {
  const startedMs = performance.now();
  let runs = 0;
  let elapsedMs = 0;
  while (elapsedMs < seconds * 1000) {
    await session.run(feeds);
    runs += 1;
    elapsedMs = performance.now() - startedMs;
  }
  return { runs, elapsedMs };
}
