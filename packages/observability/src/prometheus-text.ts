/** The Prometheus text exposition format, version 0.0.4. */

import type { MetricSample } from '@nereid/core';

interface MetricSamples {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: readonly MetricSample[];
}

/** Labels that tell apart the lines of one series; they come after those of the series. */
const LINE_LABELS: ReadonlySet<string> = new Set(['le', 'quantile']);

/** A family with its heading, or nothing when it has no series. */
export function formatFamily(family: MetricSamples): string {
  if (family.samples.length === 0) return '';
  const lines = family.samples.map(
    ({ metricName, labels, value }) =>
      `${metricName ?? family.name}${formatLabels(labels)} ${formatValue(value)}\n`,
  );
  const help = family.help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return `# HELP ${family.name} ${help}\n# TYPE ${family.name} ${family.type}\n${lines.join('')}`;
}

function formatLabels(labels: MetricSample['labels']): string {
  const names = Object.keys(labels);
  if (names.length === 0) return '';
  const sorted = names.sort(compareLabelNames);
  return `{${sorted.map((name) => `${name}="${escapeLabelValue(labels[name])}"`).join(',')}}`;
}

function compareLabelNames(a: string, b: string): number {
  const order = Number(LINE_LABELS.has(a)) - Number(LINE_LABELS.has(b));
  if (order !== 0) return order;
  return a < b ? -1 : 1;
}

function escapeLabelValue(value: string | number | undefined): string {
  return String(value).replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

function formatValue(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}
