import type { Measurement } from '../evidence/interval.ts';
import type { Entry } from './counted-metric.ts';
import type { Metric } from './settings.ts';
import { advance, type EProcess, startEProcess } from './stats/e-process.ts';
import { advanceRelevance, NOT_RELEVANT, type Relevance } from './stats/relevance.ts';
import {
  advanceScale,
  LAMBDAS,
  lnSymmetric,
  NO_SCALE,
  RELEVANT_LAMBDA,
  type Scale,
} from './stats/symmetric.ts';

/** One value an interval and track: gauges, quantiles, CPU. Compared by its differences' signs and sizes. */
export interface ValueState {
  kind: 'value';
  rollback: EProcess;
  scale: Scale;
  /** The same on differences shifted by the margin: evidence of not being worse. */
  promote: EProcess;
  promoteScale: Scale;
  relevance: Relevance<ValueSum>;
  sum: ValueSum;
}

/** Differences are turned so that above 0 is worse; sizes are the mean of both tracks' |value|. */
export interface ValueSum {
  intervals: number;
  stable: number;
  candidate: number;
  difference: number;
  size: number;
}

const NO_SUM: ValueSum = { intervals: 0, stable: 0, candidate: 0, difference: 0, size: 0 };

/** Sums of values beyond this could leave the range of a double within a release. */
const LARGEST = 1e200;

export function startValue(): ValueState {
  return {
    kind: 'value',
    rollback: startEProcess(LAMBDAS.length),
    scale: NO_SCALE,
    promote: startEProcess(LAMBDAS.length),
    promoteScale: NO_SCALE,
    relevance: NOT_RELEVANT,
    sum: NO_SUM,
  };
}

/**
 * One interval. `equalSize`: both tracks carry the same load; else they cannot be exchanged for one
 * another, the test means nothing, and the pair does not enter.
 */
export function observeValue(
  metric: Metric,
  before: ValueState,
  stable: Measurement | undefined,
  candidate: Measurement | undefined,
  equalSize: boolean,
  mayStart: boolean,
): { state: ValueState; entry: Entry } {
  const low = stable === undefined ? undefined : finiteValue(stable);
  const high = candidate === undefined ? undefined : finiteValue(candidate);
  if (low === null || high === null) return { state: before, entry: 'refused' };
  if (low === undefined || high === undefined || !equalSize) {
    return { state: before, entry: 'absent' };
  }
  return { state: compare(metric, before, low, high, mayStart), entry: 'entered' };
}

function finiteValue(measurement: Measurement): number | null {
  if (measurement.kind !== 'value') return null;
  return Math.abs(measurement.value) <= LARGEST ? measurement.value : null;
}

function compare(
  metric: Metric,
  before: ValueState,
  stable: number,
  candidate: number,
  mayStart: boolean,
): ValueState {
  const difference = metric.worse === 'higher' ? candidate - stable : stable - candidate;
  const spare = metric.marginRelative * Math.abs(stable) - difference;
  const size = (Math.abs(stable) + Math.abs(candidate)) / 2;
  const increment: ValueSum = { intervals: 1, stable, candidate, difference, size };
  const lnRelevant = lnSymmetric(difference, before.scale, RELEVANT_LAMBDA);
  return {
    kind: 'value',
    rollback: advance(before.rollback, lnFactors(difference, before.scale), mayStart),
    scale: advanceScale(before.scale, difference),
    promote: advance(before.promote, lnFactors(spare, before.promoteScale), false),
    promoteScale: advanceScale(before.promoteScale, spare),
    relevance: advanceRelevance(before.relevance, lnRelevant, increment, addSums),
    sum: addSums(before.sum, increment),
  };
}

function lnFactors(difference: number, scale: Scale): number[] {
  return LAMBDAS.map((lambda) => lnSymmetric(difference, scale, lambda));
}

function addSums(a: ValueSum, b: ValueSum): ValueSum {
  return {
    intervals: a.intervals + b.intervals,
    stable: a.stable + b.stable,
    candidate: a.candidate + b.candidate,
    difference: a.difference + b.difference,
    size: a.size + b.size,
  };
}

/** The mean difference as a part of the values' mean size, so that no unit is left; 0 of nothing. */
export function excessPart({ difference, size }: ValueSum): number {
  return size === 0 ? 0 : difference / size;
}
