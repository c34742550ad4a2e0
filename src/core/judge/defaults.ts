import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { JudgeSettings, Metric } from './settings.ts';

/** At most 1 % of healthy releases are rolled back, at most 5 % of bad ones promoted by a metric. */
const ALPHA = 0.01;
const ALPHA_PROMOTE = 0.05;
const ALPHA_SPLIT = 0.01;

const PSI_GRID: readonly number[] = [1.05, 1.1, 1.2, 1.35, 1.5, 2, 3, 5, 10];
const DISPERSION_BLOCKS: readonly number[] = [1, 5, 15, 30, 60];
const DISPERSION_INTERVALS_MIN = 1440;

/** `horizonIntervals`: the longest that the plan's phases with two tracks can last. */
export function defaultSettings(horizonIntervals: number): JudgeSettings {
  return {
    alpha: ALPHA,
    alphaPromote: ALPHA_PROMOTE,
    psiGrid: PSI_GRID,
    horizonIntervals,
    dispersion: {
      kind: 'measured',
      blocks: DISPERSION_BLOCKS,
      intervalsMin: DISPERSION_INTERVALS_MIN,
    },
    alphaSplit: ALPHA_SPLIT,
  };
}

/** Everything of a metric but its name, kind, unit and edges. */
export const METRIC_DEFAULTS = {
  worse: 'higher',
  required: true,
  advisory: false,
  marginRelative: 0.25,
  marginAbsolute: 0.001,
  relevanceFloor: 0.001,
} as const satisfies Partial<Metric>;

/** Shares of the rollback budget by name; the others share what is left equally. */
const SHARES: Readonly<Record<string, number>> = { errors: 0.4, latency: 0.4 };
const SHARE_OF_THE_REST = 0.2;

/** A metric whose weight the plan may leave open. */
export type OpenMetric = Omit<Metric, 'weight'> & { weight: number | null };

/**
 * Fills the weights left open, so that all sum to 1: `errors` and `latency` count 0.4 each, the
 * others 0.2 together, scaled to what the given ones leave. Advisory metrics get 0. `invalid-file`
 * where the given weights leave nothing for the open ones, or do not sum to 1 by themselves.
 */
export function fillWeights(metrics: readonly OpenMetric[]): Result<Metric[]> {
  const acting = metrics.filter(({ advisory }) => !advisory);
  const open = acting.filter(({ weight }) => weight === null);
  const others = open.filter(({ name }) => !Object.hasOwn(SHARES, name)).length;
  const shareOf = ({ name }: OpenMetric): number =>
    Object.hasOwn(SHARES, name) ? (SHARES[name] ?? 0) : SHARE_OF_THE_REST / others;
  const given = acting.reduce((sum, { weight }) => sum + (weight ?? 0), 0);
  const left = 1 - given;
  if (open.length > 0 && !(left > 0)) {
    return fail(problem('invalid-file', `the weights given sum to ${given}: nothing is left`));
  }
  if (open.length === 0 && acting.length > 0 && !(Math.abs(left) <= 1e-9)) {
    return fail(problem('invalid-file', `the weights sum to ${given}, not to 1`));
  }
  const shares = open.reduce((sum, one) => sum + shareOf(one), 0);
  return ok(
    metrics.map((metric) => {
      if (metric.advisory) return { ...metric, weight: 0 };
      const weight = metric.weight ?? (left * shareOf(metric)) / shares;
      return { ...metric, weight };
    }),
  );
}
