import { randomFill } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type DataType,
  ELEMENT_SIZE_BYTES,
  elementCount,
  InferError,
  type InferenceRequest,
  type ModelConfig,
  type ModelSource,
  type ModelWarmup,
  NEVER_CANCELLED,
  NO_PARAMETERS,
  type Tensor,
  type WarmupInput,
} from '@nereid/core';
import { toDataType } from '@nereid/model-config';
import { normalizeRequest } from './normalize-request.js';
import type { RequestRules } from './request-rules.js';
import { withInputs } from './with-inputs.js';

/** The folder in a model's folder that holds the data files of its warmup samples. */
const WARMUP_FOLDER = 'warmup';
/** An empty BYTES element is a length of 0. */
const EMPTY_ELEMENT_BYTES = 4;

/** All requests of a batch are made at once; a configuration may come with a request to load it. */
const MAX_BATCH_SIZE = 65_536;

/** Each run delays the model; a load that would last for days is a mistake. */
const MAX_RUN_COUNT = 1_000_000;

/** A request to send before a model serves. */
export interface WarmupSample {
  readonly name: string;
  readonly request: InferenceRequest;
  /** Copies of the request that make up a batch. */
  readonly batchSize: number;
  /** How often the batch is executed. */
  readonly count: number;
}

/**
 * Makes the requests that `model_warmup` describes (spec §4.7); samples of batch size 0 are
 * skipped, as in Triton. Throws an InferError that names the sample or its file.
 */
export async function makeWarmupSamples(
  source: ModelSource,
  rules: RequestRules,
): Promise<readonly WarmupSample[]> {
  const samples = source.config.modelWarmup.filter((sample) => sample.batchSize > 0);
  for (const sample of samples) {
    checkLimits(sample, source.name);
    checkBatchSize(sample, source.config);
  }
  return await Promise.all(
    samples.map(async (sample) => ({
      name: sample.name,
      request: await makeRequest(sample, source, rules),
      batchSize: sample.batchSize,
      count: Math.max(1, sample.count),
    })),
  );
}

function checkLimits({ name, batchSize, count }: ModelWarmup, modelName: string): void {
  const refuse = (what: string): never => {
    throw new InferError(
      'INVALID_ARG',
      `warmup sample '${name}' of model ${modelName} has ${what}`,
    );
  };
  if (batchSize > MAX_BATCH_SIZE) refuse(`batch size ${batchSize}, more than ${MAX_BATCH_SIZE}`);
  if (count > MAX_RUN_COUNT) refuse(`count ${count}, more than ${MAX_RUN_COUNT}`);
}

function checkBatchSize(sample: ModelWarmup, { name, maxBatchSize }: ModelConfig): void {
  if (maxBatchSize === 0 || sample.batchSize <= maxBatchSize) return;
  throw new InferError(
    'INVALID_ARG',
    `failed to run warmup sample '${sample.name}': batch size ${sample.batchSize} for '${name}', ` +
      `max allowed is ${maxBatchSize}`,
  );
}

async function makeRequest(
  sample: ModelWarmup,
  source: ModelSource,
  rules: RequestRules,
): Promise<InferenceRequest> {
  const tensors = await Promise.all(
    Object.entries(sample.inputs).map(async ([name, input]) => {
      const datatype = requireDataType(name, input);
      const data = await makeData(name, input, { datatype, directory: source.directory });
      const shape = rules.maxBatchSize > 0 ? [1, ...input.dims] : input.dims;
      return { name, datatype, shape, data };
    }),
  );
  const isInput = ({ name }: Tensor) => rules.inputs.byName.has(name);
  const request = normalizeRequest(requestWith(tensors.filter(isInput), source.name), rules);
  // Control and state tensors belong to no input of the configuration; schedulers add them, too.
  return withInputs(request, [...request.inputs, ...tensors.filter((tensor) => !isInput(tensor))]);
}

function requestWith(inputs: readonly Tensor[], modelName: string): InferenceRequest {
  return {
    modelName,
    modelVersion: undefined,
    id: '',
    inputs,
    requestedOutputs: [],
    sequence: undefined,
    priority: 0,
    timeoutUs: 0,
    parameters: NO_PARAMETERS,
    signal: NEVER_CANCELLED,
  };
}

function requireDataType(name: string, input: WarmupInput): DataType {
  if (input.dims.includes(-1)) {
    throw new InferError(
      'INVALID_ARG',
      `warmup setting expects all variable-size dimensions are specified for input '${name}'`,
    );
  }
  const datatype = toDataType(input.dataType);
  if (datatype) return datatype;
  throw new InferError(
    'INVALID_ARG',
    `warmup setting expects input '${name}' to have data_type set`,
  );
}

async function makeData(
  name: string,
  input: WarmupInput,
  { datatype, directory }: { readonly datatype: DataType; readonly directory: string },
): Promise<Uint8Array> {
  const elementSize = ELEMENT_SIZE_BYTES[datatype] || EMPTY_ELEMENT_BYTES;
  const sizeBytes = elementCount(input.dims) * elementSize;
  if (input.inputDataFile !== undefined) {
    const path = join(directory, WARMUP_FOLDER, input.inputDataFile);
    return fitting(await readDataFile(path), {
      datatype,
      sizeBytes,
      fileName: input.inputDataFile,
    });
  }
  const data = new Uint8Array(sizeBytes);
  // Random bytes would be no BYTES elements.
  if (input.randomData && datatype !== 'BYTES') await fillRandomly(data);
  if (input.randomData || input.zeroData) return data;
  throw new InferError(
    'INVALID_ARG',
    `[request id: <id_unknown>] warmup setting expects input '${name}' to have input_data_type set`,
  );
}

/** Off the main thread, as the tensor may be large. */
function fillRandomly(data: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    randomFill(data, (error) => (error ? reject(error) : resolve()));
  });
}

async function readDataFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InferError('NOT_FOUND', `failed to read warmup data: ${reason}`, { cause });
  }
}

/** A file may hold more than the tensor needs; BYTES elements are as long as the file says. */
function fitting(
  content: Uint8Array,
  wanted: { readonly datatype: DataType; readonly sizeBytes: number; readonly fileName: string },
): Uint8Array {
  if (wanted.datatype === 'BYTES') return content;
  if (content.byteLength >= wanted.sizeBytes) return content.subarray(0, wanted.sizeBytes);
  throw new InferError(
    'INVALID_ARG',
    `warmup setting expects ${wanted.sizeBytes} bytes, but the data provided from ` +
      `${wanted.fileName} only has ${content.byteLength} bytes`,
  );
}
