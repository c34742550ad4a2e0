import { present } from '../../base/assert.ts';
import { ln } from '../../base/math.ts';
import {
  lnRelevant,
  lnRollbackAtMost,
  type MetricState,
  type Part,
  partsOf,
} from './metric-state.ts';
import type { JudgeSettings, Metric } from './settings.ts';
import { edgeOf, recentSides, type Sides } from './sides.ts';
import { lnCombined } from './stats/combine.ts';

/** The interval at which the candidate was shown worse, and what showed it. */
export interface Crossing {
  seq: number;
  /** ln of the combined e-value of everything above its floor. */
  lnE: number;
  /** The metric that weighed most in it, at its strongest edge. */
  metric: string;
  edge: number | null;
  /** Both tracks since the candidate last looked no worse. */
  recent: Sides;
}

type States = Readonly<Record<string, MetricState>>;

/** Whether the bound is reached now by comparisons whose excess is above their floor. */
export function crossingOf(
  settings: JudgeSettings,
  metrics: readonly Metric[],
  seq: number,
  states: States,
): Crossing | null {
  const threshold = -ln(settings.alpha);
  const lnHorizon = ln(settings.horizonIntervals);
  const acting = metrics.filter(({ advisory, weight }) => !advisory && weight > 0);
  const mayBe = acting.some((one) => lnRollbackAtMost(bodyOf(states, one), lnHorizon) >= threshold);
  // Nearly always this alone tells, at a small part of the cost.
  if (!mayBe) return null;
  const shares = acting.map((metric) => {
    const parts = partsOf(bodyOf(states, metric), settings.horizonIntervals);
    return { metric, parts, weight: metric.weight, lnE: lnRelevant(parts, metric.relevanceFloor) };
  });
  const lnE = lnCombined(shares);
  if (!(lnE >= threshold)) return null;
  const heaviest = shares.reduce((a, b) => {
    const difference = ln(a.weight) + a.lnE - (ln(b.weight) + b.lnE);
    return difference > 0 || (difference === 0 && a.metric.name < b.metric.name) ? a : b;
  });
  const { metric } = heaviest;
  const lead = strongest(heaviest.parts, metric.relevanceFloor);
  return {
    seq,
    lnE,
    metric: metric.name,
    edge: edgeOf(metric, lead),
    recent: recentSides(metric, bodyOf(states, metric), lead),
  };
}

function bodyOf(states: States, { name }: Metric): MetricState['body'] {
  return present(states[name], `the judge never heard of ${name}`).body;
}

/** Of the comparisons above the floor the one with the largest e-value; of equal ones the first. */
function strongest(parts: readonly Part[], floor: number): number {
  let lead = -1;
  parts.forEach(({ lnE, excess }, index) => {
    if (excess === null || !(excess > floor)) return;
    if (lead < 0 || lnE > (parts[lead]?.lnE ?? -Infinity)) lead = index;
  });
  return lead;
}
