import { EDGES_MS } from './scenario.ts';

/** As Prometheus does it: linear within the bucket; above the last edge that edge. ms */
export function bucketQuantile(counts: readonly number[], part: number): number {
  const rank = part * counts.reduce((a, b) => a + b, 0);
  let within = 0;
  for (let index = 0; index < EDGES_MS.length; index += 1) {
    const count = counts[index] ?? 0;
    if (count > 0 && within + count >= rank) {
      const low = EDGES_MS[index - 1] ?? 0;
      return low + ((EDGES_MS[index] ?? low) - low) * ((rank - within) / count);
    }
    within += count;
  }
  return EDGES_MS.at(-1) ?? Number.NaN;
}
