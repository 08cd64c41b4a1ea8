import { FLAG_GROUPS, type Flag } from './flag.js';
import { FLAG_TABLE } from './flag-table.js';

const LINE_LENGTH = 88;
const INDENT = '        ';

const SERVING = `Usage: nereid --model-repository <folder> [flags]
${INDENT}${INDENT}serve the models of a folder
`;

const GENERAL = `
  --help
        Print this text.
  --version
        Print the version.
`;

const BUILT_IN_COMMANDS: readonly CommandHelp[] = [
  { usage: 'image-client [arguments]', summary: 'classify images with a running server' },
  { usage: 'new backend NAME [FOLDER]', summary: 'start a backend package of your own' },
];

/** A command in the text of `--help`. */
export interface CommandHelp {
  /** Its name and arguments. */
  readonly usage: string;
  readonly summary: string;
}

/** The text of `--help`: the commands, those of plugins after the own, and every flag, by group. */
export function usageText(pluginCommands: readonly CommandHelp[]): string {
  const flags = [...FLAG_TABLE.values()];
  const groups = FLAG_GROUPS.map((group) => {
    const members = flags.filter((flag) => flag.group === group);
    return `\n${group}:\n${members.map(flagText).join('')}`;
  });
  const commands = [...BUILT_IN_COMMANDS, ...pluginCommands].map(({ usage, summary }) => {
    return `       nereid ${usage}\n${INDENT}${INDENT}${summary}\n`;
  });
  return [SERVING, ...commands, GENERAL, ...groups].join('');
}

function flagText(flag: Flag): string {
  const value = flag.type === 'switch' ? '' : ` <${valueWord(flag)}>`;
  const lines = wrap(`${flag.help}${notes(flag)}`, LINE_LENGTH - INDENT.length);
  return `  --${flag.name}${value}\n${lines.map((line) => `${INDENT}${line}\n`).join('')}`;
}

function valueWord({ type, choices }: Flag): string {
  if (choices) return choices.join('|');
  return type === 'verbosity' ? 'integer' : type;
}

function notes(flag: Flag): string {
  const parts = [
    flag.default ? `Default: ${flag.default}.` : '',
    flag.repeatable ? 'May be repeated.' : '',
  ];
  return parts
    .filter((part) => part !== '')
    .map((part) => ` ${part}`)
    .join('');
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
