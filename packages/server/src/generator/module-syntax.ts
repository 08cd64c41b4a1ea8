/** `import { a, type B } from 'module';`, one name a line when there are several. */
export function importStatement(module: string, names: readonly string[]): string {
  const [only = ''] = names;
  const list = names.length === 1 ? `{ ${only} }` : `{\n  ${names.join(',\n  ')},\n}`;
  return `import ${list} from ${quoted(module)};`;
}

export function defaultExport(name: string): string {
  return `export default ${name};`;
}

function quoted(text: string): string {
  return `'${text}'`;
}
