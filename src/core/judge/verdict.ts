import type { CheckOutcome } from '../gate/check.ts';

/** rollback and promote are shown; continue: neither yet; inconclusive: it cannot be told. */
export type VerdictKind = 'rollback' | 'promote' | 'continue' | 'inconclusive';

/** Every number that shaped it. Natural logarithms throughout. */
export interface Verdict {
  kind: VerdictKind;
  /** One sentence. */
  reason: string;
  /** Last interval in which a metric entered (-1: none), and how many intervals did. */
  seq: number;
  pairs: number;
  /** Of those, held against a fresh baseline and not against stable; absent: none. */
  freshPairs?: number;
  /** ln of the combined e-value for rollback, and ln(1/alpha) it is held against. */
  lnE: number;
  lnEThreshold: number;
  /** The same over what is above its floor, which is what rolls back; null: nothing is. */
  lnERelevant: number | null;
  /** The interval at which that reached the threshold; null: it never did. Final once set. */
  crossedSeq: number | null;
  metrics: readonly MetricVerdict[];
  split: {
    /** The candidate's share of requests, ordered and seen; null: no interval could tell. */
    expectedPct: number | null;
    observedPct: number | null;
    requests: number;
    /** Intervals in which it was measured, and whether the newest that was compared is one. */
    intervals: number;
    current: boolean;
    /** The metric by which the tracks counted them; null: self-reported, by what splits them. */
    metric: string | null;
    /** ln of the largest e-value so far: a split that was wrong once stays tripped. */
    lnE: number;
    lnEThreshold: number;
    tripped: boolean;
  };
  /** Stable against itself, its largest ln e-value; null: it is measured as one instance. */
  aa: { lnE: number; trippedSeq: number | null } | null;
  /** The largest dispersion factor in use; null while none is known. */
  phi: number | null;
  phiSource: 'assumed' | 'measured';
  /** Intervals since the first with two tracks, of those in which a restart may begin. */
  elapsedIntervals: number;
  horizonIntervals: number;
  horizonSpent: boolean;
}

export interface MetricVerdict {
  metric: string;
  isValue: boolean;
  advisory: boolean;
  required: boolean;
  weight: number;
  /** Intervals that entered, those refused as malformed, and whether the newest one entered. */
  pairs: number;
  refused: number;
  current: boolean;
  /**
   * Of the comparison with the strongest evidence for rollback. For a value metric: the sum of the
   * values and the number of intervals.
   */
  stable: { events: number; total: number };
  candidate: { events: number; total: number };
  /** Upper edge of that comparison; null for other kinds than histograms. */
  edge: number | null;
  /** The candidate's share, or mean, over stable's; null where that is 0. */
  ratio: number | null;
  /** ln e-values: rollback mixture with restart; promotion (null where not required). */
  lnE: number;
  lnEPromote: number | null;
  lnEPromoteThreshold: number;
  /** The edge that holds promotion back; null for other kinds and where not required. */
  promoteEdge: number | null;
  /** Largest excess of a comparison since the last quiet point of its CUSUM; null: all quiet. */
  excess: number | null;
  floor: number;
  /** Largest dispersion factor of its comparisons at the last pair; intervals of stable behind it. */
  phi: number | null;
  phiIntervals: number;
  /**
   * fail: alone it reaches the threshold, above its floor; warn: it does so below the floor;
   * pass: shown not worse than its margin; inconclusive: none of these.
   */
  outcome: CheckOutcome;
}
