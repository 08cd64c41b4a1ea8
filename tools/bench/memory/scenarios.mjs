/** What may keep memory: each returns lines of figures, and whether memory came back. */

import { CYCLES } from './cycles.mjs';
import { inferOnce, startEmbedded, unloaded, withFolder } from './embedded-server.mjs';
import { writeLargeModel } from './large-onnx-model.mjs';
import { settledMemory } from './settled-memory.mjs';
import { explicit, INPUTS, modelConfig, writeModel } from './small-models.mjs';
import { inMebibytes, verdict } from './verdict.mjs';

const LARGE_SIDE = 8192;
const FLOAT_BYTES = 4;
/** Loads of the large model that leave something in each of the allocator's arenas they use. */
const FIRST_LOADS = 5;
const LOADS = 3;
/** Of the model's size. */
const MAX_LEFT_SHARE = 0.1;
const MODEL_COUNTS = [250, 500, 1000];
const UNLOADED_MODELS = 1000;
const SEQUENCES = 10_000;
const FIRST_ROUNDS = 3;
const ROUNDS = 3;
const LONG_IDLE_US = 600_000_000;

const IDENTITY = modelConfig('identity');
const JAVASCRIPT = modelConfig('javascript');

/** An ONNX model with 256 MiB of weights, loaded, used and unloaded several times. */
async function largeModel() {
  return withFolder(async (folder) => {
    await writeLargeModel(folder, 'small', 16);
    await writeLargeModel(folder, 'large', LARGE_SIDE);
    const server = await startEmbedded(explicit(folder));
    const cycle = async (name, side) => {
      await server.inference.loadModel(name, {});
      const data = new Uint8Array(side * FLOAT_BYTES);
      const inputs = [{ name: 'X', datatype: 'FP32', shape: [1, side], data }];
      await inferOnce(server, { modelName: name, inputs });
      const loaded = await settledMemory();
      await server.inference.unloadModel(name, { unloadDependents: false });
      await unloaded(server, name);
      return loaded;
    };
    // What the backend itself needs comes with its first model and stays.
    await cycle('small', 16);
    const idle = await settledMemory();
    const run = async (count) => {
      const loaded = [];
      for (let done = 0; done < count; done += 1) loaded.push(await cycle('large', LARGE_SIDE));
      return loaded;
    };
    const loaded = await run(FIRST_LOADS);
    const before = await settledMemory();
    loaded.push(...(await run(LOADS)));
    const after = await settledMemory();
    await server.stop();
    const { passed, lines } = verdict(before, after);
    const peaks = loaded.map(({ residentBytes }) => inMebibytes(residentBytes)).join(', ');
    const left = before.residentBytes - idle.residentBytes;
    return {
      passed: passed && left < MAX_LEFT_SHARE * LARGE_SIDE * LARGE_SIDE * FLOAT_BYTES,
      lines: [
        `while loaded: ${peaks}; the first ${FIRST_LOADS} leave ${inMebibytes(left)}`,
        ...lines,
      ],
    };
  });
}

/** Start-up and index of repositories of growing size: time a model must not grow with them. */
async function manyModels() {
  const lines = [];
  const times = [];
  for (const count of MODEL_COUNTS) {
    times.push(await timesOf(count, lines));
  }
  const [first, last] = [times[0], times.at(-1)];
  // Twice the time a model, for four times the models, would be growth; half of that is noise.
  const passed = last.startUs < 2 * first.startUs && last.indexUs < 2 * first.indexUs;
  return { passed, lines };
}

async function timesOf(count, lines) {
  return withFolder(async (folder) => {
    for (let index = 0; index < count; index += 1) {
      await writeModel(folder, `model_${index}`, { config: IDENTITY });
    }
    const startMs = performance.now();
    const server = await startEmbedded({ modelRepository: folder });
    const startUs = ((performance.now() - startMs) * 1000) / count;
    const indexMs = performance.now();
    const index = await server.inference.repositoryIndex(true);
    const indexUs = ((performance.now() - indexMs) * 1000) / count;
    if (index.length !== count) throw new Error(`${index.length} of ${count} models are ready`);
    const { residentBytes } = await settledMemory();
    await server.stop();
    lines.push(
      `${count} models: start ${startUs.toFixed(0)} us a model, index ${indexUs.toFixed(0)} us a ` +
        `model, resident ${inMebibytes(residentBytes)}`,
    );
    return { startUs, indexUs };
  });
}

