import type { Track } from '../evidence/interval.ts';
import type { Comparison, PrometheusServer, Statistic } from '../gate/check.ts';
import type { Gate } from '../gate/gate.ts';
import type { MethodSettings } from '../judge/method-settings.ts';
import type { Metric } from '../judge/settings.ts';

/**
 * A resolved plan: everything a release must show, step by step, with every default written out.
 * What the parser reads is `PlanFile` (plan-file.ts); `resolve` turns it into this; the plan's lock is
 * the digest of this. Durations are milliseconds, shares are percent of requests.
 */
export interface Plan {
  apiVersion: 'aurora/v1';
  kind: 'Plan';
  name: string;
  service: string;
  release: Release;
  /** The profile that is released with the workload; null where there is none. */
  profile: { name: string; sha256: string } | null;
  intervalMs: number;
  /** After so long without a renewal the keeper applies the fallback weights. */
  controllerLossMs: number;
  rule: DecisionRule;
  /** none: 100 % without a decision; the outcome is then `promoted`, never GA. */
  decision: 'signed' | 'none';
  /** Gate results not re-evaluated for so long are stale; a GO older than `goMaxAgeMs` is void. */
  evidenceMaxAgeMs: number;
  goMaxAgeMs: number;
  people: readonly Person[];
  roles: readonly Role[];
  /** Roles of which one person may sign a skip. Empty: nothing can be skipped. */
  overrideRoles: readonly string[];
  /** Ids of the people who wrote the plan: they can't approve under it. */
  authors: readonly string[];
  metrics: readonly Metric[];
  /** Where the intervals of each metric come from; one for each. */
  measurements: readonly MetricSource[];
  judge: MethodSettings;
  /**
   * The candidate is held against a fresh instance of stable with its own share, where stable carries
   * ten times as much; absent: against stable itself.
   */
  baseline?: 'fresh';
  triggers: readonly Trigger[];
  gates: readonly Gate[];
  phases: readonly Phase[];
  freezes: readonly Freeze[];
}

export type DecisionRule = 'matrix' | 'green-yellow-red';

export interface Release {
  /** The GA version; the candidate's is the same with `-rc.N` or `-rcN` behind it. */
  version: string;
  candidate: string;
  artifacts: readonly { name: string; sha256: string }[];
  /** Starts the candidate; null: the service's own command with its version filled in. */
  command: string | null;
  /** Ids of the people who made it: they can't approve it. */
  authors: readonly string[];
}

export interface Person {
  id: string;
  /** SPKI in base64, an ssh public key, or an OpenPGP fingerprint: core/decision/person-signature.ts. */
  publicKey: string;
}

export interface Role {
  name: string;
  people: readonly string[];
}

/** Where a metric's measurements come from. */
export interface MetricSource {
  metric: string;
  from: MeasurementQuery;
}

export type MeasurementQuery =
  /** Counted where the traffic is split. */
  | { source: 'splitter'; measure: 'errors' | 'timeouts' | 'latency' }
  /**
   * Counters of a Prometheus: selectors, of which the raw samples are read; a value is any PromQL.
   * `$track` stands for the track.
   */
  | { source: 'prometheus'; series: MetricSeries; server: PrometheusServer }
  /** Series of a track's own /metrics. */
  | { source: 'scrape'; series: MetricSeries }
  /** A field of the session summaries of the track. */
  | { source: 'sessions'; field: string };

export type MetricSeries =
  | { kind: 'rate'; events: string; total: string }
  | { kind: 'histogram'; buckets: string }
  | { kind: 'value'; value: string };

/** An absolute rule that rolls back at once, never held back by anything inconclusive. */
export type Trigger =
  /** Every interval over `forMs` breaches `statistic op limit` on the track. */
  | {
      name: string;
      kind: 'sustained';
      metric: string;
      track: Track;
      statistic: Statistic;
      op: Comparison;
      limit: number;
      forMs: number;
    }
  /** The candidate is known to be down for so long (0: at the first such interval). */
  | { name: string; kind: 'down'; forMs: number }
  /** An incident of this severity or graver (1 is gravest) is opened. */
  | { name: string; kind: 'incident'; severityMax: number };

/** Where the candidate's requests come from. */
export type Traffic = 'live' | 'load' | 'mirror' | 'sessions' | 'none';

/** Requests that are generated, evenly spaced: whole requests a second, and their path. */
export interface Load {
  ratePerSecond: number;
  path: string;
}

/** What happens by itself: go back to where the state says back is, or stand still for a person. */
export type DefaultAction = 'rollback' | 'hold';

export interface PhaseBase {
  name: string;
  traffic: Traffic;
  load: Load | null;
  /** Gates judged in this phase, in this order. */
  gates: readonly string[];
  /** Gates are evaluated again after so long; 0: once on entry and once before leaving. */
  everyMs: number;
  /** What a failing gate does; `failForMs` long it may fail first. */
  onFail: DefaultAction;
  failForMs: number;
  /** Measured from entry; null: none. */
  deadlineMs: number | null;
  onDeadline: DefaultAction;
  triggers: readonly string[];
  /** Weights that the keeper applies when the controller stops renewing: back to stable, or as they are. */
  fallback: 'stable' | 'stay';
  before: readonly Hook[];
  after: readonly Hook[];
}

/** A command that the operator wants run once on entering or leaving a phase. */
export interface Hook {
  name: string;
  run: string;
  timeoutMs: number;
  onFail: DefaultAction;
}

export type Phase =
  | PerimeterPhase
  | SoakPhase
  | CanaryPhase
  | DecisionPhase
  | RolloutPhase
  | WatchPhase;

/** Gates alone: nothing runs yet that could be undone. */
export interface PerimeterPhase extends PhaseBase {
  kind: 'perimeter';
}

/** The candidate runs healthy for a time AND a volume, continuously. */
export interface SoakPhase extends PhaseBase {
  kind: 'soak';
  soakMs: number;
  requestsMin: number;
  /** A breach (failing gate or trigger, candidate down): start the clock again, or go back. */
  onBreach: 'restart' | 'rollback';
}

/** A share of the traffic for a time and a volume, judged against stable. */
export interface CanaryPhase extends PhaseBase {
  kind: 'canary';
  weightPct: number;
  durationMs: number;
  requestsMin: number;
  /** Gates are evaluated at these times after entry as well; each at most durationMs. */
  checkpointsMs: readonly number[];
  /** at-end: never before durationMs; when-shown: as soon as the judge says promote. */
  advance: 'at-end' | 'when-shown';
  /** Whether leaving needs the judge's `promote`. */
  judged: boolean;
}

/** A frozen request, signed by people. */
export interface DecisionPhase extends PhaseBase {
  kind: 'decision';
  /** release: the GO; confirmation: people confirm after going live. */
  subject: 'release' | 'confirmation';
  signOffs: readonly { role: string; count: number }[];
  /** How long a frozen request may be signed. */
  validMs: number;
}

/** Raises the share step by step; each step is validated before the next. */
export interface RolloutPhase extends PhaseBase {
  kind: 'rollout';
  steps: readonly { weightPct: number; holdMs: number }[];
}

/** After the rollout: rollback stays armed, stable stays warm. */
export interface WatchPhase extends PhaseBase {
  kind: 'watch';
  watchMs: number;
}

/** No weight rises inside a freeze. Going back is always allowed. */
export type Freeze =
  | { name: string; kind: 'once'; fromMs: number; toMs: number }
  /** Days 0 (Sunday) to 6; minutes after midnight UTC; toMinute > fromMinute, at most 1440. */
  | { name: string; kind: 'weekly'; days: readonly number[]; fromMinute: number; toMinute: number };
