/** What perf_analyzer writes with `-f`: a line of numbers under a line of their names. */
export function readReport(text) {
  const [names = '', values = ''] = text.trim().split('\n');
  const numbers = values.split(',').map(Number);
  return Object.fromEntries(names.split(',').map((name, i) => [name, numbers[i]]));
}
