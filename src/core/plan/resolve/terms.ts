import type { SourcePath } from '../../file/source-node.ts';
import type { Statistic } from '../../gate/check.ts';
import type { Metric } from '../../judge/settings.ts';
import { quoteValue } from '../finding.ts';
import { type MetricTerm, usualStatistic } from '../grammar/metric-term.ts';
import { inUnit, type Quantity } from '../grammar/quantity.ts';
import { meant } from '../nearest.ts';
import type { Scope } from './scope.ts';

const STATISTICS: Readonly<Record<Metric['kind'], readonly Statistic[]>> = {
  rate: ['rate', 'count'],
  histogram: ['p50', 'p95', 'p99', 'count'],
  value: ['last', 'mean', 'max', 'min', 'count'],
};

/** The metric that a term names and what of it is looked at; null (and reported) where it can't be. */
export function resolveTerm(
  scope: Scope,
  path: SourcePath,
  term: MetricTerm,
  metrics: readonly Metric[],
): { metric: Metric; statistic: Statistic } | null {
  const metric = metrics.find(({ name }) => name === term.metric);
  if (metric === undefined) {
    const message = `unknown metric ${quoteValue(term.metric)}`;
    const known = metrics.map(({ name }) => name);
    scope.report(path, { code: 'unknown-metric', message, hint: meant(term.metric, known) });
    return null;
  }
  const allowed = STATISTICS[metric.kind];
  const statistic = term.statistic ?? usualStatistic(metric.kind);
  if (statistic !== null && allowed.includes(statistic)) return { metric, statistic };
  const found = statistic === null ? 'none' : `"${statistic}"`;
  const message = `expected one of ${allowed.join(', ')} for the ${metric.kind} "${metric.name}", found ${found}`;
  scope.report(path, { code: 'wrong-statistic', message });
  return null;
}

/** Unit of a statistic: a rate is a share, a count has none. */
export function unitOf(metric: Metric, statistic: Statistic): string {
  return statistic === 'rate' || statistic === 'count' ? '' : metric.unit;
}

/** The number in the unit of what it limits; null (and reported) where the units don't fit. */
export function resolveQuantity(
  scope: Scope,
  path: SourcePath,
  quantity: Quantity,
  unit: string,
): number | null {
  const value = inUnit(quantity, unit);
  if (value !== null) return value;
  const expected = unit === '' ? 'a number without a unit, or percent' : `a number in ${unit}`;
  const message = `expected ${expected}, found "${quantity.value}${quantity.unit}"`;
  scope.report(path, { code: 'wrong-unit', message });
  return null;
}
