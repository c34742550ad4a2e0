import { betaInverse } from '../../src/base/special-functions.ts';

/** A share of releases with its exact (Clopper-Pearson) two-sided 95 % interval. */
export interface Share {
  count: number;
  of: number;
  low: number;
  high: number;
  /** One-sided 95 % upper bound: what a bar is held against. 0 of 299 shows at most 1 %. */
  upper: number;
}

export function share(count: number, of: number): Share {
  const high = (level: number): number =>
    count === of ? 1 : betaInverse(count + 1, of - count, level);
  const low = count === 0 ? 0 : betaInverse(count, of - count + 1, 0.025);
  return { count, of, low, high: high(0.975), upper: high(0.95) };
}

/** Minutes until something happened, over releases; what did not happen counts as Infinity. */
export interface Delay {
  found: Share;
  median: number;
  /** 95 % interval of the median by order statistics. */
  medianLow: number;
  medianHigh: number;
  p90: number;
  /** Mean of min(delay, limit). */
  restrictedMean: number;
  /** Part of the releases after each of MILESTONES_MIN. */
  foundBy: readonly number[];
}

export const MILESTONES_MIN: readonly number[] = [5, 15, 60, 240, 1_440, 4_320];

export function delayOf(minutes: readonly (number | null)[], limit: number): Delay {
  const sorted = minutes.map((one) => one ?? Infinity).sort((a, b) => a - b);
  const n = sorted.length;
  const found = sorted.filter((one) => one < Infinity).length;
  const spread = 0.98 * Math.sqrt(n);
  return {
    found: share(found, n),
    median: quantile(sorted, 0.5),
    medianLow: at(sorted, Math.floor(n / 2 - spread)),
    medianHigh: at(sorted, Math.ceil(n / 2 + spread)),
    p90: quantile(sorted, 0.9),
    restrictedMean: sorted.reduce((sum, one) => sum + Math.min(one, limit), 0) / n,
    foundBy: MILESTONES_MIN.map((minutes) => sorted.filter((one) => one <= minutes).length / n),
  };
}

/** The least value that so large a part of all reaches: whole minutes stay whole. */
export function quantile(sorted: readonly number[], part: number): number {
  return at(sorted, Math.ceil(part * sorted.length) - 1);
}

function at(sorted: readonly number[], index: number): number {
  return sorted[Math.min(Math.max(index, 0), sorted.length - 1)] ?? Number.NaN;
}

/**
 * 0 where too many healthy releases are rolled back, else the share detected, less for each minute
 * that it took: 1 - ln(1 + d) / ln(1 + horizon), d the restricted mean of those detected.
 */
export function scoreOf(falseAlarms: Share, delay: Delay, horizon: number): number {
  if (falseAlarms.upper > FALSE_ALARMS_MAX) return 0;
  const detected = delay.found.count / delay.found.of;
  if (detected === 0) return 0;
  const missed = (1 - detected) * horizon;
  const mean = (delay.restrictedMean - missed) / detected;
  return detected * (1 - Math.log(1 + mean) / Math.log(1 + horizon));
}

export const FALSE_ALARMS_MAX = 0.015;
