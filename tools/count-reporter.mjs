/** A reporter for node:test that shows failures and one line of counts, and adds the counts to a file. */

import { appendFileSync } from 'node:fs';

export default async function* countReporter(events) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for await (const { type, data } of events) {
    if (data.details?.type === 'suite') continue;
    if (type === 'test:pass') {
      counts[data.skip || data.todo ? 'skipped' : 'passed'] += 1;
      if (typeof data.skip === 'string') yield `SKIPPED ${data.name}: ${data.skip}\n`;
    }
    if (type === 'test:fail') {
      counts.failed += 1;
      yield describeFailure(data);
    }
    if (type === 'test:stderr' || type === 'test:stdout') yield data.message;
  }
  const results = process.env.NEREID_TEST_RESULTS;
  if (results) appendFileSync(results, `${JSON.stringify(counts)}\n`);
  yield `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`;
}

function describeFailure({ name, file, line, details }) {
  const error = details.error?.cause ?? details.error;
  const text = error?.stack ?? String(error);
  return `FAILED ${name} (${file}:${line})\n${text.replaceAll(/^/gm, '  ')}\n`;
}
