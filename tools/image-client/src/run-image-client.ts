import { basename } from 'node:path';
import { GrpcInferenceClient } from './grpc-inference-client.js';
import { HttpInferenceClient } from './http-inference-client.js';
import {
  IMAGE_CLIENT_USAGE,
  type ImageClientArgs,
  parseImageClientArgs,
  UsageError,
} from './image-client-args.js';
import { type ImageModel, imageModelOf } from './image-model.js';
import {
  type ClassificationRequest,
  ClientError,
  type InferenceClient,
} from './inference-client.js';
import { listImages, loadImage } from './load-image.js';
import { pixelTensor } from './pixel-tensor.js';
import { resizeTriangle } from './triangle-resize.js';

/** Requests under way at a time with `--async`. */
const MAX_IN_FLIGHT = 8;

type Print = (line: string) => void;

/** Where the text goes; the process itself is one. */
interface TextOutputs {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

/** A request and the images in it, by base name. */
interface Batch {
  readonly names: readonly string[];
  readonly request: ClassificationRequest;
}

/**
 * Classifies images against a running server and prints the classes, as Triton's `image_client`
 * does.
 * Resolves with the exit code: 0, or 1 after a sentence on stderr. Never rejects for what the user,
 * the server or an image can cause.
 */
export async function runImageClient(
  args: readonly string[],
  { stdout, stderr }: TextOutputs = process,
): Promise<number> {
  try {
    const parsed = parseImageClientArgs(args);
    if (parsed) await classifyImages(parsed, (line) => stdout.write(`${line}\n`));
    else stdout.write(IMAGE_CLIENT_USAGE);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof ClientError)) throw error;
    stderr.write(`${error.message}\n`);
    if (error instanceof UsageError) stderr.write(`\n${IMAGE_CLIENT_USAGE}`);
    return 1;
  }
}

async function classifyImages(args: ImageClientArgs, print: Print): Promise<void> {
  const files = await listImages(args.paths);
  const client = openClient(args, print);
  try {
    const model = imageModelOf(args.modelName, await client.describeModel());
    for (const note of model.notes) print(note);
    checkBatchSize(args, model);
    const inFlight = args.sendMode === 'sync' ? 1 : MAX_IN_FLIGHT;
    await runBatches({ args, model, client, files, inFlight, print });
    print('PASS');
  } finally {
    client.close();
  }
}

function openClient(args: ImageClientArgs, print: Print): InferenceClient {
  const { address, modelName, modelVersion } = args;
  const log = args.verbose ? print : () => {};
  if (args.protocol === 'http') {
    return new HttpInferenceClient({ address, modelName, modelVersion, log });
  }
  const streaming = args.sendMode === 'streaming';
  return new GrpcInferenceClient({ address, modelName, modelVersion, log, streaming });
}

function checkBatchSize(args: ImageClientArgs, model: ImageModel): void {
  if (args.batchSize <= model.maxBatchSize) return;
  throw new ClientError(
    `expecting batch size <= ${model.maxBatchSize} for model '${args.modelName}', ` +
      `got ${args.batchSize}`,
  );
}

interface Run {
  readonly args: ImageClientArgs;
  readonly model: ImageModel;
  readonly client: InferenceClient;
  readonly files: readonly string[];
  readonly inFlight: number;
  readonly print: Print;
}

/** Sends `inFlight` requests at a time and prints their answers in the order of the images. */
async function runBatches(run: Run): Promise<void> {
  const { batchSize } = run.args;
  const count = Math.ceil(run.files.length / batchSize);
  for (let first = 0; first < count; first += run.inFlight) {
    const size = Math.min(run.inFlight, count - first);
    const batches = await Promise.all(
      Array.from({ length: size }, (_, i) => makeBatch(run, first + i)),
    );
    const answers = await Promise.all(batches.map((batch) => run.client.classify(batch.request)));
    batches.forEach((batch, i) => {
      run.print(`Request ${batch.request.id}, batch size ${batchSize}`);
      printClasses(batch.names, answers[i] ?? [], run.print);
    });
  }
}

/** The last batch is filled up with images from the beginning. */
async function makeBatch({ args, model, files }: Run, index: number): Promise<Batch> {
  const paths = Array.from(
    { length: args.batchSize },
    (_, i) => files[(index * args.batchSize + i) % files.length] ?? '',
  );
  const images = await Promise.all(paths.map((path) => imageTensor(path, args, model)));
  const { channels, height, width } = model;
  const image = model.layout === 'NCHW' ? [channels, height, width] : [height, width, channels];
  return {
    names: paths.map((path) => basename(path)),
    request: {
      id: String(index + 1),
      inputName: model.inputName,
      datatype: model.datatype,
      shape: model.batched ? [args.batchSize, ...image] : image,
      data: Buffer.concat(images),
      outputName: model.outputName,
      classCount: args.classCount,
    },
  };
}

async function imageTensor(
  path: string,
  args: ImageClientArgs,
  model: ImageModel,
): Promise<Uint8Array> {
  const pixels = resizeTriangle(await loadImage(path, model.channels), model.width, model.height);
  const { datatype, layout } = model;
  return pixelTensor(pixels, { datatype, layout, scaling: args.scaling });
}

/** Each class comes as `value:index[:label]`; a label may itself contain colons. */
function printClasses(names: readonly string[], classes: readonly string[], print: Print): void {
  const perImage = classes.length / names.length;
  if (perImage < 1 || !Number.isInteger(perImage)) {
    throw new ClientError(`expecting classes for ${names.length} images, got ${classes.length}`);
  }
  names.forEach((name, i) => {
    print(`Image '${name}':`);
    for (const entry of classes.slice(i * perImage, (i + 1) * perImage)) {
      const [value = '', index = '', ...label] = entry.split(':');
      print(`    ${value} (${index}) = ${label.join(':')}`);
    }
  });
}
