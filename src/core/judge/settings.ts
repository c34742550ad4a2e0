/** What the judge is told before the first datum. Frozen in the plan's lock. */
export interface JudgeSettings {
  /** Budget for a false rollback over the whole release, all metrics together. */
  alpha: number;
  /** Budget for a wrong promotion, for each required metric. */
  alphaPromote: number;
  /** Ratios of the rollback mixture. */
  psiGrid: readonly number[];
  /** Number of intervals in which a restart may begin (T of the Shiryaev-Roberts term). */
  horizonIntervals: number;
  /** Dispersion factor phi that both likelihood ratios are divided by; at least 1. */
  dispersion:
    | { kind: 'assumed'; phi: number }
    | { kind: 'measured'; blocks: readonly number[]; intervalsMin: number };
  /** The multinomial e-process on the traffic split trips at 1/alphaSplit. */
  alphaSplit: number;
  /**
   * The rate or histogram whose totals are the requests that reached each track, counted there;
   * absent: those counted where the traffic is split, which cannot see what goes around it.
   */
  splitMetric?: string;
  /** Intervals after the first with both tracks that are not compared; absent: none. */
  warmUpIntervals?: number;
}

export interface Metric {
  name: string;
  kind: 'rate' | 'histogram' | 'value';
  unit: string;
  /** Upper edges of a histogram's buckets, rising; empty for other kinds. */
  edges: readonly number[];
  /** Which way is worse. */
  worse: 'higher' | 'lower';
  /** Share of the rollback budget; all metrics together sum to 1. Advisory ones have 0. */
  weight: number;
  /** Promotion needs this metric shown not worse than the margin. */
  required: boolean;
  advisory: boolean;
  /** Non-inferiority: ratio 1 + marginRelative, or absolute excess marginAbsolute (share of requests). */
  marginRelative: number;
  marginAbsolute: number;
  /** A rollback also needs an excess above this (share of requests). */
  relevanceFloor: number;
}
