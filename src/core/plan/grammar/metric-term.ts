import type { Track } from '../../evidence/interval.ts';
import type { Statistic } from '../../gate/check.ts';

/** `p95(rtt)`, `errors.rate` or `errors`: what of a metric is looked at. */
export interface MetricTerm {
  metric: string;
  /** null: the metric's usual one (rate of a rate, last of a value). */
  statistic: Statistic | null;
}

export const TERM_PATTERN = '[a-z][a-z0-9]*\\s*\\([^)]*\\)|[a-z][a-z0-9_-]*(?:\\.[a-z0-9]+)?';

const CALL = /^([a-z][a-z0-9]*)\s*\(\s*([a-z][a-z0-9_-]*)\s*\)$/;
const DOTTED = /^([a-z][a-z0-9_-]*)(?:\.([a-z0-9]+))?$/;

export function parseMetricTerm(text: string): MetricTerm | null {
  const call = CALL.exec(text.trim());
  if (call?.[1] !== undefined && call[2] !== undefined) {
    return isStatistic(call[1]) ? { metric: call[2], statistic: call[1] } : null;
  }
  const [, metric, statistic] = DOTTED.exec(text.trim()) ?? [];
  if (metric === undefined) return null;
  if (statistic === undefined) return { metric, statistic: null };
  return isStatistic(statistic) ? { metric, statistic } : null;
}

/** What is meant where nothing is said; a histogram has no usual one. */
export function usualStatistic(kind: 'rate' | 'histogram' | 'value'): Statistic | null {
  if (kind === 'histogram') return null;
  return kind === 'rate' ? 'rate' : 'last';
}

const STATISTICS: ReadonlySet<string> = new Set<Statistic>([
  'rate',
  'p50',
  'p95',
  'p99',
  'mean',
  'max',
  'min',
  'last',
  'count',
]);

function isStatistic(text: string): text is Statistic {
  return STATISTICS.has(text);
}

export function isTrack(text: string | undefined): text is Track {
  return text === 'stable' || text === 'candidate';
}
