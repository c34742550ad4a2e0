import type { Interval } from '../evidence/interval.ts';
import { baselinePct } from '../plan/baseline.ts';
import type { Plan } from '../plan/plan.ts';

/** As it goes into an order; nothing where there is no baseline. */
export function baselineShare(plan: Plan, candidatePct: number): { baselinePct?: number } {
  const pct = baselinePct(plan, candidatePct);
  return pct === 0 ? {} : { baselinePct: pct };
}

export function withBaseline({ baseline }: Plan): { baseline?: true } {
  return baseline === 'fresh' ? { baseline: true } : {};
}

/** A baseline that was ordered and that the source says nothing of was not there: stable does not do. */
export function baselineExpected(plan: Plan, interval: Interval): Interval {
  const isMissing = interval.baseline === undefined;
  if (!isMissing || baselinePct(plan, interval.candidatePct ?? 0) === 0) return interval;
  return { ...interval, baseline: null };
}
