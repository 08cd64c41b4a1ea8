import { decodeAsk } from './decode-ask.js';
import type { Frame } from './frame-reader.js';
import { ModelInference, type ModelInferenceOptions } from './model-inference.js';
import type { StubServices } from './stub-services.js';
import { SignatureDecoder } from './tensor-signature.js';
import { FROM_STUB } from './wire-format.js';

export interface ModelCallsOptions extends ModelInferenceOptions {
  readonly services: StubServices;
}

/** What a model asks of the server while it executes, or on its own. */
export class ModelCalls {
  readonly #options: ModelCallsOptions;
  readonly #inference: ModelInference;
  readonly #signatures = new SignatureDecoder();

  constructor(options: ModelCallsOptions) {
    this.#options = options;
    this.#inference = new ModelInference(options);
  }

  receive(frame: Frame): void {
    switch (frame.kind) {
      case FROM_STUB.ask:
        this.#ask(frame);
        break;
      case FROM_STUB.cancelAsk:
        this.#inference.cancel(frame.id);
        break;
      default:
        this.#options.services.receive(frame);
    }
  }

  /** The process is gone. */
  close(): void {
    this.#inference.close();
    this.#options.services.close();
  }

  #ask(frame: Frame): void {
    const ask = decodeAsk(frame, this.#signatures);
    const { life } = this.#options;
    const reading = ask.shared && life.outputs.read(ask.shared);
    if (reading === undefined) this.#inference.start(ask);
    else life.hold(reading.then(() => this.#inference.start(ask)));
  }
}
