/**
 * Sends sound to the server in chunks of 32 ms, as a microphone would, and prints when somebody speaks:
 *
 *   node examples/voice_activity/client.mjs [sound.wav] [--streams N] [--url HOST:PORT]
 *
 * Without a file (16 kHz, mono, 16 bits), the sound is synthesized. With `--streams`, so many sequences
 * share one gRPC stream and take turns.
 */

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { detectSpeech } from './detect-speech.mjs';
import { synthesizeSpeech } from './synthesize-speech.mjs';

const SAMPLE_RATE = 16_000;
const CHUNK_SECONDS = 512 / SAMPLE_RATE;
const SPEECH = 0.5;

const { values, positionals } = parseArgs({
  options: {
    url: { type: 'string', short: 'u', default: 'localhost:8001' },
    streams: { type: 'string', default: '1' },
  },
  allowPositionals: true,
});

try {
  await main();
} catch (error) {
  process.stderr.write(`${error.details ?? error.message}\n`);
  process.exitCode = 1;
}

async function main() {
  const sounds = Array.from({ length: Number(values.streams) }, (_, index) =>
    positionals.length > 0 ? readWav(positionals[index % positionals.length]) : speech(index),
  );
  const startedMs = performance.now();
  const answers = await detectSpeech(values.url, sounds);
  const elapsedMs = performance.now() - startedMs;
  for (const [index, probabilities] of answers.entries()) printSpeech(index + 1, probabilities);
  const seconds = sounds.reduce((sum, { length }) => sum + length, 0) / SAMPLE_RATE;
  process.stdout.write(`${seconds.toFixed(1)} s of sound in ${(elapsedMs / 1000).toFixed(2)} s\n`);
}

/** Each stream has a voice of its own. */
function speech(index) {
  const phrases = ['sa no ti ku', 'e sa mo ti na lo', 'to na'];
  return synthesizeSpeech(phrases, { pitchHz: 100 + 7 * (index % 20), seed: index + 1 });
}

function printSpeech(stream, probabilities) {
  const bars = [...probabilities].map((value) => '▁▂▃▄▅▆▇█'[Math.min(7, Math.floor(value * 8))]);
  process.stdout.write(`stream ${stream}  ${bars.join('')}\n`);
  let start;
  for (const [index, value] of [...probabilities, 0].entries()) {
    if (value >= SPEECH) start ??= index;
    else if (start !== undefined) {
      const [from, to] = [start, index].map((chunk) => (chunk * CHUNK_SECONDS).toFixed(2));
      process.stdout.write(`  speech from ${from} s to ${to} s\n`);
      start = undefined;
    }
  }
}

/** The samples of a WAV file, from -1 to 1. */
function readWav(path) {
  const file = readFileSync(path);
  const isWave =
    file.toString('latin1', 0, 4) === 'RIFF' && file.toString('latin1', 8, 12) === 'WAVE';
  let format;
  for (let at = 12; isWave && at + 8 <= file.length; ) {
    const [name, size] = [file.toString('latin1', at, at + 4), file.readUInt32LE(at + 4)];
    if (name === 'fmt ') format = file.subarray(at + 8, at + 8 + size);
    if (name === 'data' && format)
      return samplesOf(path, format, file.subarray(at + 8, at + 8 + size));
    at += 8 + size + (size % 2);
  }
  throw new Error(`${path} is no WAV file`);
}

function samplesOf(path, format, data) {
  const described = [0, 2, 14].map((at) => format.readUInt16LE(at)).concat(format.readUInt32LE(4));
  if (described.join() !== [1, 1, 16, SAMPLE_RATE].join()) {
    throw new Error(`${path} must be PCM of 16 kHz with one channel and 16 bits`);
  }
  const length = data.length >> 1;
  return Float32Array.from({ length }, (_, index) => data.readInt16LE(index * 2) / 32768);
}
