/** The thread of one session: opens the model's file, and runs the model. */

import {
  type InstanceService,
  serveInstanceThread,
  type ThreadReply,
  unpackTensors,
} from '@nereid/backend-kit';
import { systemClock } from '@nereid/core';
import { type OnnxSession, toOutputs } from './onnx-session.js';
import { openSession } from './open-session.js';
import type { SessionProtocol } from './session-protocol.js';

type Request = SessionProtocol['request'];
type Response = SessionProtocol['response'];

class SessionService implements InstanceService<SessionProtocol> {
  readonly started: SessionProtocol['started'];
  readonly #session: OnnxSession;

  constructor(session: OnnxSession) {
    this.#session = session;
    this.started = session.signature;
  }

  execute({ buffer, slots, fetches }: Request): ThreadReply<Response> {
    const feeds = this.#session.prepare(unpackTensors({ buffer, slots }));
    const inputEndNs = systemClock.nowNs();
    const results = this.#session.compute(feeds, fetches);
    const outputStartNs = systemClock.nowNs();
    const outputs = toOutputs(results, fetches);
    const transfer = [...outputs.map(({ data }) => data), buffer];
    return { value: { outputs, buffer, inputEndNs, outputStartNs }, transfer };
  }

  close(): void {
    this.#session.close();
  }
}

serveInstanceThread<SessionProtocol>((init) => new SessionService(openSession(init)));
