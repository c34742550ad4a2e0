import { formatDuration } from '../../base/duration.ts';
import { forecast, type MetricForecast } from '../judge/forecast/forecast.ts';
import type { Stretch } from '../judge/forecast/road.ts';
import { isKayenta } from '../judge/method-settings.ts';
import { percentText, plainText } from '../judge/number-text.ts';
import type { Metric } from '../judge/settings.ts';
import type { Plan } from './plan.ts';

/** What a plan's judge can show with so much traffic. */
export interface TrafficForecast {
  /** Requests a minute, both tracks together. */
  perMinute: number;
  metrics: readonly ForecastOf[];
  /** Metrics that are compared but not forecast. */
  left: readonly string[];
  /** Judged phases that less than half of equal candidates would leave in time, and why. */
  cannot: readonly { phase: string; metric: string; share: number }[];
}

type ForecastOf = MetricForecast & {
  kind: Metric['kind'];
  unit: string;
  required: boolean;
  assumed: 'given' | 'taken for granted';
};

/** Of a rate where nothing else is said. */
const BASE_SHARE = 0.01;
/** A phase that fewer equal candidates leave is no canary but a trap. */
const LEAST_SHARE = 0.5;

/**
 * `bases`: by metric, the share of bad requests or the median that stable is taken to have. Metrics
 * without one: 1 % bad requests; a median in the middle of the edges. Values are not forecast.
 */
export function trafficForecast(
  plan: Plan,
  perMinute: number,
  bases: Readonly<Record<string, number>>,
): TrafficForecast {
  const acting = plan.metrics.filter(({ advisory }) => !advisory);
  const settings = plan.judge;
  const stretches = stretchesOf(plan);
  // Kayenta's verdict rests on the spread of values that no traffic tells.
  if (isKayenta(settings) || stretches.length === 0) {
    return { perMinute, metrics: [], left: acting.map(({ name }) => name), cannot: [] };
  }
  const rule = { settings, requests: (perMinute * plan.intervalMs) / 60_000, stretches };
  const metrics = acting
    .filter(({ kind }) => kind !== 'value')
    .map((metric): ForecastOf => {
      const given = Object.hasOwn(bases, metric.name) ? bases[metric.name] : undefined;
      const { kind, unit, required } = metric;
      const assumed = given === undefined ? 'taken for granted' : 'given';
      const found = forecast(rule, metric, { base: given ?? usualOf(metric) });
      return { ...found, kind, unit, required, assumed };
    });
  const cannot = metrics.flatMap(({ metric, required, promoted }) =>
    promoted
      .filter(({ share }) => required && share < LEAST_SHARE)
      .map(({ phase, share }) => ({ phase, metric, share })),
  );
  const left = acting.filter(({ kind }) => kind === 'value').map(({ name }) => name);
  return { perMinute, metrics, left, cannot };
}

/** The median of a histogram: the geometric middle of its edges. */
function usualOf({ kind, edges }: Metric): number {
  if (kind !== 'histogram') return BASE_SHARE;
  const positive = edges.filter((edge) => edge > 0);
  const [low = 1] = positive;
  return Math.sqrt(low * (positive.at(-1) ?? low));
}

function stretchesOf({ phases, intervalMs }: Plan): Stretch[] {
  const whole = (ms: number): number => Math.floor(ms / intervalMs);
  return phases
    .flatMap((phase): Stretch[] => {
      const { name } = phase;
      if (phase.kind === 'canary') {
        const { weightPct, durationMs, deadlineMs, judged } = phase;
        const intervals = whole(Math.max(durationMs, judged ? (deadlineMs ?? 0) : 0));
        const leastIntervals = whole(durationMs);
        return [{ phase: name, weightPct, intervals, leastIntervals, judged }];
      }
      if (phase.kind !== 'rollout') return [];
      return phase.steps.map(({ weightPct, holdMs }) => {
        const intervals = whole(holdMs);
        return { phase: name, weightPct, intervals, leastIntervals: intervals, judged: false };
      });
    })
    .filter(({ weightPct, intervals }) => weightPct > 0 && weightPct < 100 && intervals > 0);
}

/** For people: a paragraph a metric, then what is in the way. */
export function forecastText(
  { perMinute, metrics, left, cannot }: TrafficForecast,
  intervalMs: number,
): string {
  const lines = [`with ${plainText(perMinute)} requests a minute, independent of one another:`];
  for (const one of metrics) lines.push(...metricLines(one, intervalMs));
  if (left.length > 0) lines.push(`  not forecast: ${left.join(', ')}`);
  for (const { phase, metric, share } of cannot) {
    const found = `by its deadline only ${percentText(share)} of equal candidates are shown not worse`;
    lines.push(`  ${phase} cannot promote: ${found} in ${metric}`);
  }
  return lines.join('\n');
}

function metricLines(one: ForecastOf, intervalMs: number): string[] {
  const { metric, base, unit, required, promoteIntervals, promoted, found, smallestRatio } = one;
  const time = (intervals: number | null): string =>
    intervals === null ? 'never' : `after ${formatDuration(intervals * intervalMs)}`;
  const what =
    one.kind === 'rate'
      ? `${percentText(base)} bad requests`
      : `a median of ${plainText(base)} ${unit}`;
  const ends = promoted.map(
    ({ phase, share }) => `${percentText(share)} by the deadline of ${phase}`,
  );
  const shown = ['an equal candidate is shown not worse ', time(promoteIntervals)];
  if (ends.length > 0) shown.push(`; ${ends.join(', ')}`);
  const effects = found.map(({ ratio, intervals }) => `x${plainText(ratio)} ${time(intervals)}`);
  const least =
    smallestRatio === null ? 'nothing up to x10' : `x${plainText(smallestRatio)} and worse`;
  return [
    `  ${metric}, ${what} (${one.assumed}):`,
    required ? `    ${shown.join('')}` : '    not required for promotion',
    `    a worse one is found: ${effects.join(', ')}`,
    `    nine of ten releases find ${least} in the plan's time`,
  ];
}
