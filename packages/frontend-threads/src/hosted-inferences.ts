import type {
  CancelSignal,
  ComputeDurations,
  InferError,
  InferenceRequest,
  InferenceResponse,
  InferenceServer,
  RequestTrace,
  ResponseSink,
} from '@nereid/core';
import { plainError } from './plain-error.js';
import { TO_THREAD } from './record-kinds.js';
import { type RequestEnvelope, RequestReader } from './request-records.js';
import { ResponseWriter } from './response-records.js';
import type { ThreadLink } from './thread-link.js';

/** Responses of one request that may be on their way without the thread having taken them. */
const MAX_AHEAD = 16;

/** The requests that a front-end thread has sent, until they have ended. */
export class HostedInferences {
  readonly #server: Pick<InferenceServer, 'infer'>;
  readonly #link: ThreadLink;
  readonly #requests = new RequestReader();
  readonly #responses: ResponseWriter;
  /** By slot. */
  readonly #inferences: (HostedInference | undefined)[] = [];

  constructor(server: Pick<InferenceServer, 'infer'>, link: ThreadLink) {
    this.#server = server;
    this.#link = link;
    this.#responses = new ResponseWriter(link);
  }

  addForm(): void {
    this.#requests.addForm(this.#link);
  }

  infer(): void {
    const inference = this.#begin(this.#requests.envelope(this.#link));
    const request = this.#requests.read(this.#link, inference);
    inference.id = request.id;
    this.#server.infer(request, inference);
    inference.accepted = true;
  }

  /** A request of a rare kind; `traceOf` finds the trace of a number. */
  inferObject(traceOf: (trace: number) => RequestTrace | undefined): void {
    const received = this.#requests.readObject(this.#link);
    const { traceNumber } = received;
    const inference = this.#begin(received);
    const request: InferenceRequest = received.complete(inference);
    const trace = traceNumber === undefined ? undefined : traceOf(traceNumber);
    inference.id = request.id;
    this.#server.infer(trace ? { ...request, trace } : request, inference);
    inference.accepted = true;
  }

  cancel(): void {
    const { inView: view, inAt: at } = this.#link;
    const inference = this.#inferences[view.getUint32(at, true)];
    inference?.cancel(view.getUint32(at + 4, true) === 1);
  }

  caughtUp(): void {
    this.#inferences[this.#link.inView.getUint32(this.#link.inAt, true)]?.caughtUp();
  }

  /** The thread is gone, and with it everybody who waits for an answer. */
  abandon(): void {
    for (const inference of this.#inferences) inference?.cancel(false);
  }

  /** The request of this slot has ended; the thread uses the slot again when it knows. */
  ended(slot: number): void {
    this.#inferences[slot] = undefined;
  }

  #begin({ slot, wantsTimes, takesFailures }: RequestEnvelope): HostedInference {
    const writer = { link: this.#link, responses: this.#responses, inferences: this };
    const Inference = wantsTimes ? TimedInference : HostedInference;
    const inference = new Inference(slot, writer);
    inference.takesFailures = takesFailures;
    this.#inferences[slot] = inference;
    return inference;
  }
}

interface AnswerServices {
  readonly link: ThreadLink;
  readonly responses: ResponseWriter;
  readonly inferences: HostedInferences;
}

/** One request: takes its answer, and is the signal that its client has gone. */
class HostedInference implements ResponseSink, CancelSignal {
  protected readonly slot: number;
  protected readonly services: AnswerServices;
  id = '';
  /** Set once the server has taken the request: before, an error is its refusal. */
  accepted = false;
  takesFailures = false;
  /** The first error among the responses that nobody takes. */
  #failure: InferError | undefined;
  cancelled = false;
  answered = false;
  /** Hardly ever more than one, for which a set would cost as much as the rest of this. */
  #cancelListener: (() => void) | undefined;
  #moreListeners: Set<() => void> | undefined;
  #aheadCount = 0;
  #catchingUp: { readonly promise: Promise<void>; resolve(): void } | undefined;

  constructor(slot: number, services: AnswerServices) {
    this.slot = slot;
    this.services = services;
  }

  response(response: InferenceResponse): Promise<void> | undefined {
    const { link, responses } = this.services;
    responses.write(response, this.slot, this.id);
    // What was written is a copy.
    response.release?.();
    if (response.final) return undefined;
    this.#aheadCount += 1;
    if (this.#aheadCount < MAX_AHEAD || this.cancelled) return link.drained;
    this.#catchingUp ??= promiseToCatchUp();
    return this.#catchingUp.promise;
  }

  failed(error: InferError): void {
    if (!this.takesFailures) {
      this.#failure ??= error;
      return;
    }
    const plain = { slot: this.slot, error: plainError(error) };
    this.services.link.post(TO_THREAD.failedResponse, plain);
  }

  end(outcome?: InferError): void {
    const { link, inferences } = this.services;
    const error = outcome ?? this.#failure;
    inferences.ended(this.slot);
    this.#catchUp();
    if (error !== undefined) {
      const plain = { ...plainError(error), refused: !this.accepted };
      link.post(TO_THREAD.failure, { slot: this.slot, error: plain });
      return;
    }
    const at = link.begin(4);
    link.outView.setUint32(at, this.slot, true);
    link.commit(TO_THREAD.end);
  }

  onCancel(listener: () => void): () => void {
    if (this.cancelled) {
      listener();
      return () => {};
    }
    if (this.#cancelListener !== undefined) {
      this.#moreListeners ??= new Set();
      const listeners = this.#moreListeners.add(listener);
      return () => listeners.delete(listener);
    }
    this.#cancelListener = listener;
    return () => {
      if (this.#cancelListener === listener) this.#cancelListener = undefined;
    };
  }

  /** `answered`: the client has its answer all the same. */
  cancel(answered: boolean): void {
    if (this.cancelled) return;
    this.answered = answered;
    this.cancelled = true;
    this.#catchUp();
    this.#cancelListener?.();
    if (this.#moreListeners) for (const listener of this.#moreListeners) listener();
    this.#cancelListener = undefined;
    this.#moreListeners = undefined;
  }

  /** The thread has taken one more response. */
  caughtUp(): void {
    this.#aheadCount -= 1;
    if (this.#aheadCount < MAX_AHEAD) this.#catchUp();
  }

  #catchUp(): void {
    this.#catchingUp?.resolve();
    this.#catchingUp = undefined;
  }
}

/** One whose receiver wants to know how long its phases took. */
class TimedInference extends HostedInference {
  executed(durations: ComputeDurations, queueNs: number): void {
    const { link } = this.services;
    const at = link.begin(40);
    link.outView.setUint32(at, this.slot, true);
    link.outView.setFloat64(at + 8, durations.inputNs, true);
    link.outView.setFloat64(at + 16, durations.inferNs, true);
    link.outView.setFloat64(at + 24, durations.outputNs, true);
    link.outView.setFloat64(at + 32, queueNs, true);
    link.commit(TO_THREAD.executed);
  }
}

function promiseToCatchUp() {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
