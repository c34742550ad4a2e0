import type { Plan } from './plan.ts';

/** Stable keeps at least so many times the candidate's share, or it has nothing to give to a baseline. */
const STABLE_TIMES = 10;

/**
 * Percent of all requests that a fresh baseline gets beside a candidate of `candidatePct`: as many, or
 * none. A stable that has run for weeks is not what a process started an hour ago is held against.
 */
export function baselinePct({ baseline }: Pick<Plan, 'baseline'>, candidatePct: number): number {
  if (baseline !== 'fresh' || candidatePct <= 0) return 0;
  return 100 - 2 * candidatePct >= STABLE_TIMES * candidatePct ? candidatePct : 0;
}
