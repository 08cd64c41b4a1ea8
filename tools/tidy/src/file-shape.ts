import { basename } from 'node:path';
import type { Rule, SourceFile } from './workspace.js';

const MAX_FILE_LINES = 400;
const MAX_LINE_COLUMNS = 100;
const KEBAB_CASE = /^[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.m?[tj]s$/;
const BANNED_NAMES = ['utils', 'util', 'helpers', 'helper', 'common', 'misc', 'types', 'manager'];

/** Sizes and names of source files. */
export const fileShape: Rule = ({ packages }) =>
  packages.flatMap(({ sources }) =>
    sources.flatMap((file) => [...checkName(file), ...checkLength(file), ...checkLines(file)]),
  );

function checkName({ path }: SourceFile): string[] {
  const name = basename(path);
  if (!KEBAB_CASE.test(name)) return [`${path}: file names are kebab-case`];
  return BANNED_NAMES.includes(name.replace(/(\.test)?\.ts$/, ''))
    ? [`${path}: the name says nothing; name the file after its main export`]
    : [];
}

function checkLength({ path, text, isTest }: SourceFile): string[] {
  const lines = text.split('\n').length - 1;
  if (isTest || lines <= MAX_FILE_LINES) return [];
  return [`${path} has ${lines} lines, more than ${MAX_FILE_LINES}; split it by noun`];
}

function checkLines({ path, text }: SourceFile): string[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.length <= MAX_LINE_COLUMNS) return [];
    return [`${path}:${index + 1} has ${line.length} columns, more than ${MAX_LINE_COLUMNS}`];
  });
}
