/** A picture (SVG) of the CPU time per request of each server. */

import { short } from './report-tables.mjs';

const WIDTH = 960;
const LABELS_WIDTH = 250;
const VALUES_WIDTH = 150;
const HEAD_HEIGHT = 78;
const BAR_HEIGHT = 13;
const GAP_HEIGHT = 10;
const FOOT_HEIGHT = 34;
const BARS_WIDTH = WIDTH - LABELS_WIDTH - VALUES_WIDTH;
const COLOURS = ['#1f6feb', '#9aa4b2', '#d9904a', '#7a9e5f'];
const INK = '#1b1f24';
const FAINT = '#68717d';

/** A bar for each server and workload, on a logarithmic scale; `machine` is the line below. */
export function pictureOf({ rows, peers, machine }) {
  const drawn = rows.filter(({ results }) => peers.some(({ name }) => results[name]?.cpuUs));
  const scale = scaleOf(drawn);
  let y = HEAD_HEIGHT;
  const parts = [];
  for (const row of drawn) {
    const bars = peers.filter(({ name }) => row.results[name]?.cpuUs);
    const middle = y + (bars.length * BAR_HEIGHT) / 2 + 4;
    const label = `${row.name} · ${row.inFlight}`;
    parts.push(text({ x: LABELS_WIDTH - 10, y: middle, anchor: 'end' }, label));
    for (const peer of bars) {
      parts.push(barOf({ row, peer, y, scale, colour: COLOURS[peers.indexOf(peer)] }));
      y += BAR_HEIGHT;
    }
    y += GAP_HEIGHT;
  }
  const height = y + FOOT_HEIGHT;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" ` +
    `height="${height}" font-family="system-ui, sans-serif" font-size="12">\n` +
    `<title>CPU time per request, by workload and server</title>\n` +
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>\n` +
    `${[...headOf(peers), ...gridOf(scale, y), ...parts].join('\n')}\n` +
    `${text({ x: 14, y: height - 12, fill: FAINT, size: 11 }, machine)}\n</svg>\n`
  );
}

/** Whole decades around all figures. */
function scaleOf(rows) {
  const times = rows.flatMap(({ results }) =>
    Object.values(results).flatMap(({ cpuUs }) => (cpuUs ? [cpuUs.median] : [])),
  );
  const low = Math.floor(Math.log10(Math.min(...times)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...times))));
  return { low, high, xOf: (us) => (BARS_WIDTH * (Math.log10(us) - low)) / (high - low) };
}

function headOf(peers) {
  const title =
    'CPU time per request: server and its processes, µs, logarithmic; shorter is better';
  let x = LABELS_WIDTH;
  const legend = peers.map(({ title: name }, index) => {
    const entry = rect({ x, y: 34, width: 11, height: 11 }, COLOURS[index]);
    const words = text({ x: x + 16, y: 44 }, name);
    x += 40 + name.length * 7;
    return entry + words;
  });
  return [text({ x: 14, y: 22, size: 15, weight: 600 }, title), ...legend];
}

function gridOf({ low, high, xOf }, bottom) {
  return Array.from({ length: high - low + 1 }, (_, index) => {
    const us = 10 ** (low + index);
    const x = LABELS_WIDTH + xOf(us);
    const line = `<path d="M${x} ${HEAD_HEIGHT - 8}V${bottom}" stroke="#e3e6ea"/>`;
    return (
      line + text({ x, y: HEAD_HEIGHT - 14, anchor: 'middle', fill: FAINT, size: 11 }, `${us}`)
    );
  });
}

function barOf({ row, peer, y, scale, colour }) {
  const { median } = row.results[peer.name].cpuUs;
  const width = Math.max(1, scale.xOf(median));
  const ratio = row.ratios[peer.name]?.cpuUs.median;
  const value = ratio ? `${short(median)}   ${short(ratio)}×` : short(median);
  const place = { x: LABELS_WIDTH + width + 6, y: y + BAR_HEIGHT - 3, size: 11 };
  const bar = rect({ x: LABELS_WIDTH, y: y + 1, width, height: BAR_HEIGHT - 2 }, colour);
  return bar + text(place, value);
}

function rect({ x, y, width, height }, fill) {
  const size = `width="${width.toFixed(1)}" height="${height}"`;
  return `<rect x="${x}" y="${y}" ${size} rx="2" fill="${fill}"/>`;
}

function text({ x, y, anchor = 'start', fill = INK, size = 12, weight = 400 }, words) {
  const place = `x="${x.toFixed(1)}" y="${y}" text-anchor="${anchor}"`;
  const look = `fill="${fill}" font-size="${size}" font-weight="${weight}"`;
  return `<text ${place} ${look} xml:space="preserve">${escaped(words)}</text>`;
}

function escaped(words) {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