/** A repository of models that are all loaded, used and unloaded. */
async function unloadedModels() {
  return withFolder(async (folder) => {
    const names = Array.from({ length: UNLOADED_MODELS }, (_, index) => `model_${index}`);
    for (const name of names) await writeModel(folder, name, { config: IDENTITY });
    const server = await startEmbedded(explicit(folder));
    const { inference } = server;
    const idle = await settledMemory();
    const round = async () => {
      for (const name of names) {
        await inference.loadModel(name, {});
        await inferOnce(server, { modelName: name, inputs: INPUTS });
      }
      const loaded = await settledMemory();
      for (const name of names) await inference.unloadModel(name, { unloadDependents: false });
      for (const name of names) await unloaded(server, name);
      return loaded;
    };
    // The index goes on to tell of models that were loaded once.
    await round();
    const before = await settledMemory();
    const loaded = await round();
    const after = await settledMemory();
    await server.stop();
    const { passed, lines } = verdict(before, after);
    const grown = before.heapBytes - idle.heapBytes;
    return {
      passed,
      lines: [
        `${UNLOADED_MODELS} models, loaded: heap ${inMebibytes(loaded.heapBytes)}; the first time ` +
          `leaves ${inMebibytes(grown)}`,
        ...lines,
      ],
    };
  });
}

/** Sequences that are alive at the same time, and what is left when they have ended. */
async function liveSequences() {
  return withFolder(async (folder) => {
    const batching = `max_batch_size: 16 sequence_batching {
      max_sequence_idle_microseconds: ${LONG_IDLE_US}
      oldest { max_candidate_sequences: ${SEQUENCES + 1} }
      state [ { input_name: "STATE_IN" output_name: "STATE_OUT" data_type: TYPE_FP32 dims: [ 64 ] } ]
    }`;
    await writeModel(folder, 'm', {
      config: JAVASCRIPT + batching,
      files: { 'model.js': STATEFUL_SOURCE },
    });
    const server = await startEmbedded(explicit(folder));
    await server.inference.loadModel('m', {});
    // What is grown once, such as tables and stacks, is grown by the first rounds.
    for (let round = 0; round < FIRST_ROUNDS; round += 1) await sequenceRound(server);
    const before = await collectedMemory(server);
    let live = before;
    for (let round = 0; round < ROUNDS; round += 1) live = await sequenceRound(server);
    const after = await collectedMemory(server);
    await server.stop();
    const { passed, lines } = verdict(before, after);
    const each = (live.heapBytes - before.heapBytes) / SEQUENCES;
    return {
      passed,
      lines: [
        `${SEQUENCES} live sequences with a state of 256 B: ${each.toFixed(0)} B each`,
        ...lines,
      ],
    };
  });
}

/** What is settled when the model has collected its garbage, too. */
async function collectedMemory(server) {
  const inputs = [{ ...INPUTS[0], shape: [1, 1], data: COLLECT }];
  const sequence = { correlationId: 'collect', start: true, end: true };
  await inferOnce(server, { modelName: 'm', inputs, sequence });
  return settledMemory();
}

/** Starts all sequences, and ends them; resolves with the memory while they lived. */
async function sequenceRound(server) {
  const inputs = [{ ...INPUTS[0], shape: [1, 1] }];
  const sendAll = (flags) =>
    Promise.all(
      Array.from({ length: SEQUENCES }, (_, index) =>
        inferOnce(server, {
          modelName: 'm',
          inputs,
          sequence: { correlationId: BigInt(index + 1), ...flags },
        }),
      ),
    );
  await sendAll({ start: true, end: false });
  const live = await collectedMemory(server);
  await sendAll({ start: false, end: true });
  return live;
}

/**
 * Passes its state on, one more each time. Its thread collects its garbage when told to, as
 * `settledMemory` does.
 */
const STATEFUL_SOURCE = `import { Session } from 'node:inspector/promises';
async function collect() {
  const session = new Session();
  session.connect();
  await session.post('HeapProfiler.collectGarbage');
  session.disconnect();
}
export async function execute(requests) {
  if (requests.some(({ inputs }) => inputs.IN.data[0] < 0)) await collect();
  return requests.map(({ inputs }) => ({ outputs: {
    OUT: inputs.IN,
    STATE_OUT: { ...inputs.STATE_IN, data: inputs.STATE_IN.data.map((x) => x + 1) },
  } }));
}
`;
const COLLECT = new Uint8Array(Float32Array.of(-1).buffer);

export const SCENARIOS = {
  'large-model': largeModel,
  ...CYCLES,
  'many-models': manyModels,
  'unloaded-models': unloadedModels,
  'live-sequences': liveSequences,
};
