import { unreachable } from '../../base/assert.ts';
import type { Interval } from '../evidence/interval.ts';
import { statisticOf } from '../evidence/statistic.ts';
import { evidenceFromIntervals } from '../evidence/window.ts';
import { ABOVE_LAST_EDGE, type Check } from '../gate/check.ts';
import { compare, evaluateCheck, expectedOf } from '../gate/evaluate-check.ts';
import { segmentDigest } from '../ledger/segment.ts';
import type { Plan } from '../plan/plan.ts';

/** Whether a time met the objectives of a plan: its checks on metrics, over recorded intervals. */
export interface SloReport {
  promotion: string;
  service: string;
  plan: string;
  planSha256: string;
  fromMs: number;
  toMs: number;
  /** Percent of the time that must be measured. */
  coverageMinPct: number;
  /** The rows that it rests on, by their seal's rule (docs/formats/ledger.md). */
  rows: { count: number; fromSeq: number | null; toSeq: number | null; sha256: string };
  /** It rests, at least in part, on generated requests. */
  synthetic: boolean;
  objectives: readonly ObjectiveResult[];
  /** Checks that do not rest on intervals: of these it says nothing. */
  leftOut: readonly string[];
  compliant: boolean;
}

export interface ObjectiveResult {
  objective: string;
  gate: string;
  metric: string;
  track: string;
  statistic: string;
  target: string;
  compliant: boolean;
  /** Over the whole time; null: not measured, and not compliant. */
  observed: string | null;
  samples: number;
  /** Percent of the time in which the metric was measured. */
  coveredPct: number;
  /** Percent of the time in intervals that met it; what was not measured met nothing. */
  compliancePct: number | null;
  worst: { startMs: number; endMs: number; value: number } | null;
  reason: string;
}

export interface SloFacts {
  plan: Plan;
  planSha256: string;
  promotion: string;
  synthetic: boolean;
  fromMs: number;
  toMs: number;
  coverageMinPct: number;
  /** Those within the time, rising, each with the row that it is. */
  rows: readonly { interval: Interval; body: string }[];
}

type MetricCheck = Check & { evidence: Extract<Check['evidence'], { source: 'metric' }> };

/** Pure: the same rows and time give the same report. A plan without objectives is not compliant. */
export function sloReport(facts: SloFacts): SloReport {
  const { plan, planSha256, promotion, synthetic, fromMs, toMs, coverageMinPct } = facts;
  const segment = facts.rows.map(({ interval, body }) => ({ seq: interval.seq, body }));
  const sha256 = segmentDigest(segment);
  const checks = plan.gates.flatMap((gate) => gate.checks.map((check) => ({ gate, check })));
  const objectives = checks.flatMap(({ gate, check }) => {
    return isMetricCheck(check) ? [objectiveOf(facts, gate.name, check, sha256)] : [];
  });
  return {
    promotion,
    service: plan.service,
    plan: plan.name,
    planSha256,
    fromMs,
    toMs,
    coverageMinPct,
    rows: {
      count: segment.length,
      fromSeq: segment[0]?.seq ?? null,
      toSeq: segment.at(-1)?.seq ?? null,
      sha256,
    },
    synthetic,
    objectives,
    leftOut: checks.flatMap(({ check }) => (isMetricCheck(check) ? [] : [check.name])),
    compliant: objectives.length > 0 && objectives.every(({ compliant }) => compliant),
  };
}

function objectiveOf(
  { plan, rows, fromMs, toMs, coverageMinPct }: SloFacts,
  gate: string,
  check: MetricCheck,
  sha256: string,
): ObjectiveResult {
  const { metric, track, statistic } = check.evidence;
  const definition = plan.metrics.find(({ name }) => name === metric);
  const intervals = rows.map(({ interval }) => interval);
  const evidence = evidenceFromIntervals(check, plan.metrics, { intervals, sha256 });
  const result = evaluateCheck(check, evidence, toMs);
  const measured = intervals.flatMap((interval) => {
    if (definition === undefined) return [];
    const observed = statisticOf(definition, [interval], track, statistic);
    return observed === null ? [] : [{ interval, value: observed.value }];
  });
  const lengthMs = Math.max(1, toMs - fromMs);
  const pctOf = (some: readonly { interval: Interval }[]): number => {
    const ms = some.reduce((sum, { interval }) => sum + (interval.endMs - interval.startMs), 0);
    return (100 * ms) / lengthMs;
  };
  const coveredPct = pctOf(measured);
  const worst = worstOf(check, measured);
  const isCovered = coveredPct >= coverageMinPct;
  return {
    objective: check.name,
    gate,
    metric,
    track,
    statistic,
    target: expectedOf(check),
    compliant: result.outcome === 'pass' && isCovered,
    observed: result.observed === '-' ? null : result.observed,
    samples: result.samples,
    coveredPct,
    compliancePct: isByInterval(check)
      ? pctOf(measured.filter(({ value }) => meets(check, value)))
      : null,
    worst:
      worst === null
        ? null
        : {
            startMs: worst.interval.startMs,
            endMs: worst.interval.endMs,
            value: Number.isFinite(worst.value) ? worst.value : ABOVE_LAST_EDGE,
          },
    reason:
      result.outcome === 'pass' && !isCovered
        ? `measured in ${coveredPct.toFixed(1)} % of the time, at least ${coverageMinPct} % is wanted`
        : result.reason,
  };
}

function isMetricCheck(check: Check): check is MetricCheck {
  return check.evidence.source === 'metric' && !check.advisory;
}

/** A count is of the whole time, and presence of no value at all. */
function isByInterval({ kind }: Check): boolean {
  return kind !== 'count' && kind !== 'presence';
}

function meets(check: Check, value: number): boolean {
  switch (check.kind) {
    case 'threshold':
    case 'ratio':
    case 'count':
      return compare(value, check.op, check.limit);
    case 'range':
      return value >= check.min && value <= check.max;
    case 'sustained':
    case 'failures':
      return !compare(value, check.op, check.limit);
    case 'presence':
      return true;
    default:
      return unreachable(check);
  }
}

/** The interval that was farthest on the wrong side, or least far on the right one; the first such. */
function worstOf<T extends { value: number }>(check: Check, measured: readonly T[]): T | null {
  let worst: T | null = null;
  for (const one of measured) {
    if (worst === null || badness(check, one.value) > badness(check, worst.value)) worst = one;
  }
  return worst;
}

function badness(check: Check, value: number): number {
  switch (check.kind) {
    case 'range':
      return Math.max(check.min - value, value - check.max);
    case 'presence':
      return 0;
    case 'sustained':
    case 'failures':
      return check.op === '==' ? -Math.abs(value - check.limit) : signed(check.op, value);
    default:
      return check.op === '==' ? Math.abs(value - check.limit) : -signed(check.op, value);
  }
}

/** Rises with what `op` asks for. */
function signed(op: '<' | '<=' | '>' | '>=' | '==', value: number): number {
  return op === '<' || op === '<=' ? -value : value;
}
