import { type CustomMetrics, parseVersion } from '@nereid/backend-kit';
import { InferError, type Logger, type PluginContext, toInferError } from '@nereid/core';
import type { Frame } from './frame-reader.js';
import { parseJsonText } from './parse-json-text.js';
import type { StubConnection } from './stub-connection.js';
import { FROM_STUB, TO_STUB } from './wire-format.js';

export interface StubServicesOptions {
  readonly models: PluginContext['models'];
  readonly metrics: CustomMetrics;
  readonly logger: Logger;
}

const LOG_METHODS = ['info', 'warn', 'error'] as const;

/** What a model asks of the server at any time, from the import of its file on. */
export class StubServices {
  readonly #connection: StubConnection;
  readonly #options: StubServicesOptions;
  /** Identifies the process to the metrics that it makes. */
  readonly #owner = {};

  /** Listens to the process, until somebody else does who passes frames on to `receive`. */
  constructor(connection: StubConnection, options: StubServicesOptions) {
    this.#connection = connection;
    this.#options = options;
    connection.listen({ frame: (frame) => this.receive(frame), ended: () => this.close() });
  }

  receive(frame: Frame): void {
    switch (frame.kind) {
      case FROM_STUB.call:
        void this.#call(frame);
        break;
      case FROM_STUB.log:
        this.#log(frame);
        break;
      default:
        throw new Error(`a frame of unknown kind ${frame.kind}`);
    }
  }

  /** The process is gone. */
  close(): void {
    this.#options.metrics.forget(this.#owner);
  }

  async #call({ id, bytes, start, end, extra }: Frame): Promise<void> {
    const textEnd = start + extra;
    const { operation, value } = parseJsonText(bytes.toString('utf8', start, textEnd));
    let answer: unknown;
    try {
      const result = await this.#perform(
        operation,
        value as CallValue,
        bytes.subarray(textEnd, end),
      );
      answer = { value: result ?? null };
    } catch (error) {
      const { code, message } = toInferError(error);
      answer = { error: { code, message } };
    }
    if (!this.#connection.error) this.#connection.writeJson(TO_STUB.reply, id, answer);
  }

  async #perform(operation: unknown, value: CallValue, attachments: Buffer): Promise<unknown> {
    const { models } = this.#options;
    const { name = '', version = '' } = value;
    switch (operation) {
      case 'load_model':
        return await models.loadModel(name, loadOptions(value, attachments));
      case 'unload_model':
        return await models.unloadModel(name, {
          unloadDependents: value.unloadDependents ?? false,
        });
      case 'is_model_ready':
        return models.isModelReady(name, parseVersion(version));
      case 'metric':
        return this.#options.metrics.apply(this.#owner, value.operation ?? '', value.arguments);
      default:
        throw new InferError('UNSUPPORTED', `the server cannot ${String(operation)}`);
    }
  }

  #log({ id: level, bytes, start, extra }: Frame): void {
    const { message, file, line } = parseJsonText(bytes.toString('utf8', start, start + extra));
    const { logger } = this.#options;
    const fields = file === '' ? undefined : { file: String(file), line: Number(line) };
    const method = LOG_METHODS[level];
    if (method) logger[method](String(message), fields);
    else logger.verbose(1, String(message), fields);
  }
}

interface CallValue {
  readonly name?: string;
  readonly version?: string;
  readonly config?: string;
  /** Names and sizes of the files that follow. */
  readonly files?: readonly (readonly [path: string, sizeBytes: number])[];
  readonly unloadDependents?: boolean;
  readonly operation?: string;
  readonly arguments?: unknown;
}

function loadOptions({ config = '', files = [] }: CallValue, attachments: Buffer) {
  const contents = new Map<string, Uint8Array>();
  let position = 0;
  for (const [path, sizeBytes] of files) {
    // A copy, since the frame's memory is not for keeping.
    const content = Buffer.from(attachments.subarray(position, position + sizeBytes));
    contents.set(path.replace(/^file:/, ''), content);
    position += sizeBytes;
  }
  return {
    ...(config !== '' && { config }),
    ...(contents.size > 0 && { files: contents }),
  };
}
