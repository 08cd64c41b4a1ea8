/** Models that are loaded, used and unloaded again and again. */

import { inferOnce, startEmbedded, unloaded, withFolder } from './embedded-server.mjs';
import { writeLargeModel } from './large-onnx-model.mjs';
import { openResources, settledMemory } from './settled-memory.mjs';
import {
  ECHO_SOURCE,
  ensembleOf,
  explicit,
  INPUTS,
  modelConfig,
  PYTHON_SOURCE,
  writeModel,
} from './small-models.mjs';
import { inMebibytes, verdict } from './verdict.mjs';

const COUNT = Number(process.env.NEREID_MEMORY_CYCLES ?? 500);
/** Those that fill what stays, such as caches of the allocator. */
const FIRST_COUNT = 200;
const SAMPLES = 5;
/** Files in shared memory may be those of other programs. */
const OWN_RESOURCES = ['descriptors', 'threads', 'processes'];

/** What is cycled: `write` makes the model m in a folder, `inputs` are those of a request for it. */
export const CYCLED = {
  javascript: {
    write: (folder) =>
      writeModel(folder, 'm', {
        config: modelConfig('javascript'),
        files: { 'model.js': ECHO_SOURCE },
      }),
    inputs: INPUTS,
  },
  python: {
    write: (folder) =>
      writeModel(folder, 'm', {
        config: modelConfig('python'),
        files: { 'model.py': PYTHON_SOURCE },
      }),
    inputs: INPUTS,
  },
  onnx: {
    write: (folder) => writeLargeModel(folder, 'm', 16),
    inputs: [{ name: 'X', datatype: 'FP32', shape: [1, 16], data: new Uint8Array(64) }],
  },
  ensemble: {
    async write(folder) {
      await writeModel(folder, 'a', { config: modelConfig('identity') });
      await writeModel(folder, 'b', { config: modelConfig('identity') });
      await writeModel(folder, 'm', { config: ensembleOf('a', 'b') });
    },
    inputs: INPUTS,
  },
};

/**
 * Loads, uses and unloads a model `firstCount` times and then, in so many parts, `count` times.
 * Resolves with memory and open resources before the latter and after each part, and the time of a
 * cycle.
 */
export async function measureCycles({ write, inputs }, { firstCount, count, parts }) {
  return withFolder(async (folder) => {
    await write(folder);
    const server = await startEmbedded(explicit(folder));
    await run(server, firstCount, inputs);
    const samples = [await look()];
    let tookMs = 0;
    for (let part = 0; part < parts; part += 1) {
      const startMs = performance.now();
      await run(server, count / parts, inputs);
      tookMs += performance.now() - startMs;
      samples.push(await look());
    }
    await server.stop();
    return { samples, cycleMs: tookMs / count };
  });
}

async function look() {
  return { memory: await settledMemory(), open: openResources() };
}

async function run(server, count, inputs) {
  const { inference } = server;
  for (let done = 0; done < count; done += 1) {
    await inference.loadModel('m', {});
    await inferOnce(server, { modelName: 'm', inputs });
    await inference.unloadModel('m', { unloadDependents: true });
    await unloaded(server, 'm');
  }
}

/**
 * Fails where more memory stays, or more of what an unload must close. The samples on the way tell
 * growth from noise.
 */
async function judge(cycled) {
  const parameters = { firstCount: FIRST_COUNT, count: COUNT, parts: SAMPLES };
  const { samples, cycleMs } = await measureCycles(cycled, parameters);
  const [before, after] = [samples[0], samples.at(-1)];
  const resident = samples.map(({ memory }) => inMebibytes(memory.residentBytes)).join(', ');
  const { passed, lines } = verdict(before.memory, after.memory);
  const isClosed = OWN_RESOURCES.every((kind) => after.open[kind] <= before.open[kind]);
  return {
    passed: passed && isClosed,
    lines: [
      `${COUNT} cycles, ${cycleMs.toFixed(1)} ms each; on the way ${resident}`,
      ...lines,
      `open: ${describe(before.open)} -> ${describe(after.open)}`,
    ],
  };
}

function describe(resources) {
  return Object.entries(resources)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ');
}

export const CYCLES = Object.fromEntries(
  Object.entries(CYCLED).map(([name, cycled]) => [`${name}-cycles`, () => judge(cycled)]),
);
