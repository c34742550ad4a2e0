import type { Track } from '../evidence/interval.ts';

/** pass, warn and fail judge; inconclusive: not enough to tell; error: could not be measured. */
export type CheckOutcome = 'pass' | 'warn' | 'fail' | 'inconclusive' | 'error';

export type Comparison = '<' | '<=' | '>' | '>=' | '==';

/** Where a check's evidence comes from. Collected by a source, recorded, then judged in core. */
export type EvidenceQuery =
  | ({ source: 'prometheus'; query: string; server: PrometheusServer } & PrometheusForm)
  | { source: 'http'; url: string; field: string }
  | { source: 'command'; run: string; field: string; timeoutMs: number }
  | { source: 'file'; path: string; field: string }
  | { source: 'metric'; metric: string; track: Track; statistic: Statistic; windowMs: number }
  | { source: 'sessions'; statistic: string }
  | { source: 'incidents'; severityMax: number; windowMs: number }
  | { source: 'judge' };

/** Where a Prometheus answers, and who asks: credentials stay in their file. */
export interface PrometheusServer {
  /** Without user, password, query and fragment; the API's path is added to it. */
  url: string;
  /** A file with a bearer token; null: none is sent. */
  bearerFile: string | null;
  /** A file with `user:password`; null: none is sent. */
  basicFile: string | null;
  /** Over one question with all its retries. */
  deadlineMs: number;
}

/** What of a query is read, by the condition that it is for. */
export type PrometheusForm =
  /** Its value now. How far it looks back is the query's own word. */
  | { form: 'number' }
  /** Its value at each step; where nothing is known for longer than `gapMaxMs`, a breach may hide. */
  | { form: 'series'; windowMs: number; stepMs: number; gapMaxMs: number }
  /** Of its values at each step, which are 0 or 1, the share that is 1. */
  | { form: 'ratio'; windowMs: number; stepMs: number };

/** Over the intervals of a window. Quantiles are of the pooled histogram (upper edge of a bucket). */
export type Statistic = 'rate' | 'p50' | 'p95' | 'p99' | 'mean' | 'max' | 'min' | 'last' | 'count';

/** One predicate over recorded evidence. Every number that can shape its result is here. */
export type Check = CheckBase & CheckRule;

export interface CheckBase {
  name: string;
  /** What the checker could read to understand and mend it; printed with a result that is no pass. */
  hint: string;
  evidence: EvidenceQuery;
  /** Evidence older than this when it is judged is inconclusive. */
  maxAgeMs: number;
  /** Fewer samples than this are inconclusive. At least 1. */
  samplesMin: number;
  /** Shows and never acts: its result never reaches the gate's. */
  advisory: boolean;
}

export type CheckRule =
  /** `value op limit` passes; failing `limit` but within `warnLimit` only warns (null: no such zone) */
  | { kind: 'threshold'; op: Comparison; limit: number; warnLimit: number | null }
  /** min <= value <= max */
  | { kind: 'range'; min: number; max: number }
  /** numerator / denominator; fewer than denominatorMin is inconclusive */
  | { kind: 'ratio'; op: Comparison; limit: number; denominatorMin: number }
  /** fails when every point over `forMs` breaches `op limit` (the form that must NOT hold) */
  | { kind: 'sustained'; op: Comparison; limit: number; forMs: number }
  /**
   * fails when more than `failuresMax` points breach `op limit` (the form that must NOT hold),
   * wherever they lie; with `countMin` it passes at so many points and is inconclusive before
   */
  | {
      kind: 'failures';
      op: Comparison;
      limit: number;
      failuresMax: number;
      countMin: number | null;
    }
  /** number of items op limit */
  | { kind: 'count'; op: Comparison; limit: number }
  /** the evidence exists and is not older than maxAgeMs */
  | { kind: 'presence' };

/** What a source brought back for one check; recorded by digest before it is judged. */
export type Evidence = {
  check: string;
  /** When it was true, not when it was fetched. */
  atMs: number;
  samples: number;
  /** SHA-256 of the raw input and the reducer (name and version) that made it small. */
  inputSha256: string;
  reducer: string;
} & EvidenceValue;

/**
 * Evidence for "above the last edge of the histogram": nothing more is known, and JSON holds no
 * infinity. It breaches every upper limit.
 */
export const ABOVE_LAST_EDGE = Number.MAX_VALUE;

export type EvidenceValue =
  | { kind: 'number'; value: number }
  | { kind: 'ratio'; numerator: number; denominator: number }
  | { kind: 'series'; points: readonly (readonly [atMs: number, value: number])[] }
  | { kind: 'items'; items: readonly string[] }
  /** The source says that there is nothing. Inconclusive, whatever the check. */
  | { kind: 'none'; reason: string }
  /** The source could not look. */
  | { kind: 'error'; reason: string };

export interface CheckResult {
  check: string;
  outcome: CheckOutcome;
  /** The value as a person reads it, and the condition it was held against. */
  observed: string;
  expected: string;
  samples: number;
  /** When the evidence was true; null where there was none. */
  evidenceAtMs: number | null;
  evidenceSha256: string | null;
  /** One sentence. */
  reason: string;
  advisory: boolean;
}
