/**
 * One interval's 2x2 table, turned so that more events at the candidate is worse. Both totals are
 * above 0.
 */
export interface Counts {
  stableEvents: number;
  stableTotal: number;
  candidateEvents: number;
  candidateTotal: number;
}

export const NO_COUNTS: Counts = {
  stableEvents: 0,
  stableTotal: 0,
  candidateEvents: 0,
  candidateTotal: 0,
};

export function addCounts(a: Counts, b: Counts): Counts {
  return {
    stableEvents: a.stableEvents + b.stableEvents,
    stableTotal: a.stableTotal + b.stableTotal,
    candidateEvents: a.candidateEvents + b.candidateEvents,
    candidateTotal: a.candidateTotal + b.candidateTotal,
  };
}

/** The candidate's share of events above stable's; 0 where a track has no total. */
export function excessShare(counts: Counts): number {
  if (counts.stableTotal === 0 || counts.candidateTotal === 0) return 0;
  return counts.candidateEvents / counts.candidateTotal - counts.stableEvents / counts.stableTotal;
}
