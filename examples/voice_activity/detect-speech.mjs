/** Streams sound to the voice detector over gRPC. */

import { fileURLToPath } from 'node:url';
import { credentials, loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const PROTOS = fileURLToPath(new URL('../../protos', import.meta.url));
const SAMPLE_RATE = 16_000;
const CHUNK_SAMPLES = 512;
/** The model also wants the end of the chunk before. */
const CONTEXT_SAMPLES = 64;

const sampleRate = Buffer.alloc(8);
sampleRate.writeBigInt64LE(BigInt(SAMPLE_RATE));

/**
 * The probability of speech in each chunk of each sound. All sounds share a stream; each is a sequence,
 * and all their first chunks are sent before the second ones. A last chunk that is not full is left out.
 * Rejects with the server's first error.
 */
export function detectSpeech(address, sounds) {
  const client = connect(address);
  const probabilities = sounds.map(({ length }) => new Float32Array(chunkCount(length)));
  // Sequences of other clients must not have the same IDs.
  const firstId = Math.floor(Math.random() * 2 ** 40) + 1;
  return new Promise((resolve, reject) => {
    let waiting = probabilities.reduce((sum, { length }) => sum + length, 0);
    const stream = client.modelStreamInfer();
    stream.on('data', ({ errorMessage, inferResponse }) => {
      if (errorMessage) return stream.destroy(new Error(errorMessage));
      const [sound, chunk] = inferResponse.id.split(' ').map(Number);
      probabilities[sound][chunk] = inferResponse.rawOutputContents[0].readFloatLE();
      waiting -= 1;
      if (waiting === 0) stream.end();
    });
    stream.on('error', reject);
    stream.on('end', () => resolve(probabilities));
    const longest = Math.max(...probabilities.map(({ length }) => length));
    for (let chunk = 0; chunk < longest; chunk++) {
      for (const [sound, samples] of sounds.entries()) {
        if (chunk >= probabilities[sound].length) continue;
        stream.write(toMessage({ samples, sound, chunk, sequenceId: firstId + sound }));
      }
    }
  }).finally(() => client.close());
}

function connect(address) {
  const definition = loadSync('grpc_service.proto', { includeDirs: [PROTOS] });
  const { inference } = loadPackageDefinition(definition);
  return new inference.GRPCInferenceService(address, credentials.createInsecure());
}

function chunkCount(length) {
  return Math.floor(length / CHUNK_SAMPLES);
}

function toMessage({ samples, sound, chunk, sequenceId }) {
  return {
    modelName: 'silero_vad',
    id: `${sound} ${chunk}`,
    parameters: {
      sequence_id: { int64Param: sequenceId },
      sequence_start: { boolParam: chunk === 0 },
      sequence_end: { boolParam: chunk === chunkCount(samples.length) - 1 },
    },
    inputs: [
      { name: 'input', datatype: 'FP32', shape: [1, CONTEXT_SAMPLES + CHUNK_SAMPLES] },
      { name: 'sr', datatype: 'INT64', shape: [1] },
    ],
    rawInputContents: [Buffer.from(chunkWithContext(samples, chunk).buffer), sampleRate],
  };
}

/** Before the first chunk there is silence. */
export function chunkWithContext(samples, chunk) {
  const start = chunk * CHUNK_SAMPLES;
  const result = new Float32Array(CONTEXT_SAMPLES + CHUNK_SAMPLES);
  const context = samples.subarray(Math.max(0, start - CONTEXT_SAMPLES), start);
  result.set(context, CONTEXT_SAMPLES - context.length);
  result.set(samples.subarray(start, start + CHUNK_SAMPLES), CONTEXT_SAMPLES);
  return result;
}
