import type { Interval, Measurement, TrackInterval } from '../../src/core/evidence/interval.ts';
import { defaultSettings, METRIC_DEFAULTS } from '../../src/core/judge/defaults.ts';
import { type JudgeState, judge, observe, startJudge } from '../../src/core/judge/judge.ts';
import { lnPromotion } from '../../src/core/judge/metric-state.ts';
import type { JudgeSettings, Metric } from '../../src/core/judge/settings.ts';
import type { VerdictKind } from '../../src/core/judge/verdict.ts';
import { EDGES_MS, type Scenario } from './scenario.ts';
import type { TrackMinute } from './traffic.ts';

/** off: every event is taken for its own, and any excess counts. shipped: as a plan gets it. */
export type Mode = 'off' | 'shipped';

export const HORIZON_MINUTES = 4_320;
/** Of stable alone, before the first comparison: what the measured dispersion asks for. */
export const HISTORY_MINUTES = 1_440;
/** Where a step may end; the last one is the horizon. */
export const STEP_ENDS: readonly number[] = [60, 360, 1_440, 4_320];

/** What one judge did with one release. Minutes are counted from the first comparison; null: never. */
export interface JudgeOutcome {
  rollbackAt: number | null;
  /** The first minute whose verdict was promote, and with an e-value for it whatever the verdict. */
  promoteAt: number | null;
  shownAt: number | null;
  /** The verdict at each step's end; where it was rolled back before: rollback. */
  atEnds: readonly VerdictKind[];
  splitAt: number | null;
  /** The factor in force at the end. */
  phi: number | null;
}

export function settingsOf(mode: Mode): JudgeSettings {
  const shipped = defaultSettings(HORIZON_MINUTES);
  return mode === 'shipped' ? shipped : { ...shipped, dispersion: { kind: 'assumed', phi: 1 } };
}

export function metricOf(mode: Mode, kind: Scenario['metric']): Metric {
  const floor = mode === 'shipped' ? {} : { relevanceFloor: 0 };
  const own =
    kind === 'errors'
      ? { name: kind, kind: 'rate' as const, unit: '1', edges: [] }
      : { name: kind, kind: 'histogram' as const, unit: 'ms', edges: EDGES_MS };
  return { ...METRIC_DEFAULTS, ...own, weight: 1, ...floor };
}

/** Aurora's own judge beside one release, minute by minute. */
export class JudgeRun {
  private readonly settings: JudgeSettings;
  private readonly metrics: readonly Metric[];
  private readonly orderedPct: number;
  private state: JudgeState;
  private seq = 0;
  private minute = 0;
  private promoteAt: number | null = null;
  private shownAt: number | null = null;
  private splitAt: number | null = null;
  private readonly atEnds: VerdictKind[] = [];

  constructor(mode: Mode, { metric, orderedPct }: Scenario) {
    this.settings = settingsOf(mode);
    this.metrics = [metricOf(mode, metric)];
    this.orderedPct = orderedPct;
    this.state = startJudge(this.settings, this.metrics);
  }

  get rolledBack(): boolean {
    return this.state.crossed !== null;
  }

  before(stable: TrackMinute): void {
    this.take(stable, null, null);
  }

  during(stable: TrackMinute, candidate: TrackMinute): void {
    this.take(stable, candidate, this.orderedPct);
    this.minute += 1;
    const { state, minute } = this;
    if (this.splitAt === null && state.split.lnMost >= SPLIT_THRESHOLD) this.splitAt = minute;
    if ((this.promoteAt === null || this.shownAt === null) && this.isShown()) {
      this.shownAt ??= minute;
      if (this.promoteAt === null && this.verdict() === 'promote') this.promoteAt = minute;
    }
    if (STEP_ENDS.includes(minute)) this.atEnds.push(this.verdict());
  }

  outcome(): JudgeOutcome {
    const { promoteAt, shownAt, splitAt, atEnds, state } = this;
    const { crossed } = state;
    const first = this.seq - this.minute;
    const { phi } = judge(this.settings, this.metrics, state);
    const rollbackAt = crossed === null ? null : crossed.seq - first + 1;
    return { rollbackAt, promoteAt, shownAt, atEnds, splitAt, phi };
  }

  private isShown(): boolean {
    const [metric] = this.metrics;
    const own = metric && this.state.metrics[metric.name];
    if (metric === undefined || own === undefined || own.pairs === 0) return false;
    return lnPromotion(own.body, metric.marginAbsolute).lnE >= PROMOTE_THRESHOLD;
  }

  private verdict(): VerdictKind {
    return judge(this.settings, this.metrics, this.state).kind;
  }

  private take(stable: TrackMinute, candidate: TrackMinute | null, pct: number | null): void {
    const interval: Interval = {
      seq: this.seq,
      startMs: this.seq * MINUTE_MS,
      endMs: (this.seq + 1) * MINUTE_MS,
      candidatePct: pct,
      stable: trackOf(stable),
      candidate: candidate && trackOf(candidate),
    };
    this.seq += 1;
    this.state = observe(this.settings, this.metrics, this.state, interval, pct);
  }
}

const MINUTE_MS = 60_000;
const { alphaPromote, alphaSplit } = defaultSettings(HORIZON_MINUTES);
const PROMOTE_THRESHOLD = -Math.log(alphaPromote);
const SPLIT_THRESHOLD = -Math.log(alphaSplit);

export function trackOf({ total, events, counts }: TrackMinute): TrackInterval {
  const [name, measurement]: [string, Measurement] =
    counts.length > 0
      ? ['latency', { kind: 'histogram', counts }]
      : ['errors', { kind: 'rate', events, total }];
  return { up: true, requests: total, metrics: { [name]: measurement } };
}
