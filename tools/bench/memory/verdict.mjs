import { MEBIBYTE } from './settled-memory.mjs';

/** Memory may differ by so much and still counts as given back. */
const TOLERANCE = 0.05;

/** Whether memory is back, within the tolerance of what there was before, and the figures. */
export function verdict(before, after) {
  const resident = changeOf(before.residentBytes, after.residentBytes);
  const heap = changeOf(before.heapBytes, after.heapBytes);
  const parts = Object.entries(before.partsBytes).map(
    ([part, bytes]) => `${part} ${arrow(bytes, after.partsBytes[part])}`,
  );
  const code = arrow(before.codeBytes, after.codeBytes);
  return {
    passed: resident.share <= TOLERANCE && heap.share <= TOLERANCE,
    lines: [
      `resident ${resident.text}, heap ${heap.text}`,
      `resident is ${parts.join(', ')}; compiled code ${code}`,
    ],
  };
}

function changeOf(before, after) {
  const share = after / before - 1;
  const percent = `${share < 0 ? '' : '+'}${(share * 100).toFixed(1)} %`;
  return { share, text: `${arrow(before, after)} (${percent})` };
}

function arrow(before, after) {
  return `${inNumber(before)} -> ${inMebibytes(after)}`;
}

export function inMebibytes(bytes) {
  return `${inNumber(bytes)} MiB`;
}

function inNumber(bytes) {
  return (bytes / MEBIBYTE).toFixed(1);
}
