/**
 * One interval's 2x2 table, or a sum of such, turned so that more events at the candidate is worse.
 * Written as in the formulas: e events of n requests, at the baseline (stable) and the candidate.
 * Both totals of an interval are above 0.
 */
export interface Counts {
  eB: number;
  nB: number;
  eC: number;
  nC: number;
}

export const NO_COUNTS: Counts = { eB: 0, nB: 0, eC: 0, nC: 0 };

export function addCounts(a: Counts, b: Counts): Counts {
  return { eB: a.eB + b.eB, nB: a.nB + b.nB, eC: a.eC + b.eC, nC: a.nC + b.nC };
}

/** The candidate's share of events above stable's; 0 where a track has no total. */
export function excessShare(counts: Counts): number {
  if (counts.nB === 0 || counts.nC === 0) return 0;
  return counts.eC / counts.nC - counts.eB / counts.nB;
}
