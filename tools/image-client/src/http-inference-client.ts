import { once } from 'node:events';
import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import {
  type ClassificationRequest,
  ClientError,
  type InferenceClient,
  type ModelDescription,
  type TensorMetadata,
} from './inference-client.js';
import { isRecord, listOf, numberOf, textOf } from './json-value.js';

const TIMEOUT_MS = 60_000;

export interface ClientOptions {
  /** `host:port`. */
  readonly address: string;
  readonly modelName: string;
  /** Empty asks for the highest version that is ready. */
  readonly modelVersion: string;
  /** Receives a line per exchange. */
  readonly log: (line: string) => void;
}

/** Speaks the v2 protocol over HTTP: the description as JSON, the images as binary tensor data. */
export class HttpInferenceClient implements InferenceClient {
  readonly #modelUrl: string;
  readonly #log: (line: string) => void;

  constructor(options: ClientOptions) {
    const version = options.modelVersion === '' ? '' : `/versions/${options.modelVersion}`;
    const model = encodeURIComponent(options.modelName);
    this.#modelUrl = `http://${options.address}/v2/models/${model}${version}`;
    this.#log = options.log;
  }

  async describeModel(): Promise<ModelDescription> {
    const metadata = await this.#exchange(this.#modelUrl);
    const config = await this.#exchange(`${this.#modelUrl}/config`);
    const [input] = listOf(config['input']);
    return {
      inputs: listOf(metadata['inputs']).map(tensorMetadata),
      outputs: listOf(metadata['outputs']).map(tensorMetadata),
      maxBatchSize: numberOf(config['max_batch_size']),
      inputFormat: textOf(input?.['format']),
    };
  }

  async classify(batch: ClassificationRequest): Promise<readonly string[]> {
    const header = Buffer.from(JSON.stringify(headerOf(batch)));
    const answer = await this.#exchange(`${this.#modelUrl}/infer`, {
      headers: {
        'content-type': 'application/octet-stream',
        'inference-header-content-length': String(header.length),
      },
      body: Buffer.concat([header, batch.data]),
    });
    const [output] = listOf(answer['outputs']);
    const data = output?.['data'];
    if (!Array.isArray(data)) throw new ClientError('The answer holds no classification.');
    return data.map(textOf);
  }

  /** Connections belong to the process and go when idle. */
  close(): void {}

  /** Sends one request and returns the JSON object of the answer. Throws a ClientError. */
  async #exchange(url: string, post?: HttpPost): Promise<Readonly<Record<string, unknown>>> {
    const { status, text } = await sendHttp(url, post).catch((cause: unknown) => {
      throw new ClientError(`No answer from ${url}: ${reasonOf(cause)}.`, { cause });
    });
    this.#log(`${post ? 'POST' : 'GET'} ${url}: ${status} ${text}`);
    const answer = parseObject(text);
    if (status !== 200) {
      const message = textOf(answer?.['error']) || 'no reason is given';
      throw new ClientError(`The server answers ${status}: ${message}.`);
    }
    if (!answer) throw new ClientError(`The answer from ${url} is no JSON object.`);
    return answer;
  }
}

interface HttpPost {
  readonly headers: OutgoingHttpHeaders;
  readonly body: Uint8Array;
}

/** Not `fetch`, which refuses a number of ports that a server may well listen at. */
async function sendHttp(url: string, post?: HttpPost) {
  const outgoing = request(url, {
    method: post ? 'POST' : 'GET',
    headers: { ...post?.headers },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  outgoing.end(post?.body);
  const [response]: IncomingMessage[] = await once(outgoing, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response ?? []) chunks.push(chunk);
  return { status: response?.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') };
}

function headerOf(batch: ClassificationRequest): object {
  const { inputName: name, datatype, shape, data } = batch;
  return {
    id: batch.id,
    inputs: [{ name, datatype, shape, parameters: { binary_data_size: data.byteLength } }],
    outputs: [{ name: batch.outputName, parameters: { classification: batch.classCount } }],
  };
}

function tensorMetadata(tensor: Readonly<Record<string, unknown>>): TensorMetadata {
  const shape = tensor['shape'];
  return {
    name: textOf(tensor['name']),
    datatype: textOf(tensor['datatype']),
    shape: Array.isArray(shape) ? shape.map(numberOf) : [],
  };
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A host with several addresses fails with one error for each and no message of its own.
  return error.message || textOf((error as NodeJS.ErrnoException).code);
}
