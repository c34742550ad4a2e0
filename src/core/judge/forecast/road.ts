/** The part of a release in which two tracks have traffic, as the forecast needs it. */
export interface Stretch {
  phase: string;
  weightPct: number;
  /** As long as it can last: to its deadline where it has one. */
  intervals: number;
  /** It is not left before. */
  leastIntervals: number;
  /** Leaving it needs the judge's `promote`. */
  judged: boolean;
}

/** Several of the release's intervals taken together. */
export interface Stride {
  stretch: number;
  weightPct: number;
  intervals: number;
  /** Intervals since the comparison began, at its end. */
  elapsed: number;
  /** The stretch may be left at its end. */
  mayLeave: boolean;
}

/** Of what has passed: so much may a time be rounded up. */
const COARSENESS = 0.01;

/**
 * A release of days in a few hundred strides: single intervals at first, then ever more of them
 * together. Counts add up, so the evidence is the same; only the moment is coarser, by 1 %.
 */
export function stridesOf(stretches: readonly Stretch[]): Stride[] {
  const strides: Stride[] = [];
  let elapsed = 0;
  stretches.forEach(({ weightPct, intervals, leastIntervals }, stretch) => {
    let left = intervals;
    while (left > 0) {
      const taken = Math.min(left, Math.max(1, Math.floor(elapsed * COARSENESS)));
      left -= taken;
      elapsed += taken;
      const mayLeave = intervals - left >= leastIntervals;
      strides.push({ stretch, weightPct, intervals: taken, elapsed, mayLeave });
    }
  });
  return strides;
}
