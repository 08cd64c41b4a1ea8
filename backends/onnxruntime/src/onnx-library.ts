import { createRequire } from 'node:module';
import { InferError } from '@nereid/core';

type OnnxRuntime = typeof import('onnxruntime-node');
type OnnxBinding = typeof import('onnxruntime-node/dist/binding.js');

export interface OnnxLibrary {
  readonly Tensor: OnnxRuntime['Tensor'];
  readonly InferenceSession: OnnxBinding['binding']['InferenceSession'];
}

let library: OnnxLibrary | undefined;

/**
 * Loads onnxruntime-node, once a thread, which blocks: about 15 ms of CPU time when another thread
 * has loaded it before. Its public `run` waits for a turn of the event loop, which takes as long as
 * a tiny model; the binding below it, which is used here, does not. Throws an InferError where the
 * library cannot be loaded.
 */
export function loadLibrary(): OnnxLibrary {
  library ??= load();
  return library;
}

function load(): OnnxLibrary {
  const require = createRequire(import.meta.url);
  try {
    const { Tensor }: OnnxRuntime = require('onnxruntime-node');
    const { binding, initOrt }: OnnxBinding = require('onnxruntime-node/dist/binding.js');
    initOrt();
    return { Tensor, InferenceSession: binding.InferenceSession };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InferError(
      'UNAVAILABLE',
      `onnxruntime-node cannot be loaded on ${process.platform}-${process.arch}: ${reason}`,
      { cause },
    );
  }
}
