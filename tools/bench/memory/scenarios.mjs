/** What may keep memory: each returns lines of figures, and whether memory came back. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  inferOnce,
  inMebibytes,
  settledMemory,
  startEmbedded,
  withFolder,
} from './embedded-server.mjs';
import { writeLargeModel } from './large-onnx-model.mjs';

/** Memory may differ by so much and still counts as given back. */
const TOLERANCE = 0.05;
const LARGE_SIDE = 8192;
const CYCLES = 500;
const FIRST_CYCLES = 100;
const MODEL_COUNTS = [250, 500, 1000];
const UNLOADED_MODELS = 1000;
const SEQUENCES = 10_000;
const FIRST_ROUNDS = 3;
const ROUNDS = 3;
const LONG_IDLE_US = 600_000_000;

const IDENTITY = `backend: "identity"
input [ { name: "IN" data_type: TYPE_FP32 dims: [ -1 ] } ]
output [ { name: "OUT" data_type: TYPE_FP32 dims: [ -1 ] } ]
`;

const JAVASCRIPT = IDENTITY.replace('identity', 'javascript');

const ECHO_SOURCE = `export const execute = (requests) =>
  requests.map(({ inputs }) => ({ outputs: { OUT: inputs.IN } }));
`;

/** One FP32 value for the input IN. */
const INPUTS = [{ name: 'IN', datatype: 'FP32', shape: [1], data: new Uint8Array(4) }];

async function writeModel(folder, name, { config, source }) {
  await mkdir(join(folder, name, '1'), { recursive: true });
  await writeFile(join(folder, name, 'config.pbtxt'), config);
  if (source) await writeFile(join(folder, name, '1', 'model.js'), source);
}

const explicit = (modelRepository) => ({ modelRepository, modelControlMode: 'explicit' });

/** Whether memory is back, within the tolerance of what there was before. */
function verdict(before, after) {
  const change = after.residentBytes / before.residentBytes - 1;
  const heapChange = after.heapBytes / before.heapBytes - 1;
  return {
    passed: change <= TOLERANCE && heapChange <= TOLERANCE,
    line:
      `resident ${inMebibytes(before.residentBytes)} -> ${inMebibytes(after.residentBytes)} ` +
      `(${percent(change)}), heap ${inMebibytes(before.heapBytes)} -> ` +
      `${inMebibytes(after.heapBytes)} (${percent(heapChange)})`,
  };
}

function percent(share) {
  return `${share < 0 ? '' : '+'}${(share * 100).toFixed(1)} %`;
}

/** An ONNX model with 256 MiB of weights, loaded, used and unloaded several times. */
async function largeModel() {
  return withFolder(async (folder) => {
    await writeLargeModel(folder, 'small', 16);
    await writeLargeModel(folder, 'large', LARGE_SIDE);
    const server = await startEmbedded(explicit(folder));
    const cycle = async (name, side) => {
      await server.inference.loadModel(name, {});
      const data = new Uint8Array(side * 4);
      const inputs = [{ name: 'X', datatype: 'FP32', shape: [1, side], data }];
      await inferOnce(server, { modelName: name, inputs });
      const loaded = await settledMemory();
      await server.inference.unloadModel(name, { unloadDependents: false });
      await unloaded(server, name);
      return loaded;
    };
    // What the backend itself needs comes with its first model and stays.
    await cycle('small', 16);
    const before = await settledMemory();
    const loaded = [];
    for (let count = 0; count < 3; count += 1) loaded.push(await cycle('large', LARGE_SIDE));
    const after = await settledMemory();
    await server.stop();
    const { passed, line } = verdict(before, after);
    const peaks = loaded.map(({ residentBytes }) => inMebibytes(residentBytes)).join(', ');
    return { passed, lines: [`while loaded: ${peaks}`, line] };
  });
}

async function unloaded(server, name) {
  const gone = async () => {
    const index = await server.inference.repositoryIndex(false);
    return index.every((entry) => entry.name !== name || entry.reason === 'unloaded');
  };
  while (!(await gone())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Loads, uses and unloads a model again and again. */
async function cyclesOf(writeCycled, request) {
  return withFolder(async (folder) => {
    await writeCycled(folder);
    const server = await startEmbedded(explicit(folder));
    const run = async (count) => {
      for (let done = 0; done < count; done += 1) {
        await server.inference.loadModel('m', {});
        await inferOnce(server, { modelName: 'm', ...request });
        await server.inference.unloadModel('m', { unloadDependents: false });
        await unloaded(server, 'm');
      }
    };
    await run(FIRST_CYCLES);
    const before = await settledMemory();
    const startMs = performance.now();
    await run(CYCLES);
    const perCycleMs = (performance.now() - startMs) / CYCLES;
    const after = await settledMemory();
    await server.stop();
    const { passed, line } = verdict(before, after);
    return { passed, lines: [`${CYCLES} cycles, ${perCycleMs.toFixed(1)} ms each`, line] };
  });
}

function javascriptCycles() {
  const writeCycled = (folder) =>
    writeModel(folder, 'm', { config: JAVASCRIPT, source: ECHO_SOURCE });
  return cyclesOf(writeCycled, { inputs: INPUTS });
}

function onnxCycles() {
  const inputs = [{ name: 'X', datatype: 'FP32', shape: [1, 16], data: new Uint8Array(64) }];
  return cyclesOf((folder) => writeLargeModel(folder, 'm', 16), { inputs });
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
    const { passed, line } = verdict(before, after);
    const grown = before.heapBytes - idle.heapBytes;
    return {
      passed,
      lines: [
        `${UNLOADED_MODELS} models, loaded: heap ${inMebibytes(loaded.heapBytes)}; the first time ` +
          `leaves ${inMebibytes(grown)}`,
        line,
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
    await writeModel(folder, 'm', { config: JAVASCRIPT + batching, source: STATEFUL_SOURCE });
    const server = await startEmbedded(explicit(folder));
    await server.inference.loadModel('m', {});
    // What is grown once, such as tables and stacks, is grown by the first rounds.
    for (let round = 0; round < FIRST_ROUNDS; round += 1) await sequenceRound(server);
    const before = await collectedMemory(server);
    let live = before;
    for (let round = 0; round < ROUNDS; round += 1) live = await sequenceRound(server);
    const after = await collectedMemory(server);
    await server.stop();
    const { passed, line } = verdict(before, after);
    const each = (live.heapBytes - before.heapBytes) / SEQUENCES;
    return {
      passed,
      lines: [`${SEQUENCES} live sequences with a state of 256 B: ${each.toFixed(0)} B each`, line],
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

/** Passes its state on, one more each time. Its thread collects its garbage when told to. */
const STATEFUL_SOURCE = `export const execute = (requests) => {
  if (requests.some(({ inputs }) => inputs.IN.data[0] < 0)) globalThis.gc();
  return requests.map(({ inputs }) => ({ outputs: {
    OUT: inputs.IN,
    STATE_OUT: { ...inputs.STATE_IN, data: inputs.STATE_IN.data.map((x) => x + 1) },
  } }));
};
`;
const COLLECT = new Uint8Array(Float32Array.of(-1).buffer);

export const SCENARIOS = {
  'large-model': largeModel,
  'javascript-cycles': javascriptCycles,
  'onnx-cycles': onnxCycles,
  'many-models': manyModels,
  'unloaded-models': unloadedModels,
  'live-sequences': liveSequences,
};
