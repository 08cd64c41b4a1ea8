import {
  type CallOptions,
  Client,
  type ClientDuplexStream,
  credentials,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { splitBytesElements } from '@nereid/core';
import {
  type MessageCodec,
  ModelConfigRequest,
  ModelConfigResponse,
  ModelMetadataRequest,
  ModelMetadataResponse,
} from '@nereid/protocol';
import type { ClientOptions } from './http-inference-client.js';
import {
  decodeInferAnswer,
  decodeStreamAnswer,
  encodeInferRequest,
  type InferAnswer,
} from './infer-messages.js';
import {
  type ClassificationRequest,
  ClientError,
  type InferenceClient,
  type ModelDescription,
  type TensorMetadata,
} from './inference-client.js';

const SERVICE = '/inference.GRPCInferenceService/';
const TIMEOUT_MS = 60_000;

interface GrpcClientOptions extends ClientOptions {
  /** Sends all images over one stream. */
  readonly streaming: boolean;
}

interface Waiting {
  resolve(answer: InferAnswer): void;
  reject(error: ClientError): void;
}

/** Speaks the v2 protocol over gRPC. */
export class GrpcInferenceClient implements InferenceClient {
  readonly #options: GrpcClientOptions;
  readonly #channel: Client;
  /** Requests on the stream that are not answered yet, by id. */
  readonly #waiting = new Map<string, Waiting>();
  #stream: ClientDuplexStream<Buffer, Buffer> | undefined;

  constructor(options: GrpcClientOptions) {
    this.#options = options;
    this.#channel = new Client(options.address, credentials.createInsecure(), {
      'grpc.max_receive_message_length': -1,
      'grpc.max_send_message_length': -1,
    });
  }

  async describeModel(): Promise<ModelDescription> {
    const { modelName: name, modelVersion: version } = this.#options;
    const metadata = await this.#call('ModelMetadata', ModelMetadataResponse, {
      codec: ModelMetadataRequest,
      message: { name, version },
    });
    const { config } = await this.#call('ModelConfig', ModelConfigResponse, {
      codec: ModelConfigRequest,
      message: { name, version },
    });
    return {
      inputs: (metadata.inputs ?? []).map(tensorMetadata),
      outputs: (metadata.outputs ?? []).map(tensorMetadata),
      maxBatchSize: config?.maxBatchSize ?? 0,
      inputFormat: config?.input?.[0]?.format ?? 'FORMAT_NONE',
    };
  }

  async classify(request: ClassificationRequest): Promise<readonly string[]> {
    const { modelName, modelVersion, streaming } = this.#options;
    const message = encodeInferRequest(modelName, modelVersion, request);
    const answer = streaming
      ? await this.#sendOnStream(request.id, message)
      : decodeInferAnswer(await this.#exchange('ModelInfer', message));
    if (!answer.rawOutput) throw new ClientError('The answer holds no classification.');
    return splitBytesElements(answer.rawOutput).map((entry) => Buffer.from(entry).toString('utf8'));
  }

  close(): void {
    this.#stream?.end();
    this.#channel.close();
  }

  async #call<Q, A>(
    method: string,
    answerCodec: MessageCodec<A>,
    request: { readonly codec: MessageCodec<Q>; readonly message: Q },
  ): Promise<A> {
    return answerCodec.decode(await this.#exchange(method, request.codec.encode(request.message)));
  }

  #exchange(method: string, message: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, answer?: Buffer) => {
        this.#options.log(`${method}: ${error ? error.message : `${answer?.length} bytes`}`);
        if (error) reject(toClientError(error));
        else resolve(answer ?? Buffer.alloc(0));
      };
      const path = SERVICE + method;
      this.#channel.makeUnaryRequest(path, asIs, asIs, message, deadline(), done);
    });
  }

  #sendOnStream(id: string, message: Buffer): Promise<InferAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#stream ??= this.#openStream();
      this.#stream.write(message);
    });
  }

  #openStream(): ClientDuplexStream<Buffer, Buffer> {
    const path = `${SERVICE}ModelStreamInfer`;
    const stream = this.#channel.makeBidiStreamRequest(path, asIs, asIs, deadline());
    stream.on('data', (bytes: Buffer) => this.#receive(bytes));
    stream.on('error', (error: ServiceError) => this.#failAll(toClientError(error)));
    stream.on('end', () => this.#failAll(new ClientError('The server ended the stream.')));
    return stream;
  }

  #receive(bytes: Buffer): void {
    const answer = decodeStreamAnswer(bytes);
    this.#options.log(`ModelStreamInfer: ${answer.error || `${bytes.length} bytes`}`);
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (!answer.error) waiting?.resolve(answer);
    // An error may come without the id of its request.
    else this.#failAll(new ClientError(`The server answers: ${answer.error}.`), waiting);
  }

  #failAll(error: ClientError, alsoWaiting?: Waiting): void {
    alsoWaiting?.reject(error);
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}

function deadline(): CallOptions {
  return { deadline: Date.now() + TIMEOUT_MS };
}

function toClientError(error: ServiceError): ClientError {
  // A failed connection's details end with an empty note.
  const details = error.details.replace(/\. Resolution note: *$/, '');
  const message = `The server answers ${status[error.code]}: ${details}.`;
  return new ClientError(message, { cause: error });
}

type MetadataMessage = NonNullable<ModelMetadataResponse['inputs']>[number];

function tensorMetadata(tensor: MetadataMessage): TensorMetadata {
  return {
    name: tensor.name ?? '',
    datatype: tensor.datatype ?? '',
    shape: (tensor.shape ?? []).map(Number),
  };
}
