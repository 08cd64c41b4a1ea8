/** The example `examples/voice_activity`: a stream of sound as a sequence with implicit state. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { chunkWithContext, detectSpeech } from '../../../examples/voice_activity/detect-speech.mjs';
import { synthesizeSpeech } from '../../../examples/voice_activity/synthesize-speech.mjs';
import { root, startServer } from '../server-process.mjs';

const example = join(root, 'examples', 'voice_activity');
const SEQUENCE_COUNT = 64;

let server;
before(async () => {
  server = await startServer([`--model-repository=${join(example, 'models')}`]);
});
after(() => server?.kill());

test('64 interleaved sequences give what ONNX Runtime gives with the state carried by hand', async () => {
  const sounds = Array.from({ length: SEQUENCE_COUNT }, (_, index) => {
    const phrase = ['sa no', 'e ti mo', 'lu', 'to na si ku'][index % 4];
    return synthesizeSpeech([phrase], { pitchHz: 90 + 2 * index, seed: index + 1 });
  });
  const answers = await detectSpeech(server.grpc, sounds);
  const session = await openModel();
  let chunkCount = 0;
  for (const [index, sound] of sounds.entries()) {
    const expected = await probabilitiesOf(session, sound, { carriesState: true });
    assert.equal(answers[index].length, expected.length);
    for (const [chunk, probability] of expected.entries()) {
      assert.equal(answers[index][chunk], probability, `sequence ${index}, chunk ${chunk}`);
    }
    chunkCount += expected.length;
  }
  const { inference_count } = await statistics();
  assert.equal(inference_count, chunkCount);
  const forgetful = await probabilitiesOf(session, sounds[0], { carriesState: false });
  const most = Math.max(...forgetful.map((value, chunk) => Math.abs(value - answers[0][chunk])));
  assert.ok(most > 0.1, 'the state makes a difference');
  await session.release();
});

test('the client tells when somebody speaks', async () => {
  const command = [join(example, 'client.mjs'), '--url', server.grpc];
  const { stdout } = await promisify(execFile)(process.execPath, command);
  const spoken = [...stdout.matchAll(/speech from ([\d.]+) s to ([\d.]+) s/g)].map(
    ([, from, to]) => [Number(from), Number(to)],
  );
  assert.equal(spoken.length, 3, stdout);
  for (const [index, start] of [0.5, 1.8, 3.7].entries()) {
    assert.ok(Math.abs(spoken[index][0] - start) < 0.2, stdout);
  }
});

test('the client says what is wrong', async () => {
  const command = [join(example, 'client.mjs'), '--url', server.grpc, join(root, 'README.md')];
  const failure = await promisify(execFile)(process.execPath, command).catch((error) => error);
  assert.equal(failure.code, 1);
  assert.match(failure.stderr, /README\.md is no WAV file/);
});

function openModel() {
  const file = join(example, 'models', 'silero_vad', '1', 'model.onnx');
  return InferenceSession.create(file, { intraOpNumThreads: 1, logSeverityLevel: 3 });
}

async function probabilitiesOf(session, sound, { carriesState }) {
  const sr = new Tensor('int64', BigInt64Array.of(16_000n), []);
  const silence = new Tensor('float32', new Float32Array(256), [2, 1, 128]);
  const probabilities = [];
  let state = silence;
  for (let chunk = 0; (chunk + 1) * 512 <= sound.length; chunk++) {
    const input = new Tensor('float32', chunkWithContext(sound, chunk), [1, 576]);
    const { output, stateN } = await session.run({ input, state, sr });
    if (carriesState) state = stateN;
    probabilities.push(output.data[0]);
  }
  return probabilities;
}

async function statistics() {
  const response = await fetch(`${server.http}/v2/models/silero_vad/stats`);
  return (await response.json()).model_stats[0];
}
