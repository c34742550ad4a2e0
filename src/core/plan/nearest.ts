const DISTANCE_MAX = 2;
const LENGTH_MAX = 40;

/** The candidate that the word was probably meant to be, within two slips of the hand; else null. */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  if (word.length > LENGTH_MAX) return null;
  const allowed = Math.min(DISTANCE_MAX, Math.floor(word.length / 3));
  let found: string | null = null;
  let best = allowed + 1;
  for (const candidate of candidates) {
    const distance =
      candidate.toLowerCase() === word.toLowerCase() ? 0 : editDistance(word, candidate);
    if (distance < best) {
      best = distance;
      found = candidate;
    }
  }
  return found;
}

/** Number of letters to insert, drop, replace or swap with a neighbour (restricted Damerau). */
function editDistance(a: string, b: string): number {
  const width = b.length + 1;
  const cell: number[] = new Array((a.length + 1) * width).fill(0);
  const at = (i: number, j: number): number => cell[i * width + j] ?? 0;
  for (let i = 0; i <= a.length; i += 1) {
    for (let j = 0; j <= b.length; j += 1) {
      let value = Math.max(i, j);
      if (i > 0 && j > 0) {
        const replaced = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
        value = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, replaced);
        const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
        if (isSwap) value = Math.min(value, at(i - 2, j - 2) + 1);
      }
      cell[i * width + j] = value;
    }
  }
  return at(a.length, b.length);
}

/** `did you mean "x"?`, or the whole choice where it is short; null where neither helps. */
export function meant(word: string, candidates: readonly string[]): string | null {
  const close = nearest(word, candidates);
  if (close !== null) return `did you mean "${close}"?`;
  if (candidates.length === 0 || candidates.length > 12) return null;
  return `known: ${candidates.join(', ')}`;
}
