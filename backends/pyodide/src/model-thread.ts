/** The thread of one model instance: Pyodide with the model in it. */

import {
  type EmitEvent,
  type NoticeQueue,
  serveInstanceThread,
  type ThreadReply,
} from '@nereid/backend-kit';
import { InferError, systemClock } from '@nereid/core';
import type { PyProxy } from 'pyodide/ffi';
import { startInterpreter } from './interpreter.js';
import type { EventKind, Message, ModelInit, ModelProtocol } from './model-protocol.js';

/** As long as a wait without end lasts before it is begun again. */
const MAX_WAIT_MS = 60_000;

serveInstanceThread<ModelProtocol>(async (init, emit, notices) => {
  const python = await startInterpreter(init);
  const thread = new ModelThread(emit, notices);
  try {
    const make = python.runPython(START) as MakeRunner;
    thread.runner = make(
      { tell: thread.tell, listen: thread.listen },
      JSON.stringify(init.setup),
      JSON.stringify(init.pythonFolders),
    );
    const config = thread.begin(init);
    return {
      started: { config },
      execute: (request) => thread.execute(request),
      notice: (notice) => thread.receive(notice),
      close: () => thread.finalize(),
    };
  } catch (error) {
    throw modelError(error);
  }
});

/** Finds the modules, and returns what makes the Runner. */
const START = `
import json, sys

def make(server, setup, folders):
    sys.path[:0] = json.loads(folders)
    from nereid_pyodide.runner import make_runner
    return make_runner(server, setup)

make
`;

interface Server {
  tell(kind: EventKind, text: string, data: PyProxy): void;
  listen(timeoutMs: number): boolean;
}

type MakeRunner = (server: Server, setup: string, folders: string) => Runner;

/** The Python object. */
interface Runner {
  complete(config: string): string | undefined;
  initialize(args: string): void;
  execute(text: string, data: Uint8Array): PyProxy;
  receive(text: string, data: Uint8Array): void;
  step(): number;
  finalize(): void;
}

type Response = ModelProtocol['response'];

class ModelThread {
  runner: Runner | undefined;
  readonly #emit: EmitEvent<ModelProtocol>;
  readonly #notices: NoticeQueue<ModelProtocol>;
  #stepTimer: NodeJS.Timeout | undefined;

  constructor(emit: EmitEvent<ModelProtocol>, notices: NoticeQueue<ModelProtocol>) {
    this.#emit = emit;
    this.#notices = notices;
  }

  /** Returns the completed configuration, if that is what was asked for. */
  begin({ configToComplete, args }: ModelInit): string | undefined {
    if (configToComplete !== undefined) return this.runner?.complete(configToComplete);
    this.runner?.initialize(args);
    return undefined;
  }

  finalize(): void {
    try {
      this.runner?.finalize();
    } catch (error) {
      throw modelError(error);
    }
  }

  execute(request: Message): ThreadReply<Response> | Promise<ThreadReply<Response>> {
    // The server learns of it from the end of the thread.
    return orDie(() => this.#execute(request)) ?? new Promise(() => {});
  }

  receive({ text, buffer }: Message): void {
    orDie(() => this.runner?.receive(text, new Uint8Array(buffer)));
    this.#step();
  }

  /** Called by Python. */
  readonly tell = (kind: EventKind, text: string, data: PyProxy): void => {
    const buffer = copyBytes(data);
    this.#emit({ kind, text, buffer }, [buffer]);
  };

  /** Called by Python. Takes one notice in; false when none came in time. */
  readonly listen = (timeoutMs: number): boolean => {
    const notice = this.#notices.take(timeoutMs < 0 ? MAX_WAIT_MS : timeoutMs);
    if (notice) this.runner?.receive(notice.text, new Uint8Array(notice.buffer));
    return notice !== undefined;
  };

  #execute({ text, buffer }: Message): ThreadReply<Response> {
    const { runner } = this;
    if (!runner) throw new InferError('INTERNAL', 'this thread executes nothing');
    const inputEndNs = systemClock.nowNs();
    const result = runner.execute(text, new Uint8Array(buffer));
    const [answers, data] = result as unknown as [string, PyProxy];
    const outputs = copyBytes(data);
    result.destroy();
    this.#step();
    const outputStartNs = systemClock.nowNs();
    return {
      value: { text: answers, buffer: outputs, inputEndNs, outputStartNs },
      transfer: [outputs],
    };
  }

  /** Lets coroutines go on that the model has left behind. */
  #step(): void {
    clearTimeout(this.#stepTimer);
    const delayMs = orDie(() => this.runner?.step()) ?? -1;
    if (delayMs >= 0) this.#stepTimer = setTimeout(() => this.#step(), delayMs);
  }
}

/** A copy, because Python's memory cannot leave the thread. */
function copyBytes(data: PyProxy): ArrayBuffer {
  const view = (data as PyProxy & { getBuffer(type: 'u8'): BufferView }).getBuffer('u8');
  try {
    return view.data.slice().buffer;
  } finally {
    view.release();
    data.destroy();
  }
}

interface BufferView {
  readonly data: Uint8Array<ArrayBuffer>;
  release(): void;
}

/** Python catches what a model raises; anything else means that the interpreter is broken. */
function orDie<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    setImmediate(() => {
      throw error;
    });
    return undefined;
  }
}

/** Python puts it around what a model's author is to see. */
const MARK = '\x1e';

/** What a model raised, without the calls that led into it. */
function modelError(error: unknown): unknown {
  const message = error instanceof Error ? error.message : String(error);
  const told = message.split(MARK)[1];
  return told === undefined ? error : new InferError('INTERNAL', told, { cause: error });
}
