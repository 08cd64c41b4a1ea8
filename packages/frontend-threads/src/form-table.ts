/** What many requests, or responses, to one model have in common, and which is sent only once. */
export interface Form {
  readonly modelName: string;
}

/** Forms that the other thread knows, by their number; a new one of the same number replaces it. */
const MAX_FORMS = 1_024;
/** Forms of one model that are compared one after the other. */
const MAX_FORMS_OF_MODEL = 8;

/** The forms that one thread has told the other. */
export class FormTable<F extends Form> {
  readonly #byModel = new Map<string, { readonly form: F; readonly number: number }[]>();
  #nextNumber = 0;

  /** The forms of a model, the newest last. */
  of(modelName: string): readonly { readonly form: F; readonly number: number }[] {
    return this.#byModel.get(modelName) ?? NONE;
  }

  /** Gives a form its number, which may have been that of another before. */
  add(form: F): number {
    if (this.#nextNumber === MAX_FORMS) {
      this.#byModel.clear();
      this.#nextNumber = 0;
    }
    const number = this.#nextNumber;
    this.#nextNumber += 1;
    const forms = this.#byModel.get(form.modelName) ?? [];
    if (forms.length === MAX_FORMS_OF_MODEL) forms.shift();
    forms.push({ form, number });
    this.#byModel.set(form.modelName, forms);
    return number;
  }
}

const NONE: readonly never[] = [];
