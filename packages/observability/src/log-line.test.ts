import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatLogEntry, type LogEntry } from './log-line.js';

const ENTRY: LogEntry = {
  level: 'warning',
  timeMs: Date.UTC(2025, 0, 31, 12, 5, 6, 789) + 0.25,
  processId: 42,
  component: 'engine',
  message: 'it is "late"\nforged line',
};

test('the default format has severity, UTC time in microseconds and the quoted message', () => {
  assert.equal(
    formatLogEntry(ENTRY, 'default', true),
    'W0131 12:05:06.789250 42 engine] "it is \\"late\\"\\nforged line"\n',
  );
});

test('ISO8601 has whole seconds and the severity behind', () => {
  assert.match(formatLogEntry(ENTRY, 'ISO8601', true), /^2025-01-31T12:05:06Z W 42 engine\] "/);
});

test('without escaping the message stays as it is', () => {
  assert.ok(formatLogEntry(ENTRY, 'default', false).endsWith('] it is "late"\nforged line\n'));
});

test('fields follow the message, quoted when they would be ambiguous', () => {
  const fields = { model: 'resnet', reason: 'out of "luck"', version: 3, gone: undefined };
  const line = formatLogEntry({ ...ENTRY, message: 'm', fields }, 'default', true);
  assert.ok(line.endsWith('] "m" model=resnet reason="out of \\"luck\\"" version=3\n'), line);
});

test('a block goes below its line, unescaped', () => {
  const line = formatLogEntry({ ...ENTRY, message: '', block: '+--+\n+--+' }, 'default', true);
  assert.ok(line.endsWith('] \n+--+\n+--+\n\n'), line);
});

test('json is one object per line', () => {
  const line = formatLogEntry({ ...ENTRY, fields: { ok: true } }, 'json', true);
  assert.equal(line.indexOf('\n'), line.length - 1);
  assert.deepEqual(JSON.parse(line), {
    time: '2025-01-31T12:05:06.789Z',
    level: 'warning',
    component: 'engine',
    message: 'it is "late"\nforged line',
    fields: { ok: true },
  });
});
