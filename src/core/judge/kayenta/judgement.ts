import type { Metric } from '../settings.ts';
import { classify, KAYENTA_RULE } from './classify.ts';
import { mean } from './effect-size.ts';
import type { KayentaPoints } from './method.ts';
import { score } from './score.ts';
import { type KayentaSettings, POINTS_MIN } from './settings.ts';
import type { KayentaFinding, KayentaJudgement } from './verdict.ts';

/**
 * Judges the points of a window. Each metric is a group of its own and weighs its share of the
 * plan's; those without data are left out and the others' shares scaled, where Kayenta counts them
 * as passed: the caller must not promote then. Advisory metrics are classified and not scored.
 */
export function judgementOf(
  settings: KayentaSettings,
  metrics: readonly Metric[],
  points: Readonly<Record<string, KayentaPoints>>,
  when: Pick<KayentaJudgement, 'seq' | 'intervals' | 'clipped'>,
): KayentaJudgement {
  const findings = metrics.map((metric) => {
    const { stable = [], candidate = [] } = points[metric.name] ?? {};
    return findingOf(settings, metric, stable, candidate);
  });
  return { ...when, score: scoreOf(settings, metrics, findings), findings };
}

function findingOf(
  settings: KayentaSettings,
  metric: Metric,
  stable: readonly (number | null)[],
  candidate: readonly (number | null)[],
): KayentaFinding {
  const below = stable.filter((value) => value !== null);
  const above = candidate.filter((value) => value !== null);
  const rule = {
    ...KAYENTA_RULE,
    tolerance: settings.tolerance,
    confidence: settings.confidence,
    direction: metric.worse === 'higher' ? ('increase' as const) : ('decrease' as const),
  };
  if (below.length < POINTS_MIN || above.length < POINTS_MIN) {
    return {
      metric: metric.name,
      label: 'Nodata',
      stable: { points: below.length, mean: meanOf(below) },
      candidate: { points: above.length, mean: meanOf(above) },
      ...{ ratio: null, interval: null, pValue: null },
    };
  }
  const found = classify(rule, below, above);
  return {
    metric: metric.name,
    label: found.label,
    stable: found.baseline,
    candidate: found.canary,
    ratio: found.effect,
    interval: found.interval,
    pValue: found.pValue,
  };
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : mean(values);
}

/** Null where nothing that weighs had data. */
function scoreOf(
  { pass, marginal }: KayentaSettings,
  metrics: readonly Metric[],
  findings: readonly KayentaFinding[],
): number | null {
  const counted = metrics.flatMap(({ name, advisory, weight }) => {
    const finding = findings.find(({ metric }) => metric === name);
    if (finding === undefined || advisory || weight === 0 || finding.label === 'Nodata') return [];
    return [{ groups: [name], label: finding.label, critical: false, weight }];
  });
  const sum = counted.reduce((total, { weight }) => total + weight, 0);
  if (counted.length === 0) return null;
  const weights = counted.map(({ groups, weight }) => [groups[0], (100 * weight) / sum] as const);
  return score({ pass, marginal, groupWeights: Object.fromEntries(weights) }, counted).score;
}
