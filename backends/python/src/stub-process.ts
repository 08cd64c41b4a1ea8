import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { LineForwarder } from '@nereid/backend-kit';
import { type Clock, InferError, type Logger } from '@nereid/core';
import type { Guardian } from './guardian.js';
import { readChunks } from './read-chunks.js';

export interface StubProcessOptions {
  /** Named in every message, such as `model instance 'm_0_0'`. */
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
  readonly environment: NodeJS.ProcessEnv;
  readonly directory: string;
  /** Becomes the stub's descriptor 4. */
  readonly sharedFd: number;
  /** Becomes its descriptor 5. */
  readonly arenaFd: number | undefined;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly guardian: Guardian;
  readonly receive: (chunk: Buffer) => void;
  /** Called once, when the process and all that it sent have come to their end. */
  readonly ended: (error: InferError) => void;
}

const SOCKET_FD = 3;
const KEPT_OUTPUT_LENGTH = 4096;
const TOLD_LINES = 10;
const MAX_WAITING_BYTES = 1024 * 1024;
/** How long the pipes of a process that has exited are read: another process may hold them. */
const DRAIN_LIMIT_US = 300_000;

/** One Python process from its start to its end, however that comes about. */
export class StubProcess {
  readonly #options: StubProcessOptions;
  /** Named in every message. */
  name: string;
  readonly #child: ChildProcess;
  readonly #socket: Socket;
  #lastOutput = '';
  #reason: string | undefined;
  #open = 2;
  #cancelDrain: (() => void) | undefined;
  #ended = false;

  constructor(options: StubProcessOptions) {
    const [program, ...args] = options.command;
    const { sharedFd, arenaFd } = options;
    const files = arenaFd === undefined ? [sharedFd] : [sharedFd, arenaFd];
    this.#options = options;
    this.name = options.name;
    this.#child = spawn(program, args, {
      cwd: options.directory,
      env: options.environment,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', ...files],
      // A process group of its own: what the model starts ends with it, and no key of the terminal
      // in which the server runs reaches it.
      detached: true,
    });
    this.#socket = readChunks(socketOf(this.#child), options.receive);
    // Whatever ends the connection ends the process, whose exit is the reason to tell.
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => this.#socketClosed());
    this.#forwardOutput();
    this.#child.on('error', (error) => this.#exited(`cannot be started: ${error.message}`));
    this.#child.on('exit', (code, signal) =>
      this.#exited(signal === null ? `exited with code ${code}` : `was killed by ${signal}`),
    );
    if (this.#child.pid !== undefined) options.guardian.watch(this.#child.pid);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** True when all has been handed to the system, so that the bytes are free for other use. */
  write(bytes: Buffer): boolean {
    if (this.#ended) return true;
    this.#socket.write(bytes);
    return this.#socket.writableLength === 0;
  }

  /** Undefined unless much waits to be written; then a promise that resolves when that is less. */
  drained(): Promise<void> | undefined {
    if (this.#ended || this.#socket.writableLength < MAX_WAITING_BYTES) return undefined;
    return new Promise((resolve) => {
      const proceed = () => {
        this.#socket.off('drain', proceed);
        this.#socket.off('close', proceed);
        resolve();
      };
      this.#socket.on('drain', proceed);
      this.#socket.on('close', proceed);
    });
  }

  /** Ends the process and all that it has started. `reason` is told in place of the signal. */
  kill(reason?: string): void {
    if (this.#ended) return;
    this.#reason ??= reason;
    this.#killGroup();
  }

  #forwardOutput(): void {
    const { stdout, stderr } = this.#child;
    const { logger } = this.#options;
    if (stdout) new LineForwarder(stdout, (line) => logger.info(line));
    if (!stderr) return;
    new LineForwarder(stderr, (line) => logger.warn(line));
    stderr.on('data', (text: string) => {
      this.#lastOutput = (this.#lastOutput + text).slice(-KEPT_OUTPUT_LENGTH);
    });
  }

  #exited(reason: string): void {
    if (this.#open === 0) return;
    this.#reason ??= reason;
    this.#killGroup();
    this.#cancelDrain = this.#options.clock.schedule(DRAIN_LIMIT_US, () => this.#finish());
    const { stderr } = this.#child;
    const drained = () => this.#closed();
    if (stderr && !stderr.closed) stderr.once('close', drained);
    else drained();
  }

  #socketClosed(): void {
    // Nothing can be asked of a process that has closed its end.
    if (this.#reason === undefined) {
      this.#options.clock.schedule(DRAIN_LIMIT_US, () => this.kill('closed its connection'));
    }
    this.#closed();
  }

  #closed(): void {
    this.#open -= 1;
    if (this.#open === 0) this.#finish();
  }

  #finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#open = 0;
    this.#cancelDrain?.();
    const { stdout, stderr } = this.#child;
    for (const stream of [this.#socket, stdout, stderr]) endStream(stream);
    const { ended, guardian } = this.#options;
    if (this.#child.pid !== undefined) guardian.forget(this.#child.pid);
    const message = `the Python process of ${this.name} ${this.#reason}${this.#lastWords()}`;
    ended(new InferError('INTERNAL', message));
  }

  #lastWords(): string {
    const lines = this.#lastOutput.split('\n').filter((line) => line.trim() !== '');
    if (lines.length === 0) return '';
    return `; the last lines it wrote to stderr: ${lines.slice(-TOLD_LINES).join('\n')}`;
  }

  #killGroup(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // The group has no process any more.
    }
  }
}

function socketOf(child: ChildProcess): Socket {
  const socket = child.stdio[SOCKET_FD];
  if (socket instanceof Socket) return socket;
  throw new InferError('INTERNAL', 'a child process without a socket');
}

function endStream(stream: Readable | null): void {
  stream?.destroy();
}
