/**
 * What the tests of this package share: a server that echoes, and a client that sends raw bytes.
 */

import { connect, type Socket } from 'node:net';
import {
  type Frontend,
  type FrontendPlugin,
  InferError,
  type InferenceRequest,
  type InferenceServer,
  type ListeningAddress,
  type LoadOptions,
  type LogSettings,
  type ResponseSink,
} from '@nereid/core';
import { FakeSharedMemory, FakeTracing, fakeModelConfig, fakePluginContext } from '@nereid/testing';

const LOG_SETTINGS: LogSettings = {
  logFile: '',
  logInfo: true,
  logWarning: true,
  logError: true,
  logVerboseLevel: 0,
  logFormat: 'default',
};

/** An inference server with the one model `echo`, which answers its inputs as outputs. */
export class EchoServer implements InferenceServer {
  readonly metadata = { name: 'triton', version: '2.51.0', extensions: ['classification'] };
  readonly systemSharedMemory = new FakeSharedMemory();
  readonly tracing = new FakeTracing();
  readonly requests: InferenceRequest[] = [];
  readonly loads: (readonly [string, LoadOptions])[] = [];
  readonly unloads: (readonly [string, boolean])[] = [];
  live = true;
  ready = true;
  decoupled = false;
  settings = LOG_SETTINGS;
  /** Takes the place of echoing. */
  onInfer: ((request: InferenceRequest, sink: ResponseSink) => void) | undefined;

  isLive(): boolean {
    return this.live;
  }

  isReady(): boolean {
    return this.ready;
  }

  isModelReady(modelName: string, version: number | undefined): boolean {
    return modelName === 'echo' && (version ?? 1) === 1;
  }

  modelMetadata(modelName: string): ReturnType<InferenceServer['modelMetadata']> {
    this.#find(modelName);
    const tensor = { name: 'INPUT0', datatype: 'FP32', shape: [-1, 16] } as const;
    return { name: modelName, versions: [1], platform: 'python', inputs: [tensor], outputs: [] };
  }

  modelConfig(modelName: string) {
    this.#find(modelName);
    return fakeModelConfig({
      name: modelName,
      modelTransactionPolicy: { decoupled: this.decoupled },
    });
  }

  modelConfigJson(modelName: string): string {
    this.#find(modelName);
    return `{"name":"${modelName}"}`;
  }

  modelStatistics(modelName: string | undefined) {
    if (modelName !== undefined && modelName !== 'echo') {
      throw new InferError('INVALID_ARG', `requested model '${modelName}' is not available`);
    }
    return [];
  }

  metricsText(): Promise<string> {
    return Promise.resolve('nv_inference_count 1\n');
  }

  repositoryIndex(readyOnly: boolean) {
    const ready = { name: 'echo', version: 1, state: 'READY', reason: '' } as const;
    const unloaded = { name: 'idle', version: undefined, state: undefined, reason: '' } as const;
    return Promise.resolve(readyOnly ? [ready] : [ready, unloaded]);
  }

  loadModel(modelName: string, options: LoadOptions): Promise<void> {
    this.loads.push([modelName, options]);
    return Promise.resolve();
  }

  unloadModel(modelName: string, options: { unloadDependents: boolean }): Promise<void> {
    this.unloads.push([modelName, options.unloadDependents]);
    return Promise.resolve();
  }

  logSettings(): LogSettings {
    return this.settings;
  }

  updateLogSettings(change: Partial<LogSettings>): LogSettings {
    this.settings = { ...this.settings, ...change };
    return this.settings;
  }

  infer(request: InferenceRequest, sink: ResponseSink): void {
    this.requests.push(request);
    if (this.onInfer === undefined) echo(request, sink);
    else this.onInfer(request, sink);
  }

  #find(modelName: string): void {
    if (modelName === 'echo') return;
    throw new InferError('NOT_FOUND', `Request for unknown model: '${modelName}' is not found`);
  }
}

/** Answers with the inputs. */
export function echo(request: InferenceRequest, sink: ResponseSink): void {
  const { id, modelName, inputs } = request;
  const outputs = inputs.map((input) => ({ ...input, name: input.name.replace('IN', 'OUT') }));
  const response = { modelName, modelVersion: 1, id, parameters: new Map(), outputs, final: true };
  // The one response needs no waiting for the receiver to catch up.
  void sink.response(response);
  sink.end();
}

/** A front end that listens on a free port of the loopback interface. */
export async function startFrontend(
  plugin: FrontendPlugin,
  server: InferenceServer,
  settings: Readonly<Record<string, string>> = {},
): Promise<{ readonly frontend: Frontend; readonly address: ListeningAddress }> {
  const values = new Map(Object.entries({ address: '127.0.0.1', port: '0', ...settings }));
  const frontend = plugin.createFrontend(server, fakePluginContext({ settings: values }));
  return { frontend, address: await frontend.start() };
}

export interface RawAnswer {
  readonly status: number;
  /** The status line and the header fields. */
  readonly head: string;
  readonly body: Buffer;
}

/** A connection that writes whatever it is told to and reads answers one by one. */
export class RawConnection {
  readonly socket: Socket;
  #received = Buffer.alloc(0);
  #ended = false;
  #notify: (() => void) | undefined;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#notify?.();
    });
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.#ended = true;
      this.#notify?.();
    });
  }

  write(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** The next answer, or undefined when the connection was closed without one. */
  async answer(hasBody = true): Promise<RawAnswer | undefined> {
    for (;;) {
      const answer = this.#take(hasBody);
      if (answer !== undefined || this.#ended) return answer;
      await this.#more();
    }
  }

  /** Resolves when the other side has closed the connection. */
  async closed(): Promise<void> {
    while (!this.#ended) await this.#more();
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#notify = resolve;
    });
  }

  #take(hasBody: boolean): RawAnswer | undefined {
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd < 0) return undefined;
    const head = this.#received.toString('latin1', 0, headEnd);
    const status = Number(head.slice(9, 12));
    const length = hasBody ? Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0) : 0;
    const bodyStart = headEnd + 4;
    if (this.#received.length < bodyStart + length) return undefined;
    const body = this.#received.subarray(bodyStart, bodyStart + length);
    this.#received = this.#received.subarray(bodyStart + length);
    return { status, head, body };
  }
}

/** Sends raw bytes over a connection of their own and reads one answer. */
export async function exchangeRaw(
  port: number,
  bytes: string | Uint8Array,
): Promise<RawAnswer | undefined> {
  const connection = new RawConnection(port);
  connection.write(bytes);
  const answer = await connection.answer();
  connection.socket.destroy();
  return answer;
}

/** The bytes of a request with a body of known length. */
export function requestBytes(
  line: string,
  body: string | Uint8Array = '',
  headers: readonly string[] = [],
): Buffer {
  const bytes = Buffer.from(body);
  const fields = [`Content-Length: ${bytes.length}`, ...headers].join('\r\n');
  return Buffer.concat([Buffer.from(`${line} HTTP/1.1\r\nHost: x\r\n${fields}\r\n\r\n`), bytes]);
}
