/**
 * A table for the log, with a frame of dashes: the form in which Triton shows its models at
 * start-up. A cell may have several lines.
 */
export function textTable(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const table = [heading, ...rows].map((row) => row.map((cell) => cell.trimEnd().split('\n')));
  const widths = heading.map((_, column) =>
    Math.max(...table.flatMap((row) => (row[column] ?? []).map((line) => line.length))),
  );
  const rule = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+`;
  const [head = '', ...body] = table.map((row) => formatRow(row, widths));
  return [rule, head, rule, ...body, rule].join('\n');
}

function formatRow(cells: readonly (readonly string[])[], widths: readonly number[]): string {
  const height = Math.max(...cells.map((lines) => lines.length));
  const lines = Array.from({ length: height }, (_, line) => {
    const texts = widths.map((width, column) => (cells[column]?.[line] ?? '').padEnd(width));
    return `| ${texts.join(' | ')} |`;
  });
  return lines.join('\n');
}
