/** Responses on their way from the main thread to a front-end thread. */

import { type InferenceResponse, NO_PARAMETERS } from '@nereid/core';
import { type Form, FormTable } from './form-table.js';
import { TO_THREAD } from './record-kinds.js';
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

interface ResponseForm extends Form {
  readonly modelVersion: number;
  readonly outputs: readonly TensorForm[];
}

/** Slot, form, flags. */
const HEAD_BYTES = 12;
const DATA_APART = 1;
const FINAL = 2;

/** A response that has no form, as an object. */
interface PlainResponse {
  readonly slot: number;
  readonly response: Omit<InferenceResponse, 'outputs' | 'release'>;
  readonly outputs: PlainTensors;
}

export class ResponseWriter {
  readonly #link: ThreadLink;
  readonly #forms = new FormTable<ResponseForm>();

  constructor(link: ThreadLink) {
    this.#link = link;
  }

  /** `id` is that of the request, which the other thread knows. */
  write(response: InferenceResponse, slot: number, id: string): void {
    const link = this.#link;
    const { outputs, parameters } = response;
    if (parameters.size > 0 || response.id !== id) {
      this.#writeObject(response, slot);
      return;
    }
    const form = this.#formNumber(response);
    const sizeBytes = dataBytes(outputs);
    const at = link.begin(HEAD_BYTES + tensorsBytes(outputs, sizeBytes));
    const flags = (fitsRing(sizeBytes) ? 0 : DATA_APART) | (response.final ? FINAL : 0);
    link.outView.setUint32(at, slot, true);
    link.outView.setUint32(at + 4, form, true);
    link.outView.setUint32(at + 8, flags, true);
    writeTensors(link, outputs, { at: at + HEAD_BYTES, sizeBytes });
    link.commit(TO_THREAD.response);
  }

  #writeObject(whole: InferenceResponse, slot: number): void {
    const { outputs: tensors, release: _, ...response } = whole;
    const outputs = plainTensors(tensors);
    const plain: PlainResponse = { slot, response, outputs };
    this.#link.post(TO_THREAD.responseObject, plain, [outputs.data]);
  }

  #formNumber(response: InferenceResponse): number {
    const forms = this.#forms.of(response.modelName);
    for (let index = forms.length - 1; index >= 0; index -= 1) {
      const known = forms[index];
      if (known?.form.modelVersion !== response.modelVersion) continue;
      if (fitsForms(response.outputs, known.form.outputs)) return known.number;
    }
    const { modelName, modelVersion, outputs } = response;
    const form = { modelName, modelVersion, outputs: outputs.map(tensorForm) };
    const number = this.#forms.add(form);
    this.#link.post(TO_THREAD.responseForm, { number, form });
    return number;
  }
}

/** Reads what a ResponseWriter has sent. */
export class ResponseReader {
  readonly #forms: ResponseForm[] = [];

  addForm(link: ThreadLink): void {
    const { number, form } = link.take() as { number: number; form: ResponseForm };
    this.#forms[number] = form;
  }

  /** The response of the record that is being received, to the request with this id. */
  read(link: ThreadLink, id: string): InferenceResponse {
    const view = link.inView;
    const at = link.inAt;
    const form = this.#forms[view.getUint32(at + 4, true)];
    if (form === undefined) throw new Error('a response has no form');
    const flags = view.getUint32(at + 8, true);
    const apart = (flags & DATA_APART) !== 0;
    return {
      modelName: form.modelName,
      modelVersion: form.modelVersion,
      id,
      parameters: NO_PARAMETERS,
      outputs: readTensors(link, form.outputs, { at: at + HEAD_BYTES, apart }),
      final: (flags & FINAL) !== 0,
    };
  }

  readObject(link: ThreadLink): { readonly slot: number; readonly response: InferenceResponse } {
    const { slot, response, outputs } = link.take() as PlainResponse;
    return { slot, response: { ...response, outputs: tensorsOf(outputs) } };
  }
}
