/**
 * Makes sound to try a voice detector on: pauses of faint noise, and between them a voice made of pulses
 * and the resonances of a mouth. It says nothing, but has the pitch, the syllables and the vowels of
 * speech.
 */

const SAMPLE_RATE = 16_000;
const TWO_PI = 2 * Math.PI;

/** The first resonances of vowels, in Hz. */
const VOWELS = {
  a: [730, 1090, 2440],
  e: [530, 1840, 2480],
  i: [270, 2290, 3010],
  o: [570, 840, 2410],
  u: [300, 870, 2240],
};
const BANDWIDTHS_HZ = [80, 100, 140];

/**
 * Sound at 16 kHz, from -1 to 1: for each of the phrases half a second of silence, then its syllables.
 * A phrase is text such as `sa no ti`: of each syllable, the vowel is heard, and a hiss before it if it
 * begins with `s` or `t`.
 */
export function synthesizeSpeech(phrases, { pitchHz = 120, seed = 1 } = {}) {
  const noise = noiseFrom(seed);
  const parts = phrases.flatMap((phrase) => [
    silence(0.5, noise),
    ...phrase.split(' ').map((syllable) => speak(syllable, pitchHz, noise)),
  ]);
  return concatenate([...parts, silence(0.5, noise)]);
}

function silence(seconds, noise) {
  return Float32Array.from({ length: seconds * SAMPLE_RATE }, () => noise() * 0.001);
}

function speak(syllable, pitchHz, noise) {
  const consonant = /^[st]/.test(syllable) ? hiss(noise) : new Float32Array(0);
  const vowel = [...syllable].find((letter) => letter in VOWELS) ?? 'a';
  return concatenate([consonant, sing(VOWELS[vowel], pitchHz, noise)]);
}

function hiss(noise) {
  const length = 0.06 * SAMPLE_RATE;
  let previous = 0;
  return Float32Array.from({ length }, (_, index) => {
    const value = noise();
    const high = value - previous;
    previous = value;
    return high * 0.04 * envelope(index / length);
  });
}

/** Pulses of falling pitch, breath, and the resonances one after the other. */
function sing(formants, pitchHz, noise) {
  const length = 0.2 * SAMPLE_RATE;
  let phase = 0;
  const source = Float32Array.from({ length }, (_, index) => {
    const wobble = 1 + 0.03 * Math.sin((TWO_PI * 5 * index) / SAMPLE_RATE);
    phase += (pitchHz * wobble * (1.1 - 0.2 * (index / length))) / SAMPLE_RATE;
    const opened = phase % 1;
    const pulse = opened < 0.6 ? Math.sin((Math.PI * opened) / 0.6) ** 2 : 0;
    return pulse + noise() * 0.01;
  });
  let sound = differentiate(source);
  for (const [index, frequencyHz] of formants.entries()) {
    sound = resonate(sound, frequencyHz, BANDWIDTHS_HZ[index]);
  }
  const loudest = sound.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return sound.map((value, index) => (value / loudest) * 0.3 * envelope(index / length));
}

function differentiate(sound) {
  return sound.map((value, index) => value - (sound[index - 1] ?? 0));
}

/** A resonance: a filter with a pair of poles. */
function resonate(sound, frequencyHz, bandwidthHz) {
  const radius = Math.exp((-Math.PI * bandwidthHz) / SAMPLE_RATE);
  const first = 2 * radius * Math.cos((TWO_PI * frequencyHz) / SAMPLE_RATE);
  const second = -radius * radius;
  let [last, beforeLast] = [0, 0];
  return sound.map((value) => {
    const next = (1 - first - second) * value + first * last + second * beforeLast;
    [last, beforeLast] = [next, last];
    return next;
  });
}

/** Louder at the start, softer at the end; 0 to 1 over the sound. */
function envelope(position) {
  return Math.min(1, position * 8, (1 - position) * 4);
}

/** The same numbers from -1 to 1 for the same seed. */
function noiseFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

function concatenate(parts) {
  const result = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const part of parts) {
    result.set(part, end);
    end += part.length;
  }
  return result;
}
