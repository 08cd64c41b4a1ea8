/** Requests on their way from a front-end thread to the main thread. */

import {
  type CancelSignal,
  type InferenceRequest,
  NO_PARAMETERS,
  type RequestedOutput,
} from '@nereid/core';
import { type Form, FormTable } from './form-table.js';
import { TO_SERVER } from './record-kinds.js';
import {
  dataBytes,
  fitsForms,
  fitsRing,
  type PlainTensors,
  plainTensors,
  readTensors,
  type TensorForm,
  tensorForm,
  tensorsBytes,
  tensorsOf,
  writeTensors,
} from './tensor-data.js';
import type { ThreadLink } from './thread-link.js';

interface RequestForm extends Form {
  readonly modelVersion: number | undefined;
  readonly inputs: readonly TensorForm[];
  readonly requestedOutputs: readonly RequestedOutput[];
  readonly priority: number;
  readonly timeoutUs: number;
}

/** Slot, form, flags, length of the id; the correlation ID of a sequence. */
const HEAD_BYTES = 16;
const CORRELATION_BYTES = 8;
/** Longer ids are not worth a place in the ring. */
const MAX_ID_LENGTH = 256;

const DATA_APART = 1;
const WANTS_TIMES = 2;
const IN_SEQUENCE = 4;
const SEQUENCE_START = 8;
const SEQUENCE_END = 16;
const TAKES_FAILURES = 32;

/** What is known of a request beside itself. */
export interface RequestEnvelope {
  /** By this number the request is known until it has ended. */
  readonly slot: number;
  /** Whether the receiver wants to know how long its phases took. */
  readonly wantsTimes: boolean;
  /** Whether it takes errors among the responses. */
  readonly takesFailures: boolean;
}

/** A request that has no form, as an object. */
interface PlainRequest extends RequestEnvelope {
  readonly request: Omit<InferenceRequest, 'inputs' | 'signal' | 'trace' | 'rawInput'>;
  readonly inputs: PlainTensors;
  readonly rawInput: Uint8Array | undefined;
  readonly traceNumber: number | undefined;
}

/** Sends requests; most of them in few bytes, since requests to a model are much alike. */
export class RequestWriter {
  readonly #link: ThreadLink;
  readonly #forms = new FormTable<RequestForm>();

  constructor(link: ThreadLink) {
    this.#link = link;
  }

  write(request: InferenceRequest, envelope: RequestEnvelope, traceNumber?: number): void {
    if (traceNumber === undefined && hasForm(request)) this.#writeInForm(request, envelope);
    else this.#writeObject(request, envelope, traceNumber);
  }

  #writeInForm(request: InferenceRequest, envelope: RequestEnvelope): void {
    const { slot, wantsTimes, takesFailures } = envelope;
    const link = this.#link;
    const form = this.#formNumber(request);
    const { id, inputs, sequence } = request;
    const sizeBytes = dataBytes(inputs);
    const idBytes = isAscii(id) ? id.length : Buffer.byteLength(id);
    const tensorsAt = HEAD_BYTES + (sequence ? CORRELATION_BYTES : 0) + ((idBytes + 3) & -4);
    const at = link.begin(tensorsAt + tensorsBytes(inputs, sizeBytes));
    const view = link.outView;
    view.setUint32(at, slot, true);
    view.setUint32(at + 4, form, true);
    let flags = (fitsRing(sizeBytes) ? 0 : DATA_APART) | (wantsTimes ? WANTS_TIMES : 0);
    if (takesFailures) flags |= TAKES_FAILURES;
    let position = at + HEAD_BYTES;
    if (sequence) {
      flags |= IN_SEQUENCE | (sequence.start ? SEQUENCE_START : 0);
      if (sequence.end) flags |= SEQUENCE_END;
      view.setBigUint64(position, sequence.correlationId as bigint, true);
      position += CORRELATION_BYTES;
    }
    view.setUint32(at + 8, flags, true);
    view.setUint32(at + 12, idBytes, true);
    if (idBytes > 0) link.out.write(id, position, idBytes, 'utf8');
    writeTensors(link, inputs, { at: at + tensorsAt, sizeBytes });
    link.commit(TO_SERVER.infer);
  }

  #writeObject(
    request: InferenceRequest,
    envelope: RequestEnvelope,
    traceNumber: number | undefined,
  ): void {
    const { inputs: tensors, signal: _, trace: __, rawInput, ...rest } = request;
    const inputs = plainTensors(tensors);
    const plain: PlainRequest = {
      ...envelope,
      request: rest,
      inputs,
      // A view would be cloned with all of the memory that it is a part of.
      rawInput: rawInput && Uint8Array.prototype.slice.call(rawInput),
      traceNumber,
    };
    this.#link.post(TO_SERVER.inferObject, plain, [inputs.data]);
  }

  #formNumber(request: InferenceRequest): number {
    const forms = this.#forms.of(request.modelName);
    for (let index = forms.length - 1; index >= 0; index -= 1) {
      const known = forms[index];
      if (known && fits(request, known.form)) return known.number;
    }
    const { modelName, modelVersion, inputs, requestedOutputs, priority, timeoutUs } = request;
    const form = {
      modelName,
      modelVersion,
      inputs: inputs.map(tensorForm),
      requestedOutputs,
      priority,
      timeoutUs,
    };
    const number = this.#forms.add(form);
    this.#link.post(TO_SERVER.requestForm, { number, form });
    return number;
  }
}

