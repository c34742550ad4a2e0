import { sqrt } from '../../../base/special-functions.ts';
import { rankSumTest } from './mann-whitney.ts';

export type EffectMeasure = 'meanRatio' | 'cles';

/**
 * How large the difference is, without a unit; null where it has no size. meanRatio: the canary's
 * mean over the baseline's, none where either is 0. cles, the common language effect size: the
 * probability that a canary value exceeds a baseline value, ties counted half.
 */
export function effectSize(
  measure: EffectMeasure,
  baseline: readonly number[],
  canary: readonly number[],
): number | null {
  if (measure === 'cles') {
    return rankSumTest(baseline, canary).u / (baseline.length * canary.length);
  }
  const below = mean(baseline);
  const above = mean(canary);
  return below === 0 || above === 0 ? null : above / below;
}

/** The difference of the means in pooled standard deviations (Cohen 1988); shown, never judged by. */
export function cohenD(a: readonly number[], b: readonly number[]): number | null {
  const spread = sqrt((variance(a) + variance(b)) / 2);
  return spread > 0 ? (mean(b) - mean(a)) / spread : null;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function variance(values: readonly number[]): number {
  const center = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - center) * (value - center), 0);
  return values.length < 2 ? 0 : squares / (values.length - 1);
}
