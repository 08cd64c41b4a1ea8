/** What the CPU profiles of a folder show: the functions that took most of the time themselves. */

import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { table } from './report-tables.mjs';

const SHOWN_FUNCTIONS = 25;
const NOTHING_DONE = new Set(['(idle)', '(root)']);

/** A table for each profile, which is of a process or a thread; the busiest comes first. */
export function profileText(folder) {
  const files = readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'));
  const profiles = files.map((name) => ({ name, ...timesOf(join(folder, name)) }));
  return profiles
    .sort((a, b) => b.busyUs - a.busyUs)
    .map(({ name, busyUs, functions }) => {
      const lines = functions
        .slice(0, SHOWN_FUNCTIONS)
        .map(({ title, us }) => [`${((us / busyUs) * 100).toFixed(1)} %`, title]);
      return `${name}: ${(busyUs / 1e6).toFixed(1)} s busy\n\n${table(['time', 'function'], lines)}`;
    })
    .join('\n\n');
}

function timesOf(file) {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8'));
  const titles = new Map(nodes.map((node) => [node.id, titleOf(node)]));
  const usOf = new Map();
  for (const [index, id] of samples.entries()) {
    const title = titles.get(id);
    if (!NOTHING_DONE.has(title)) usOf.set(title, (usOf.get(title) ?? 0) + timeDeltas[index]);
  }
  const functions = [...usOf].map(([title, us]) => ({ title, us })).sort((a, b) => b.us - a.us);
  return { functions, busyUs: functions.reduce((sum, { us }) => sum + us, 0) };
}

function titleOf({ callFrame: { functionName, url, lineNumber } }) {
  const place = url === '' ? '' : ` ${basename(url)}:${lineNumber + 1}`;
  return `${functionName || '(anonymous)'}${place}`;
}
