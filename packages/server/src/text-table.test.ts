import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textTable } from './text-table.js';

test('columns are as wide as their widest cell, and a cell may have several lines', () => {
  const rows = [
    ['long_name', 'READY'],
    ['b', 'UNAVAILABLE: it\nbroke\n'],
  ];
  assert.equal(
    textTable(['Model', 'Status'], rows),
    [
      '+-----------+-----------------+',
      '| Model     | Status          |',
      '+-----------+-----------------+',
      '| long_name | READY           |',
      '| b         | UNAVAILABLE: it |',
      '|           | broke           |',
      '+-----------+-----------------+',
    ].join('\n'),
  );
});

test('a table without rows is its heading', () => {
  assert.equal(textTable(['A'], []), '+---+\n| A |\n+---+\n+---+');
});
