import type { JudgeSettings, Metric } from './settings.ts';

/** Rounding of decimal weights such as 0.4 + 0.4 + 0.2. */
const WEIGHT_ROUNDING = 1e-9;

/** Everything that makes the judge's guarantee void, one line each; empty when all holds. */
export function settingsFaults(settings: JudgeSettings, metrics: readonly Metric[]): string[] {
  return [
    ...budgetFaults(settings),
    ...dispersionFaults(settings),
    ...splitFaults(settings, metrics),
    ...metricsFaults(metrics),
  ];
}

/** What of it concerns the metrics, whatever the method. */
export function metricsFaults(metrics: readonly Metric[]): string[] {
  return [...metrics.flatMap(metricFaults), ...togetherFaults(metrics)];
}

function budgetFaults(settings: JudgeSettings): string[] {
  const faults: string[] = [];
  for (const name of ['alpha', 'alphaPromote', 'alphaSplit'] as const) {
    const value = settings[name];
    if (!(value > 0 && value < 1)) faults.push(`${name} lies between 0 and 1`);
  }
  const { psiGrid, horizonIntervals } = settings;
  if (psiGrid.length === 0 || !psiGrid.every((psi) => psi > 1 && psi <= 1e6)) {
    faults.push('psiGrid holds at least one ratio, each above 1');
  }
  if (!Number.isSafeInteger(horizonIntervals) || horizonIntervals < 1) {
    faults.push('horizonIntervals is a whole number of at least 1');
  }
  return faults;
}

function dispersionFaults({ dispersion }: JudgeSettings): string[] {
  if (dispersion.kind === 'assumed') {
    return dispersion.phi >= 1 && dispersion.phi < Infinity
      ? []
      : ['the dispersion factor is at least 1'];
  }
  const whole = (value: number): boolean => Number.isSafeInteger(value) && value >= 1;
  const { blocks, intervalsMin } = dispersion;
  if (blocks.length === 0 || !blocks.every(whole)) {
    return ['blocks of the dispersion are whole numbers of intervals, at least one'];
  }
  const longest = blocks.reduce((a, b) => Math.max(a, b));
  return whole(intervalsMin) && intervalsMin >= 2 * longest
    ? []
    : ['intervalsMin of the dispersion is at least twice its longest block'];
}

function splitFaults({ splitMetric }: JudgeSettings, metrics: readonly Metric[]): string[] {
  if (splitMetric === undefined) return [];
  const named = metrics.find(({ name }) => name === splitMetric);
  if (named === undefined) return [`the split is counted by "${splitMetric}", which is no metric`];
  return named.kind === 'value' ? [`the split is counted by "${splitMetric}", a gauge`] : [];
}

function metricFaults(metric: Metric): string[] {
  const faults: string[] = [];
  const say = (text: string): number => faults.push(`${metric.name}: ${text}`);
  const { weight, advisory, edges, kind } = metric;
  if (!(weight >= 0 && weight <= 1)) say('its weight lies between 0 and 1');
  if (advisory && weight !== 0) say('an advisory metric has weight 0');
  if (!(metric.marginRelative > 0 && metric.marginRelative <= 1e6)) {
    say('marginRelative is above 0');
  }
  if (!(metric.marginAbsolute >= 0 && metric.marginAbsolute < 1)) {
    say('marginAbsolute is a share of requests below 1');
  }
  if (!(metric.relevanceFloor >= 0 && metric.relevanceFloor < Infinity)) {
    say('relevanceFloor is at least 0');
  }
  const rising = edges.every(
    (edge, index) => Number.isFinite(edge) && edge > (edges[index - 1] ?? -Infinity),
  );
  if (kind === 'histogram' && (edges.length === 0 || !rising)) {
    say('a histogram has at least one edge, finite and rising');
  }
  if (kind !== 'histogram' && edges.length > 0) say('only a histogram has edges');
  return faults;
}

function togetherFaults(metrics: readonly Metric[]): string[] {
  const faults: string[] = [];
  const names = new Set(metrics.map(({ name }) => name));
  if (names.size < metrics.length) faults.push('every metric has a name of its own');
  // A name that every object already answers to would be found where nothing was measured.
  if (names.has('__proto__')) faults.push('no metric is called __proto__');
  const sum = metrics
    .map(({ weight }) => weight)
    .sort((a, b) => a - b)
    .reduce((a, b) => a + b, 0);
  if (metrics.some(({ advisory }) => !advisory) && !(Math.abs(sum - 1) <= WEIGHT_ROUNDING)) {
    faults.push(`the weights of all metrics sum to 1, not ${sum}`);
  }
  return faults;
}
