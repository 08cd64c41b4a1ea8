/**
 * CPU time that a scheduler spends on a request while 100,000 are queued, with instances that answer
 * at once. Ends with code 1 when it is more than the limit.
 *
 *     node tools/bench/scheduling.mjs
 */

import { NEVER_CANCELLED, NO_PARAMETERS, silentLogger, systemClock } from '@nereid/core';
import { normalizeConfig, parseConfigText } from '@nereid/model-config';
import { dynamicBatchSettings } from '@nereid/scheduler-dynamic';
import { BatchScheduler } from '@nereid/scheduler-kit';
import { SequenceScheduler } from '@nereid/scheduler-sequence';

const QUEUED = 100_000;
const ROUNDS = 3;
const LIMIT_US = 5;

const TENSORS = `
  input [ { name: "IN" data_type: TYPE_FP32 dims: [ -1 ] } ]
  output [ { name: "OUT" data_type: TYPE_FP32 dims: [ -1 ] } ]
  instance_group [ { kind: KIND_CPU count: 2 } ]
`;
const CONTROLS = `
  control_input [ { name: "START" control [ {
    kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ] } ] } ]
`;

const makeDynamic = (context) => new BatchScheduler(context, dynamicBatchSettings(context.config));
const makeSequence = (context) => new SequenceScheduler(context);

const CASES = {
  'dynamic batcher': {
    make: makeDynamic,
    config: 'max_batch_size: 8 dynamic_batching { preferred_batch_size: [ 4, 8 ] }',
  },
  'dynamic batcher, priorities, timeouts': {
    make: makeDynamic,
    config: `max_batch_size: 8 dynamic_batching { priority_levels: 10 default_priority_level: 5
      default_queue_policy { default_timeout_microseconds: 600000000 } }`,
    priorities: 10,
  },
  'sequence batcher, direct': {
    make: makeSequence,
    config: `max_batch_size: 8 sequence_batching { direct {} ${CONTROLS} }`,
    sequences: 1000,
  },
  'sequence batcher, oldest': {
    make: makeSequence,
    config: `max_batch_size: 8
      sequence_batching { oldest { max_candidate_sequences: 1000 } ${CONTROLS} }`,
    sequences: 1000,
  },
};

/** A request that only counts its end. */
class CountedRequest {
  batchSize = 1;
  acceptedNs = 0;

  constructor(request, ended) {
    this.request = request;
    this.ended = ended;
  }

  started() {}

  respond() {
    return undefined;
  }

  finish(error) {
    this.ended(error);
  }
}

const DATA = new Uint8Array(4);

/** The request at this place of a round; those of a sequence have its ID. */
function makeRequest(index, { priorities = 0, sequences = 0 }) {
  const last = QUEUED - sequences;
  return {
    modelName: 'm',
    modelVersion: undefined,
    id: '',
    inputs: [{ name: 'IN', datatype: 'FP32', shape: [1, 1], data: DATA }],
    requestedOutputs: [],
    sequence:
      sequences === 0
        ? undefined
        : {
            correlationId: BigInt((index % sequences) + 1),
            start: index < sequences,
            end: index >= last,
          },
    priority: priorities === 0 ? 0 : (index % priorities) + 1,
    timeoutUs: 0,
    parameters: NO_PARAMETERS,
    signal: NEVER_CANCELLED,
  };
}

/** Microseconds of CPU time for each request of a round: queued first, then all executed. */
async function round(options) {
  const { make, config } = options;
  const parsed = parseConfigText(`${config} ${TENSORS}`, 'config.pbtxt');
  let gate = new Promise((resolve) => {
    openGate = resolve;
  });
  const scheduler = make({
    modelName: 'm',
    modelVersion: 1,
    config: normalizeConfig({ ...parsed, name: 'm' }, { defaultInstanceCount: 1 }),
    directory: '/',
    clock: systemClock,
    logger: silentLogger,
    instanceCount: 2,
    async runBatch(batch) {
      await gate;
      for (const pending of batch) pending.finish();
    },
  });
  let endedCount = 0;
  let failure;
  let done;
  const all = new Promise((resolve) => {
    done = resolve;
  });
  const ended = (error) => {
    failure ??= error;
    endedCount += 1;
    if (endedCount === QUEUED) done();
  };
  const requests = Array.from(
    { length: QUEUED },
    (_, index) => new CountedRequest(makeRequest(index, options), ended),
  );
  const startUs = cpuUs();
  for (const request of requests) scheduler.enqueue(request);
  const queuedUs = cpuUs();
  const waiting = scheduler.inflightCount;
  gate = undefined;
  openGate();
  await all;
  const endUs = cpuUs();
  if (failure) throw failure;
  await scheduler.stop();
  return { waiting, queueUs: (queuedUs - startUs) / QUEUED, runUs: (endUs - queuedUs) / QUEUED };
}

let openGate = () => {};

function cpuUs() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

for (const [name, options] of Object.entries(CASES)) {
  let best;
  for (let count = 0; count < ROUNDS; count += 1) {
    const result = await round(options);
    if (!best || result.queueUs + result.runUs < best.queueUs + best.runUs) best = result;
  }
  const totalUs = best.queueUs + best.runUs;
  const passed = totalUs < LIMIT_US;
  if (!passed) process.exitCode = 1;
  process.stdout.write(
    `${name.padEnd(40)} ${best.waiting} queued: ${totalUs.toFixed(2)} us a request ` +
      `(${best.queueUs.toFixed(2)} to queue, ${best.runUs.toFixed(2)} to run)` +
      `${passed ? '' : ' FAILED'}\n`,
  );
}
