import type { Tensor } from '@nereid/core';
import type { ModelSignature } from '@nereid/model-config';
import type { Binding } from 'onnxruntime-node/dist/binding.js';
import { loadLibrary } from './onnx-library.js';
import type { OutputTensor, SessionInit } from './session-protocol.js';
import { scalarInputs, toFeeds, toOutputTensor, toRunError } from './session-tensors.js';

/** A session on the calling thread, which it blocks while it opens and while it runs. */
export class OnnxSession {
  readonly signature: ModelSignature;
  readonly #session: Binding.InferenceSession;
  readonly #Tensor = loadLibrary().Tensor;
  readonly #scalars: ReadonlySet<string>;

  constructor(session: Binding.InferenceSession, signature: ModelSignature) {
    this.signature = signature;
    this.#session = session;
    this.#scalars = scalarInputs(signature);
  }

  /** Opens the file of a session that has been opened before, so that nothing is checked. */
  static reopen({ file, options }: SessionInit, signature: ModelSignature): OnnxSession {
    const session = new (loadLibrary().InferenceSession)();
    session.loadModel(file, { ...options, logSeverityLevel: 3 });
    return new OnnxSession(session, signature);
  }

  /** What `compute` takes: views of the inputs where they can be. Throws an InferError. */
  prepare(inputs: readonly Tensor[]): ReturnType<typeof toFeeds> {
    return toFeeds({ inputs, scalars: this.#scalars, Tensor: this.#Tensor });
  }

  /** Throws an InferError when the model fails. */
  compute(feeds: ReturnType<typeof toFeeds>, fetches: readonly string[]): SessionResults {
    const wanted: Record<string, null> = {};
    for (const name of fetches) wanted[name] = null;
    try {
      return this.#session.run(feeds, wanted, {});
    } catch (cause) {
      throw toRunError(cause);
    }
  }

  close(): void {
    this.#session.dispose();
  }
}

type SessionResults = ReturnType<Binding.InferenceSession['run']>;

/** Those of `fetches` that the model has made. */
export function toOutputs(results: SessionResults, fetches: readonly string[]): OutputTensor[] {
  const outputs: OutputTensor[] = [];
  for (const name of fetches) {
    const value = results[name];
    if (value) outputs.push(toOutputTensor(name, value));
  }
  return outputs;
}
