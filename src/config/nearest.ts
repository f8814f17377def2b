/** Finds the word that somebody probably meant. Pure; words only. */

/** The closest of `words` to `typed`, else the only one of which it is a part (`sqnr` of `sqnr-db`); undefined when none is close (more than a third of its letters differ). */
export function nearest(typed: string, words: readonly string[]): string | undefined {
  const plain = typed.toLowerCase().replaceAll("_", "-");
  const [best] = words.map((word) => ({ word, distance: editDistance(plain, word) })).toSorted((a, b) => a.distance - b.distance);
  if (best === undefined) return undefined;
  if (best.distance <= Math.max(1, Math.floor(Math.max(typed.length, best.word.length) / 3))) return best.word;
  const [whole, ...others] = words.filter((word) => word.split("-").includes(plain));
  return others.length === 0 ? whole : undefined;
}

/** The end of a sentence about an unknown word: `; did you mean "x"?`, or a full stop. */
export function didYouMean(typed: string, words: readonly string[]): string {
  const word = nearest(typed, words);
  return word === undefined ? "." : `; did you mean "${word}"?`;
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). Words beyond 64 letters are far from everything. */
function editDistance(a: string, b: string): number {
  if (a.length > 64 || b.length > 64) return Number.POSITIVE_INFINITY;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(previous, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(before, j - 2) + 1 : 64;
      row.push(Math.min(replaced, swapped, at(previous, j) + 1, at(row, j - 1) + 1));
    }
    before = previous;
    previous = row;
  }
  return at(previous, b.length);
}

const at = (row: readonly number[], index: number): number => row[index] ?? 64;
