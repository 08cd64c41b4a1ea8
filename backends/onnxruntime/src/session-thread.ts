/** The thread of one session: opens the model's file, and runs the model. */

import { type InstanceService, serveInstanceThread, type ThreadReply } from '@nereid/backend-kit';
import { InferError, systemClock } from '@nereid/core';
import type { OnnxValue } from 'onnxruntime-node';
import { type OpenSession, openSession } from './open-session.js';
import type { SessionProtocol } from './session-protocol.js';
import { toOutputTensor, toSessionInput } from './session-tensors.js';

type Request = SessionProtocol['request'];
type Response = SessionProtocol['response'];

class SessionService implements InstanceService<SessionProtocol> {
  readonly started: SessionProtocol['started'];
  readonly #open: OpenSession;
  /** Inputs that have no dimension in the model, though they have one on the wire. */
  readonly #scalars: ReadonlySet<string>;

  constructor(open: OpenSession) {
    this.#open = open;
    this.started = open.signature;
    const scalars = open.signature.inputs.filter(({ shape }) => shape.length === 0);
    this.#scalars = new Set(scalars.map(({ name }) => name));
  }

  async execute({ buffer, slots, fetches }: Request): Promise<ThreadReply<Response>> {
    const { ort, session } = this.#open;
    const source = { Tensor: ort.Tensor, buffer };
    const feeds: Record<string, OnnxValue> = {};
    for (const slot of slots) {
      const dims = this.#scalars.has(slot.name) ? [] : slot.shape;
      feeds[slot.name] = toSessionInput(slot, dims, source);
    }
    const inputEndNs = systemClock.nowNs();
    const results = await run(() => session.run(feeds, fetches));
    const outputStartNs = systemClock.nowNs();
    const outputs = fetches.flatMap((name) => {
      const value = results[name];
      return value ? [toOutputTensor(name, value)] : [];
    });
    const transfer = [...outputs.map(({ data }) => data), buffer];
    return { value: { outputs, buffer, inputEndNs, outputStartNs }, transfer };
  }

  async close(): Promise<void> {
    await this.#open.session.release();
  }
}

async function run<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new InferError('INTERNAL', `onnx runtime error: ${message}`, { cause });
  }
}

serveInstanceThread<SessionProtocol>(async (init) => new SessionService(await openSession(init)));
