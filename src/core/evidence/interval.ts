/**
 * One closed interval of raw measurements on both tracks: deltas, never rates, never overlapping.
 * It carries no judgement. A durable row, not a ledger leaf; segments of rows are sealed by leaves.
 */
export interface Interval {
  /** Rises by one per interval and source; an interval enters once or not at all. */
  seq: number;
  startMs: number;
  endMs: number;
  /** The candidate's intended share in force during all of it; null when it changed meanwhile. */
  candidatePct: number | null;
  stable: TrackInterval | null;
  candidate: TrackInterval | null;
  /**
   * A fresh instance of what stable runs, with the candidate's share. Absent: none was asked for;
   * null: it was, and was not there all the time.
   */
  baseline?: TrackInterval | null;
  /** Two halves of stable's instances, where the source tells instances apart. */
  stableHalves?: readonly [TrackInterval, TrackInterval];
}

/** What the candidate is held against: never stable in place of a baseline that is missing. */
export function comparedWith({ stable, baseline }: Interval): TrackInterval | null {
  if (baseline === undefined) return stable;
  return baseline?.up === true ? baseline : null;
}

export interface TrackInterval {
  /** false: known to be down. A candidate that is down is a failure, not missing evidence. */
  up: boolean;
  /** Requests that reached this track, counted where the split happens. */
  requests: number;
  /** By metric name; a metric that could not be measured is absent. */
  metrics: Readonly<Record<string, Measurement>>;
}

export type Measurement =
  /** events out of total, both counts of this interval (errors of requests) */
  | { kind: 'rate'; events: number; total: number }
  /** counts per bucket in the order of the metric's edges, the last one above every edge */
  | { kind: 'histogram'; counts: readonly number[] }
  /** one value of a gauge */
  | { kind: 'value'; value: number };

export type Track = 'stable' | 'candidate';
