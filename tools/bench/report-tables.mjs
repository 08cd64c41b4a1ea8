/** The figures of a run as Markdown tables, whose columns are aligned. */

const MEGABYTE = 1e6;

/** What the first server did against each other one; above 1 it is ahead. */
export function ratioTable(rows, peers) {
  const [own, ...others] = peers;
  const head = ['workload', 'in flight', `${own.title} req/s`, 'CPU µs', 'p50 µs', 'p99 µs'];
  for (const { title } of others)
    head.push(`${title} req/s`, 'CPU µs', 'req/s', 'CPU', 'p50', 'p99');
  const lines = rows.map((row) => [
    labelOf(row),
    row.inFlight,
    ...figuresOf(row.results[own.name], ['perSecond', 'cpuUs', 'p50Us', 'p99Us']),
    ...others.flatMap(({ name }) => [
      ...figuresOf(row.results[name], ['perSecond', 'cpuUs']),
      ...ratiosOf(row.ratios[name]),
    ]),
  ]);
  return table(head, lines);
}

/** Spread, CPU time by process, memory, and what the load generator itself took. */
export function detailTable(rows, peers) {
  const head = [
    ...['workload', 'in flight', 'server', 'req/s (low to high)', 'CPU µs (low to high)'],
    ...['CPU µs by process', 'memory MB', 'generator µs', 'others'],
  ];
  const lines = rows.flatMap((row) =>
    peers
      .filter(({ name }) => row.results[name])
      .map(({ name, title }) => [row.name, row.inFlight, title, ...details(row, name)]),
  );
  return table(head, lines);
}

export function table(head, lines) {
  const texts = [head, ...lines].map((line) => line.map(String));
  const widths = head.map((_, column) => Math.max(...texts.map((line) => line[column].length)));
  const row = (cells) => `| ${cells.map((cell, at) => cell.padEnd(widths[at])).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [row(texts[0]), rule, ...texts.slice(1).map(row)].join('\n');
}

/** A number as it is read most easily: with three digits at least. */
export function short(value) {
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

/** Says where others have another model. */
function labelOf({ name, otherwise, results }) {
  const hasOthers = Object.keys(results).length > 1;
  return otherwise && hasOthers ? `${name} (others: ${otherwise})` : name;
}

function figuresOf(result, names) {
  if (!result) return names.map(() => '–');
  if (result.failure) return names.map((_, index) => (index === 0 ? 'failed' : ''));
  return names.map((name) => short(result[name].median));
}

function ratiosOf(ratios) {
  const names = ['perSecond', 'cpuUs', 'p50Us', 'p99Us'];
  return names.map((name) => (ratios ? `${short(ratios[name].median)}×` : '–'));
}

function details({ results, otherLoad }, name) {
  const result = results[name];
  if (result.failure) return [result.failure, '', '', '', '', ''];
  const processes = Object.entries(result.cpuUsBy).filter(([, cpuUs]) => cpuUs >= 0.01);
  return [
    rangeOf(result.perSecond),
    rangeOf(result.cpuUs),
    processes.map(([title, cpuUs]) => `${title} ${short(cpuUs)}`).join(', '),
    (result.residentBytes.median / MEGABYTE).toFixed(0),
    short(result.ownCpuUs.median),
    `${(otherLoad * 100).toFixed(0)} %`,
  ];
}

/** The median, with the lowest and the highest. */
export function rangeOf({ median, low, high }) {
  return `${short(median)} (${short(low)} to ${short(high)})`;
}
