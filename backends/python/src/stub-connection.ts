import type { InferError } from '@nereid/core';
import type { SharedArena } from '@nereid/mapped-memory';
import { type Frame, FrameReader } from './frame-reader.js';
import { FrameWriter } from './frame-writer.js';
import { parseJsonText } from './parse-json-text.js';
import type { SharedFile } from './shared-file.js';
import { commandError } from './stub-error.js';
import { StubProcess, type StubProcessOptions } from './stub-process.js';
import { FROM_STUB, SHARED_WORD, TO_STUB } from './wire-format.js';

export interface StubConnectionOptions
  extends Omit<StubProcessOptions, 'receive' | 'ended' | 'sharedFd' | 'arenaFd'> {
  readonly file: SharedFile;
  readonly arena: SharedArena | undefined;
}

interface WaitingCommand {
  resolve(value: unknown): void;
  reject(error: InferError): void;
}

/** What a connection tells whoever uses it. */
export interface StubListener {
  frame(frame: Frame): void;
  /** Called once; no frame follows. Commands that wait have been rejected. */
  ended(error: InferError): void;
}

/** Frames to and from one Python process. What is sent within one turn goes out together. */
export class StubConnection {
  readonly writer = new FrameWriter();
  readonly file: SharedFile;
  /** Where inputs may lie that are not copied to the file; not before the stub has mapped it. */
  arena: SharedArena | undefined;
  readonly #process: StubProcess;
  readonly #waiting = new Map<number, WaitingCommand>();
  readonly #reader = new FrameReader((frame) => this.#receive(frame));
  #listener: StubListener | undefined;
  #error: InferError | undefined;
  #nextCommand = 1;
  #flushScheduled = false;
  #onceEnded: (() => void) | undefined;
  #startedBatch = 0;

  constructor(options: StubConnectionOptions) {
    this.file = options.file;
    this.#process = new StubProcess({
      ...options,
      sharedFd: options.file.fd,
      arenaFd: options.arena?.fd,
      receive: (chunk) => this.#push(chunk),
      ended: (error) => this.#end(error),
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** What it is called in messages, such as `model instance 'm_0_0'`. */
  rename(name: string): void {
    this.#process.name = name;
  }

  /** Why the process is gone; undefined while it lives. */
  get error(): InferError | undefined {
    return this.#error;
  }

  /** After the end: the last batch that the model has seen. */
  get startedBatch(): number {
    return this.#startedBatch;
  }

  /** Frames that nobody listens to are dropped. */
  listen(listener: StubListener): void {
    this.#listener = listener;
    // Later, as after any call that makes a process known.
    const { error } = this;
    if (error) setImmediate(() => listener.ended(error));
  }

  /** Asks for something outside the path of requests, and resolves with what the stub answers. */
  command(name: string, value: unknown): Promise<unknown> {
    if (this.#error) return Promise.reject(this.#error);
    const id = this.#nextCommand++;
    this.writeJson(TO_STUB.command, id, { command: name, value });
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  writeJson(kind: number, id: number, value: unknown): void {
    const bytes = Buffer.from(JSON.stringify(value));
    this.writer.frame({ kind, count: 1, id, extra: bytes.length }, () => this.writer.append(bytes));
    this.scheduleFlush();
  }

  /** To be called after each frame that is to be sent soon. */
  scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(this.#flush);
  }

  kill(reason?: string): void {
    this.#process.kill(reason);
  }

  /** Undefined when more may be sent at once, or a promise of that. */
  drained(): Promise<void> | undefined {
    return this.#process.drained();
  }

  /** Resolves when the process is gone. */
  ended(): Promise<void> {
    if (this.#error) return Promise.resolve();
    return new Promise((resolve) => {
      const previous = this.#onceEnded;
      this.#onceEnded = () => {
        previous?.();
        resolve();
      };
    });
  }

  readonly #flush = (): void => {
    this.#flushScheduled = false;
    if (this.writer.length === 0) return;
    const reusable = this.#process.write(this.writer.collected());
    this.writer.written(reusable);
  };

  #push(chunk: Buffer): void {
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.kill(`sent what cannot be read: ${error instanceof Error ? error.message : error}`);
    }
  }

  #receive(frame: Frame): void {
    if (frame.kind === FROM_STUB.result) this.#settle(frame);
    else this.#listener?.frame(frame);
  }

  #settle(frame: Frame): void {
    const waiting = this.#waiting.get(frame.id);
    this.#waiting.delete(frame.id);
    const text = frame.bytes.toString('utf8', frame.start, frame.start + frame.extra);
    const { error, value } = parseJsonText(text);
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(commandError(error));
  }

  #end(error: InferError): void {
    this.#error = error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    this.#startedBatch = this.file.readCounter(SHARED_WORD.startedBatch);
    this.file.close();
    this.#listener?.ended(error);
    this.#onceEnded?.();
  }
}
