/** The candidate that takes the fewest edits to become `word`; empty without candidates. */
export function nearestWord(word: string, candidates: readonly string[]): string {
  let nearest = '';
  let least = Infinity;
  for (const candidate of candidates) {
    const distance = editDistance(word, candidate);
    if (distance >= least) continue;
    least = distance;
    nearest = candidate;
  }
  return nearest;
}

/** Levenshtein's distance, one row of its table at a time. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column += 1) {
      const substitution = (row[column - 1] ?? 0) + (letter === to[column - 1] ? 0 : 1);
      const insertion = (next[column - 1] ?? 0) + 1;
      const deletion = (row[column] ?? 0) + 1;
      next.push(Math.min(substitution, insertion, deletion));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
