/** Published and computed values of the judge's statistics, where they are at hand. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface VectorCase {
  fn: string;
  args: never;
  expected: never;
  tol: number;
}

/** Those of a file that `isBuilt` says concern what is built here; says how many of how many. */
export function builtCases(
  file: string,
  isBuilt: (one: VectorCase) => boolean,
): readonly VectorCase[] {
  const all = vectorCases(file);
  const built = all.filter(isBuilt);
  if (all.length > 0) console.log(`${file}: ${built.length} of ${all.length} cases`);
  return built;
}

/** The cases of a file of published and computed values; none, and a word, where they are not at hand. */
export function vectorCases(file: string): readonly VectorCase[] {
  const folder = process.env.AURORA_VECTORS;
  if (folder === undefined) {
    console.log(`left out: statistics/${file} (AURORA_VECTORS is not set)`);
    return [];
  }
  const text = readFileSync(join(folder, 'statistics', file), 'utf8');
  return (JSON.parse(text) as { cases: VectorCase[] }).cases;
}
