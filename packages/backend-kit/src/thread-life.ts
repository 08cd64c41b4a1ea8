import { MessageChannel, type MessagePort, type Transferable, Worker } from 'node:worker_threads';
import { type Clock, InferError, type Logger } from '@nereid/core';
import { LineForwarder } from './line-forwarder.js';
import type {
  FromThread,
  LogLevel,
  ThreadBoot,
  ThreadProtocol,
  ToThread,
} from './thread-protocol.js';

interface ThreadLifeOptions<P extends ThreadProtocol> {
  /** Named in every message, such as `model instance 'm_0_0'`. */
  readonly name: string;
  readonly module: URL;
  readonly init: P['init'];
  readonly cpuCores?: readonly number[] | undefined;
  readonly startTimeoutMs: number;
  readonly closeTimeoutMs: number;
  readonly logger: Logger;
  readonly clock: Clock;
  onEvent(event: P['event'], reply: ReplyNotice<P>): void;
  /** Called once if the thread ends after it has started and before it is closed. */
  onDeath(error: InferError): void;
}

/** Tells the thread something that it has asked for, also while it still starts. */
export type ReplyNotice<P extends ThreadProtocol> = (
  notice: P['notice'],
  transfer?: readonly Transferable[],
) => void;

interface Call<T> {
  resolve(value: T): void;
  reject(error: InferError): void;
}

/** One worker thread from its start to its end, however that comes about. */
export class ThreadLife<P extends ThreadProtocol> {
  readonly #options: ThreadLifeOptions<P>;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #bell = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  /**
   * The start, the execution or the close that waits for its answer; there is never more than one.
   */
  #call: Call<unknown> | undefined;
  #state: 'starting' | 'running' | 'closing' | 'ended' = 'starting';
  #served = false;
  #started: P['started'] | undefined;

  private constructor(options: ThreadLifeOptions<P>) {
    const { port1, port2 } = new MessageChannel();
    const { init, cpuCores } = options;
    const boot: ThreadBoot<P> = { port: port2, init, cpuCores, bell: this.#bell };
    this.#options = options;
    this.#port = port1;
    this.#worker = new Worker(options.module, {
      workerData: boot,
      transferList: [port2],
      name: options.name,
      stdout: true,
      stderr: true,
    });
    // Output that passes the console by, such as that of `process.stdout.write`.
    new LineForwarder(this.#worker.stdout, (line) => options.logger.info(line));
    new LineForwarder(this.#worker.stderr, (line) => options.logger.warn(line));
    port1.on('message', (message: FromThread<P>) => this.#receive(message));
    port1.on('messageerror', (error) => this.#end(`sent what cannot be read: ${error.message}`));
    this.#worker.on('error', (error) => this.#end(describeError(error)));
    this.#worker.on('exit', (code) => this.#end(`exited with code ${code}`));
  }

  /** Rejects with what the module threw, or INTERNAL when the thread ended or took too long. */
  static async start<P extends ThreadProtocol>(
    options: ThreadLifeOptions<P>,
  ): Promise<ThreadLife<P>> {
    const life = new ThreadLife(options);
    const { name, startTimeoutMs } = options;
    const cancel = options.clock.schedule(startTimeoutMs * 1000, () =>
      life.#end(`did not start within ${startTimeoutMs / 1000} seconds`),
    );
    try {
      life.#started = await life.#expect<P['started']>();
      life.#state = 'running';
      options.logger.verbose(1, `${name}: thread started`);
      return life;
    } finally {
      cancel();
      if (life.#state !== 'running') await life.#terminate();
    }
  }

  get started(): P['started'] | undefined {
    return this.#started;
  }

  /** True when an execution has succeeded. */
  get served(): boolean {
    return this.#served;
  }

  call(request: P['request'], transfer: readonly Transferable[]): Promise<P['response']> {
    if (this.#call || this.#state !== 'running') {
      return Promise.reject(new InferError('INTERNAL', `${this.#options.name} is busy or closed`));
    }
    this.#post({ kind: 'execute', value: request }, transfer);
    return this.#expect<P['response']>();
  }

  notify(notice: P['notice'], transfer: readonly Transferable[] = []): void {
    if (this.#state === 'running') this.#post({ kind: 'notice', value: notice }, transfer);
  }

  /** Ends the thread as if it had died by itself; `reason` follows its name in the error. */
  abort(reason: string): void {
    this.#end(reason);
  }

  /** Lets the module close, for as long as `closeTimeoutMs`, and ends the thread. */
  async close(): Promise<void> {
    if (this.#state !== 'running') return;
    this.#state = 'closing';
    const { clock, closeTimeoutMs, logger, name } = this.#options;
    const cancel = clock.schedule(closeTimeoutMs * 1000, () => {
      logger.warn(`${name} did not close within ${closeTimeoutMs / 1000} seconds`);
      this.#end('was ended');
    });
    this.#post({ kind: 'close' }, []);
    await this.#expect<void>().catch(() => {});
    cancel();
    await this.#terminate();
  }

  #expect<T>(): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#call = { resolve: (value) => resolve(value as T), reject };
    });
  }

  #post(message: ToThread<P>, transfer: readonly Transferable[]): void {
    this.#port.postMessage(message, transfer);
    Atomics.add(this.#bell, 0, 1);
    Atomics.notify(this.#bell, 0);
  }

  #receive(message: FromThread<P>): void {
    switch (message.kind) {
      case 'response':
        this.#served = true;
        this.#settle()?.resolve(message.value);
        break;
      case 'started':
        this.#settle()?.resolve(message.value);
        break;
      case 'closed':
        this.#settle()?.resolve(undefined);
        break;
      case 'failed':
      case 'startFailed':
        this.#settle()?.reject(new InferError(message.error.code, message.error.message));
        break;
      case 'event':
        this.#options.onEvent(message.value, this.#reply);
        break;
      case 'log':
        writeLog(this.#options.logger, message.level, message.text);
        break;
      default:
        message satisfies never;
    }
  }

  readonly #reply: ReplyNotice<P> = (value, transfer = []) => {
    if (this.#state !== 'ended') this.#post({ kind: 'notice', value }, transfer);
  };

  #settle(): Call<unknown> | undefined {
    const call = this.#call;
    this.#call = undefined;
    return call;
  }

  /** The thread is of no use any more; the first reason given is the one that is told. */
  #end(reason: string): void {
    if (this.#state === 'ended') return;
    const { name, onDeath } = this.#options;
    const wasRunning = this.#state === 'running';
    this.#state = 'ended';
    const error = new InferError('INTERNAL', `the thread of ${name} ${reason}`);
    this.#settle()?.reject(error);
    if (!wasRunning) return;
    void this.#terminate();
    onDeath(error);
  }

  async #terminate(): Promise<void> {
    this.#state = 'ended';
    this.#port.close();
    await this.#worker.terminate();
  }
}

function describeError(error: unknown): string {
  return `failed: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
}

function writeLog(logger: Logger, level: LogLevel, text: string): void {
  if (level === 'verbose') logger.verbose(1, text);
  else logger[level](text);
}
