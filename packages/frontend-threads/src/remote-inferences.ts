import {
  type InferError,
  type InferenceRequest,
  type ResponseSink,
  toInferError,
} from '@nereid/core';
import { inferErrorOf, type PlainError } from './plain-error.js';
import { TO_SERVER } from './record-kinds.js';
import { RequestWriter } from './request-records.js';
import { ResponseReader } from './response-records.js';
import type { ThreadLink } from './thread-link.js';

/** A request that the main thread has, and the one who waits for its answer. */
interface RemoteInference {
  readonly id: string;
  readonly sink: ResponseSink;
  /** What receiving has failed with; the end tells it. */
  fault: InferError | undefined;
  /** Takes the listener back that tells of a client that goes. */
  ignoreCancel: () => void;
}

/** The requests of a front-end thread that the main thread answers. */
export class RemoteInferences {
  readonly #link: ThreadLink;
  readonly #writer: RequestWriter;
  readonly #responses = new ResponseReader();
  /** By slot: a number that is used again once a request has ended. */
  readonly #inferences: (RemoteInference | undefined)[] = [];
  readonly #freeSlots: number[] = [];

  constructor(link: ThreadLink) {
    this.#link = link;
    this.#writer = new RequestWriter(link);
  }

  /** `traceNumber` is that of the trace in the main thread. */
  infer(request: InferenceRequest, sink: ResponseSink, traceNumber: number | undefined): void {
    const slot = this.#freeSlots.pop() ?? this.#inferences.length;
    const inference = { id: request.id, sink, fault: undefined, ignoreCancel: () => {} };
    this.#inferences[slot] = inference;
    try {
      const wantsTimes = sink.executed !== undefined;
      const takesFailures = sink.failed !== undefined;
      this.#writer.write(request, { slot, wantsTimes, takesFailures }, traceNumber);
    } catch (error) {
      this.#free(slot);
      sink.end(toInferError(error));
      sink.released?.();
      return;
    }
    const { signal } = request;
    inference.ignoreCancel = signal.onCancel(() => {
      this.#tell(TO_SERVER.cancel, slot, signal.answered === true ? 1 : 0);
    });
  }

  addForm(): void {
    this.#responses.addForm(this.#link);
  }

  respond(): void {
    const slot = this.#slot();
    const inference = this.#inferences[slot];
    const response = this.#responses.read(this.#link, inference?.id ?? '');
    if (inference) this.#respond(slot, inference, response);
  }

  respondObject(): void {
    const { slot, response } = this.#responses.readObject(this.#link);
    const inference = this.#inferences[slot];
    if (inference) this.#respond(slot, inference, response);
  }

  executed(): void {
    const { inView: view, inAt: at } = this.#link;
    const inference = this.#inferences[this.#slot()];
    const durations = {
      inputNs: view.getFloat64(at + 8, true),
      inferNs: view.getFloat64(at + 16, true),
      outputNs: view.getFloat64(at + 24, true),
    };
    inference?.sink.executed?.(durations, view.getFloat64(at + 32, true));
  }

  failedResponse(): void {
    const { slot, error } = this.#link.take() as { slot: number; error: PlainError };
    this.#inferences[slot]?.sink.failed?.(inferErrorOf(error));
  }

  end(): void {
    this.#end(this.#slot(), undefined);
  }

  fail(): void {
    const { slot, error } = this.#link.take() as { slot: number; error: PlainError };
    this.#end(slot, inferErrorOf(error));
  }

  #respond(
    slot: number,
    inference: RemoteInference,
    response: ReturnType<ResponseReader['read']>,
  ): void {
    let waiting: Promise<void> | undefined;
    try {
      waiting = inference.sink.response(response);
    } catch (error) {
      inference.fault ??= toInferError(error);
    }
    if (response.final) return;
    if (waiting === undefined) {
      this.#tell(TO_SERVER.caughtUp, slot);
      return;
    }
    void waiting.then(() => {
      // The slot may be another request's by now.
      if (this.#inferences[slot] === inference) this.#tell(TO_SERVER.caughtUp, slot);
    });
  }

  #end(slot: number, error: InferError | undefined): void {
    const inference = this.#inferences[slot];
    if (inference === undefined) return;
    this.#free(slot);
    inference.ignoreCancel();
    inference.sink.end(error ?? inference.fault);
    // The main thread has had a copy of the inputs from the beginning.
    inference.sink.released?.();
  }

  #free(slot: number): void {
    this.#inferences[slot] = undefined;
    this.#freeSlots.push(slot);
  }

  #slot(): number {
    return this.#link.inView.getUint32(this.#link.inAt, true);
  }

  #tell(kind: number, slot: number, flag = 0): void {
    const at = this.#link.begin(8);
    this.#link.outView.setUint32(at, slot, true);
    this.#link.outView.setUint32(at + 4, flag, true);
    this.#link.commit(kind);
  }
}
