import { type Rule, type SourceFile, withoutComments } from './workspace.js';

/** Words of other projects, and the field's term for each. */
const REPLACEMENTS: Readonly<Record<string, string>> = {
  servable: 'model',
  dtype: 'datatype',
  payload: 'request, response or data',
  blob: 'data',
};

/** Names of foreign interfaces that contain such a word. */
const FOREIGN = /elem_dtype|\b(?:BlobItem|blobItems|blobPrefixes|getBlobClient|listBlobs\w+)\b/;

/** The code speaks the field's terms, as ARCHITECTURE.md lists them. */
export const words: Rule = ({ packages }) =>
  packages.flatMap(({ sources }) => sources.flatMap(checkWords));

function checkWords({ path, text }: SourceFile): string[] {
  if (path.startsWith('tools/tidy/')) return [];
  const code = withoutComments(text).replaceAll(/'[^'\n]*'|"[^"\n]*"/g, "''");
  return code.split('\n').flatMap((line) => {
    if (FOREIGN.test(line)) return [];
    return Object.entries(REPLACEMENTS)
      .filter(([word]) => containsWord(line, word))
      .map(([word, better]) => `${path} says "${word}": say ${better} (${line.trim()})`);
  });
}

/** At the start of an identifier, or as a part of one in camel case. */
function containsWord(line: string, word: string): boolean {
  const capitalized = word.charAt(0).toUpperCase() + word.slice(1);
  return new RegExp(`\\b${word}|${capitalized}`).test(line);
}
