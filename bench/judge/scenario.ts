/** What is true of both tracks of a release, minute by minute; minutes below 0 are before it. */
export interface Scenario {
  metric: 'errors' | 'latency';
  /** Mean requests a minute. */
  stablePerMin: number;
  candidatePerMin: number;
  load: Load;
  /** Stable's share of errors; unused for latency. */
  base: number;
  /** What is wrong with the candidate. */
  harmAt: (minute: number) => Harm;
  /** What befalls both tracks alike, in the same form as a ratio. */
  commonAt: (minute: number) => number;
  /** Multiplies each instance's own share of errors, drawn anew each minute; null: nothing does. */
  dispersion: { cv: number; ar: number } | null;
  /** The share that was ordered for the candidate, of it and what it is compared with. */
  orderedPct: number;
  /**
   * stable: the candidate is compared with all of stable. fresh: with a copy of stable of the
   * candidate's size, started with it; the time before tells of stable all the same.
   */
  against: 'stable' | 'fresh';
  /** A new instance's answers take this many times as long, falling to 1 over ten minutes. */
  coldRatio: number;
}

export interface Harm {
  /** Times the share of errors, or the time an answer takes. */
  ratio: number;
  /** Share of requests that take four times as long. */
  tailShare: number;
}

/** day: half more or less over 24 h, at the mean and rising at minute 0. series: as recorded. */
export type Load = { kind: 'day' } | { kind: 'flat' } | { kind: 'series'; file: string };

export const NO_HARM: Harm = { ratio: 1, tailShare: 0 };
export const TAIL_TIMES = 4;
export const COLD_MINUTES = 10;
const DAY_MINUTES = 1440;

/** Latency: lognormal, median 100 ms. */
export const LATENCY = { medianMs: 100, sigma: 0.8 };
export const EDGES_MS: readonly number[] = [
  5, 10, 25, 50, 75, 100, 150, 250, 500, 1_000, 2_500, 5_000,
];

export function dayFactor(minute: number): number {
  return 1 + 0.5 * Math.sin((2 * Math.PI * minute) / DAY_MINUTES);
}

/** 600 a minute and track, 1 % errors, nothing wrong: everything else is told as a change of it. */
export function scenario(change: Partial<Scenario> = {}): Scenario {
  return {
    metric: 'errors',
    stablePerMin: 600,
    candidatePerMin: 600,
    load: { kind: 'day' },
    base: 0.01,
    harmAt: () => NO_HARM,
    commonAt: () => 1,
    dispersion: null,
    orderedPct: 50,
    against: 'stable',
    coldRatio: 1,
    ...change,
  };
}

export function harmFrom(onset: number, ratio: number, tailShare = 0): (minute: number) => Harm {
  const harm = { ratio, tailShare };
  return (minute) => (minute < onset ? NO_HARM : harm);
}

/**
 * Requests that fail because the candidate is worse, expected until `minute` (excluded); by the day's
 * load, or a flat one where the load was recorded. null for latency: none fails.
 */
export function excessErrors(of: Scenario, minute: number): number | null {
  if (of.metric !== 'errors') return null;
  let sum = 0;
  for (let at = 0; at < minute; at += 1) {
    const load = of.load.kind === 'day' ? dayFactor(at) : 1;
    sum += of.candidatePerMin * load * of.base * of.commonAt(at) * (of.harmAt(at).ratio - 1);
  }
  return sum;
}
