/** How many measurements may fail, and how many end the count; null: it has no end of its own. */
export interface FailureRule {
  failuresMax: number;
  countMin: number | null;
}

/**
 * failed: more than may; reached: as many measurements as asked for, and no more failed than may;
 * open: neither yet. Failures add up from the first measurement and successes take none away, as
 * Argo Rollouts counts an analysis and Flagger a canary (docs/formats/peer-conditions.md).
 */
export function standingOf(
  { failuresMax, countMin }: FailureRule,
  failed: number,
  measured: number,
): 'failed' | 'reached' | 'open' {
  if (failed > failuresMax) return 'failed';
  return countMin !== null && measured >= countMin ? 'reached' : 'open';
}
