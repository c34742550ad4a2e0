import { type CleaningRule, cleaned } from './clean.ts';
import { type EffectMeasure, effectSize, mean } from './effect-size.ts';
import { exactInterval } from './exact-interval.ts';
import { brentInterval, rankSumTest, type ShiftInterval } from './mann-whitney.ts';

/** How Kayenta's judge looks at one metric. */
export interface KayentaRule extends CleaningRule {
  /** Part of the estimated shift that the interval's near end must exceed. */
  tolerance: number;
  /** Two-sided confidence of the interval. */
  confidence: number;
  /** Which change is one for the worse. */
  direction: 'increase' | 'decrease' | 'either';
  effect: EffectMeasure;
  /** Effect sizes that a change must reach to count at all. */
  allowedIncrease: number;
  allowedDecrease: number;
  /** A critical metric past these fails the whole judgement. */
  critical: boolean;
  criticalIncrease: number;
  criticalDecrease: number;
  /** Without data the metric fails, rather than being left out of its group. */
  mustHaveData: boolean;
  /** brent: as Kayenta computes it, with its absolute tolerance; exact: in any unit. */
  interval: 'brent' | 'exact';
}

/** What Kayenta does where a metric of its configuration says nothing. */
export const KAYENTA_RULE: KayentaRule = {
  tolerance: 0.25,
  confidence: 0.98,
  direction: 'either',
  nan: 'remove',
  outliers: 'keep',
  outlierFactor: 3,
  effect: 'meanRatio',
  allowedIncrease: 1,
  allowedDecrease: 1,
  critical: false,
  criticalIncrease: 1,
  criticalDecrease: 1,
  mustHaveData: false,
  interval: 'brent',
};

/** Kayenta's own words for what it found on a metric. */
export type KayentaLabel = 'Pass' | 'High' | 'Low' | 'Nodata' | 'NodataFailMetric';

/** One metric's finding, with every number behind it. */
export interface Classified {
  label: KayentaLabel;
  /** It fails the whole judgement by itself. */
  critical: boolean;
  /** Of what was left after cleaning; mean null where nothing was. */
  baseline: { points: number; mean: number | null };
  canary: { points: number; mean: number | null };
  /** Null where no test was made: no data, or nothing that differs. */
  interval: ShiftInterval | null;
  pValue: number | null;
  /** Null where it has no size, and then no threshold on it holds a change back. */
  effect: number | null;
}

/**
 * Kayenta's NetflixACAJudge on one metric: the values of both groups, one an interval; NaN where an
 * interval has none. The groups need not be of one length.
 */
export function classify(
  rule: KayentaRule,
  baseline: readonly number[],
  canary: readonly number[],
): Classified {
  const y = cleaned(baseline, rule);
  const x = cleaned(canary, rule);
  const nothing: Classified = {
    label: 'Pass',
    critical: false,
    baseline: { points: y.length, mean: y.length === 0 ? null : mean(y) },
    canary: { points: x.length, mean: x.length === 0 ? null : mean(x) },
    interval: null,
    pValue: null,
    effect: null,
  };
  if (y.length === 0 || x.length === 0) return { ...nothing, ...withoutData(rule) };
  if (isSame(y, x)) return nothing;
  const interval = intervalOf(rule, y, x);
  const effect = effectSize(rule.effect, y, x);
  const found = { ...nothing, interval, effect, pValue: rankSumTest(y, x).pValue };
  const least = rule.tolerance * Math.abs(interval.estimate);
  const { direction } = rule;
  const rose = direction !== 'decrease' && interval.lower > least;
  if (rose && (effect === null || effect >= rule.allowedIncrease)) {
    const past = effect === null || effect >= rule.criticalIncrease;
    return { ...found, label: 'High', critical: rule.critical && past };
  }
  const fell = direction !== 'increase' && interval.upper < -least;
  if (fell && (effect === null || effect <= rule.allowedDecrease)) {
    const past = effect === null || effect <= rule.criticalDecrease;
    return { ...found, label: 'Low', critical: rule.critical && past };
  }
  return found;
}

/** A group left without values passes where values are replaced: so Kayenta has it. */
function withoutData({ nan, critical, mustHaveData }: KayentaRule): Partial<Classified> {
  if (nan === 'replace') return { label: 'Pass' };
  if (critical) return { label: 'Nodata', critical: true };
  return { label: mustHaveData ? 'NodataFailMetric' : 'Nodata' };
}

/** The same values in any order, or one value in all: nothing to test. */
function isSame(y: readonly number[], x: readonly number[]): boolean {
  if (isConstant(y) && isConstant(x) && y[0] === x[0]) return true;
  if (y.length !== x.length) return false;
  const ys = y.toSorted((a, b) => a - b);
  const xs = x.toSorted((a, b) => a - b);
  return xs.every((value, index) => value === ys[index]);
}

function isConstant(values: readonly number[]): boolean {
  return values.every((value) => value === values[0]);
}

/**
 * Of two constants Kayenta makes samples by adding noise of 1e-5 of their size, without a seed;
 * here the shift is what such noise is spread around, so the same data always tells the same.
 */
function intervalOf(rule: KayentaRule, y: readonly number[], x: readonly number[]): ShiftInterval {
  if (isConstant(y) && isConstant(x)) {
    const estimate = (x[0] ?? 0) - (y[0] ?? 0);
    return { lower: estimate, upper: estimate, estimate };
  }
  const compute = rule.interval === 'exact' ? exactInterval : brentInterval;
  return compute(y, x, rule.confidence);
}
