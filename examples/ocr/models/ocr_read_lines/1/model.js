/** Makes text of the recognizer's probabilities. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What is less certain on average is no text. */
const THRESHOLD = 0.5;

/** By class: the first one is none, the last one a space. */
let characters = [];

export function initialize() {
  const file = fileURLToPath(new URL('./characters.txt', import.meta.url));
  characters = ['', ...readFileSync(file, 'utf8').split('\n'), ' '];
}

export function execute(requests) {
  return requests.map(({ inputs: { probabilities, boxes } }) => {
    const [count, length, classCount] = probabilities.shape;
    if (count > 0 && classCount !== characters.length) {
      return new Error(
        `characters.txt is not of this recognizer, which knows ${classCount} classes`,
      );
    }
    const size = length * classCount;
    const lines = Array.from({ length: count }, (_, index) => ({
      ...decode(probabilities.data.subarray(index * size, (index + 1) * size)),
      box: [...boxes.data.subarray(index * 8, index * 8 + 8)],
    })).filter(({ text, score }) => text !== '' && score >= THRESHOLD);
    return {
      outputs: {
        text: { shape: [lines.length], data: lines.map(({ text }) => text) },
        score: { shape: [lines.length], data: lines.map(({ score }) => score) },
        boxes: { shape: [lines.length, 4, 2], data: lines.flatMap(({ box }) => box) },
      },
    };
  });
}

/** A character is what differs from the place before; between two equal ones there is a place with none. */
function decode(probabilities) {
  const classCount = characters.length;
  let [text, sum, count, previous] = ['', 0, 0, 0];
  for (let start = 0; start < probabilities.length; start += classCount) {
    const best = mostLikely(probabilities, start, classCount);
    if (best !== 0 && best !== previous) {
      text += characters[best];
      sum += probabilities[start + best];
      count += 1;
    }
    previous = best;
  }
  return { text: text.trim(), score: count === 0 ? 0 : sum / count };
}

function mostLikely(probabilities, start, classCount) {
  let best = 0;
  for (let index = 1; index < classCount; index++) {
    if (probabilities[start + index] > probabilities[start + best]) best = index;
  }
  return best;
}
