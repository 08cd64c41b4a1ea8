import {
  loadSerializedFiles,
  type SerializedFile,
  ServerReflectionRequest,
  ServerReflectionResponse,
} from '@nereid/protocol';
import { STOPPING } from './call-gate.js';
import type { GrpcStreamCall, StreamMethod, StreamReader } from './grpc-call.js';
import { OK, statusOf } from './grpc-status.js';

const NOT_FOUND = 5;

/** The services that are served; every method's path begins with one of them. */
const SERVICES = [
  'grpc.health.v1.Health',
  'grpc.reflection.v1.ServerReflection',
  'grpc.reflection.v1alpha.ServerReflection',
  'inference.GRPCInferenceService',
] as const;

/**
 * Server reflection, the same for both of its versions: tells tools such as grpcurl what services
 * there are and what their messages look like. The descriptions are loaded at the first call.
 */
export function reflectionMethod(): StreamMethod {
  let loading: Promise<FileIndex> | undefined;
  const load = async () => new FileIndex(await loadSerializedFiles());
  return {
    kind: 'stream',
    open(call) {
      loading ??= load();
      return new ReflectionStream(call, loading);
    },
  };
}

type MessageResponse = Pick<
  ServerReflectionResponse,
  | 'fileDescriptorResponse'
  | 'allExtensionNumbersResponse'
  | 'listServicesResponse'
  | 'errorResponse'
>;

/** Finds files by their names and by what they declare. */
class FileIndex {
  readonly #byName = new Map<string, SerializedFile>();
  readonly #bySymbol = new Map<string, SerializedFile>();

  constructor(files: readonly SerializedFile[]) {
    for (const file of files) {
      this.#byName.set(file.name, file);
      for (const symbol of file.symbols) this.#bySymbol.set(symbol, file);
    }
  }

  answer(request: ServerReflectionRequest): MessageResponse {
    const { fileByFilename, fileContainingSymbol, allExtensionNumbersOfType } = request;
    if (request.listServices !== undefined) {
      return { listServicesResponse: { service: SERVICES.map((name) => ({ name })) } };
    }
    if (fileByFilename !== undefined) {
      return this.#files(this.#byName.get(fileByFilename), `file '${fileByFilename}'`);
    }
    if (fileContainingSymbol !== undefined) {
      const file = this.#bySymbol.get(fileContainingSymbol);
      return this.#files(file, `symbol '${fileContainingSymbol}'`);
    }
    if (allExtensionNumbersOfType !== undefined && this.#bySymbol.has(allExtensionNumbersOfType)) {
      // The definitions are proto3, which has no extensions.
      return { allExtensionNumbersResponse: { baseTypeName: allExtensionNumbersOfType } };
    }
    return notFound('extension or type');
  }

  #files(file: SerializedFile | undefined, what: string): MessageResponse {
    if (file === undefined) return notFound(what);
    const fileDescriptorProto = this.#withDependencies(file).map(({ base64 }) =>
      Buffer.from(base64, 'base64'),
    );
    return { fileDescriptorResponse: { fileDescriptorProto } };
  }

  #withDependencies(file: SerializedFile): SerializedFile[] {
    const imported = file.dependencies.flatMap((name) => {
      const dependency = this.#byName.get(name);
      return dependency === undefined ? [] : this.#withDependencies(dependency);
    });
    return [file, ...imported];
  }
}

function notFound(what: string): MessageResponse {
  return { errorResponse: { errorCode: NOT_FOUND, errorMessage: `${what} not found` } };
}

/** One call: answers each request, in order. */
class ReflectionStream implements StreamReader {
  readonly #call: GrpcStreamCall;
  readonly #index: Promise<FileIndex>;

  constructor(call: GrpcStreamCall, index: Promise<FileIndex>) {
    this.#call = call;
    this.#index = index;
  }

  message(bytes: Buffer): void {
    const originalRequest = ServerReflectionRequest.decode(bytes);
    this.#whenLoaded((index) => {
      const response = { ...index.answer(originalRequest), validHost: '', originalRequest };
      const ready = this.#call.write(ServerReflectionResponse.encode(response));
      if (!ready) this.#waitForClient();
    });
  }

  halfClose(): void {
    this.#whenLoaded(() => this.#call.end(OK));
  }

  stop(): void {
    this.#call.end(STOPPING);
  }

  /** Keeps the order of requests: what waits for one promise runs in the order in which it came. */
  #whenLoaded(action: (index: FileIndex) => void): void {
    this.#index.then(action).catch((error: unknown) => this.#call.end(statusOf(error)));
  }

  /** A client that asks and does not read is not read from, either. */
  #waitForClient(): void {
    this.#call.pause();
    this.#call.drained().then(
      () => this.#call.resume(),
      (error: unknown) => this.#call.end(statusOf(error)),
    );
  }
}