/** A request as the main thread gets it. */
export interface ReceivedRequest extends RequestEnvelope {
  readonly traceNumber: number | undefined;
  /** Complete but for the signal that cancels it, and its trace. */
  complete(signal: CancelSignal): InferenceRequest;
}

/** Reads what a RequestWriter has sent. */
export class RequestReader {
  readonly #forms: RequestForm[] = [];

  addForm(link: ThreadLink): void {
    const { number, form } = link.take() as { number: number; form: RequestForm };
    this.#forms[number] = form;
  }

  envelope(link: ThreadLink): RequestEnvelope {
    const flags = link.inView.getUint32(link.inAt + 8, true);
    return {
      slot: link.inView.getUint32(link.inAt, true),
      wantsTimes: (flags & WANTS_TIMES) !== 0,
      takesFailures: (flags & TAKES_FAILURES) !== 0,
    };
  }

  /** The request of the record that is being received. */
  read(link: ThreadLink, signal: CancelSignal): InferenceRequest {
    const view = link.inView;
    const at = link.inAt;
    const form = this.#forms[view.getUint32(at + 4, true)];
    if (form === undefined) throw new Error('a request has no form');
    const flags = view.getUint32(at + 8, true);
    const idBytes = view.getUint32(at + 12, true);
    let position = at + HEAD_BYTES;
    let sequence: InferenceRequest['sequence'];
    if ((flags & IN_SEQUENCE) !== 0) {
      sequence = {
        correlationId: view.getBigUint64(position, true),
        start: (flags & SEQUENCE_START) !== 0,
        end: (flags & SEQUENCE_END) !== 0,
      };
      position += CORRELATION_BYTES;
    }
    const id = idBytes === 0 ? '' : link.in.toString('utf8', position, position + idBytes);
    const apart = (flags & DATA_APART) !== 0;
    const tensorsAt = position + ((idBytes + 3) & -4);
    return {
      modelName: form.modelName,
      modelVersion: form.modelVersion,
      id,
      inputs: readTensors(link, form.inputs, { at: tensorsAt, apart }),
      requestedOutputs: form.requestedOutputs,
      sequence,
      priority: form.priority,
      timeoutUs: form.timeoutUs,
      parameters: NO_PARAMETERS,
      signal,
    };
  }

  readObject(link: ThreadLink): ReceivedRequest {
    const plain = link.take() as PlainRequest;
    const { request, rawInput, inputs, ...envelope } = plain;
    const complete = (signal: CancelSignal): InferenceRequest => ({
      ...request,
      inputs: tensorsOf(inputs),
      ...(rawInput && { rawInput }),
      signal,
    });
    return { ...envelope, complete };
  }
}

function hasForm(request: InferenceRequest): boolean {
  const { sequence } = request;
  return (
    request.parameters.size === 0 &&
    request.rawInput === undefined &&
    request.callers === undefined &&
    request.id.length <= MAX_ID_LENGTH &&
    (sequence === undefined || typeof sequence.correlationId === 'bigint')
  );
}

function fits(request: InferenceRequest, form: RequestForm): boolean {
  return (
    request.modelVersion === form.modelVersion &&
    request.priority === form.priority &&
    request.timeoutUs === form.timeoutUs &&
    sameOutputs(request.requestedOutputs, form.requestedOutputs) &&
    fitsForms(request.inputs, form.inputs)
  );
}

function sameOutputs(some: readonly RequestedOutput[], others: readonly RequestedOutput[]) {
  if (some.length !== others.length) return false;
  for (let index = 0; index < some.length; index += 1) {
    const one = some[index];
    const other = others[index];
    if (one?.name !== other?.name) return false;
    if (one?.classificationCount !== other?.classificationCount) return false;
  }
  return true;
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) > 0x7f) return false;
  }
  return true;
}
