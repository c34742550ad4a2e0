import { ln } from '../../base/math.ts';
import type { CheckOutcome } from '../gate/check.ts';
import {
  lnPromotion,
  lnRelevant,
  lnRollback,
  type MetricState,
  type Part,
  partsOf,
} from './metric-state.ts';
import type { JudgeSettings, Metric } from './settings.ts';
import { allSides, edgeOf, type Sides } from './sides.ts';
import type { MetricVerdict } from './verdict.ts';

/** One metric's numbers, and what it would say alone. `newest`: the last interval seen. */
export function metricVerdict(
  settings: JudgeSettings,
  metric: Metric,
  state: MetricState,
  newest: number,
): MetricVerdict {
  const parts = partsOf(state.body, settings.horizonIntervals);
  const lead = strongest(parts);
  const required = metric.required && !metric.advisory;
  const promotion = required ? lnPromotion(state.body, metric.marginAbsolute) : null;
  const lnEPromoteThreshold = -ln(settings.alphaPromote);
  const sides = allSides(metric, state.body, lead);
  return {
    metric: metric.name,
    isValue: metric.kind === 'value',
    advisory: metric.advisory,
    required,
    weight: metric.weight,
    pairs: state.pairs,
    refused: state.refused,
    current: state.pairs > 0 && state.lastSeq === newest,
    ...sides,
    edge: edgeOf(metric, lead),
    ratio: ratioOf(sides),
    lnE: lnRollback(parts),
    lnEPromote: promotion === null ? null : promotion.lnE,
    lnEPromoteThreshold,
    promoteEdge: promotion === null ? null : edgeOf(metric, promotion.comparison),
    excess: largestExcess(parts),
    floor: metric.relevanceFloor,
    ...phiNumbers(state),
    outcome: outcomeOf(settings, metric, state, parts, promotion?.lnE ?? null),
  };
}

/** The comparison with the largest e-value; of equal ones the first. */
function strongest(parts: readonly Part[]): number {
  let lead = 0;
  parts.forEach(({ lnE }, index) => {
    if (lnE > (parts[lead]?.lnE ?? -Infinity)) lead = index;
  });
  return lead;
}

function ratioOf({ stable, candidate }: Sides): number | null {
  if (stable.events === 0 || stable.total === 0 || candidate.total === 0) return null;
  const ratio = candidate.events / candidate.total / (stable.events / stable.total);
  return Number.isFinite(ratio) ? ratio : null;
}

function largestExcess(parts: readonly Part[]): number | null {
  let largest: number | null = null;
  for (const { excess } of parts) {
    if (excess !== null && (largest === null || excess > largest)) largest = excess;
  }
  return largest;
}

/** A value metric rests on signs alone and needs no factor: 1. */
function phiNumbers({ body }: MetricState): Pick<MetricVerdict, 'phi' | 'phiIntervals'> {
  if (body.kind === 'value') return { phi: 1, phiIntervals: 0 };
  let phi: number | null = null;
  for (const one of body.phis) if (phi === null || one > phi) phi = one;
  return { phi, phiIntervals: body.dispersion?.intervals ?? 0 };
}

/** An advisory metric is held against the whole budget, and shows; its result never acts. */
function outcomeOf(
  settings: JudgeSettings,
  metric: Metric,
  state: MetricState,
  parts: readonly Part[],
  lnEPromote: number | null,
): CheckOutcome {
  if (state.pairs === 0) return 'inconclusive';
  const lnWeight = metric.advisory ? 0 : ln(metric.weight);
  const threshold = -ln(settings.alpha);
  if (lnWeight + lnRelevant(parts, metric.relevanceFloor) >= threshold) return 'fail';
  if (lnWeight + lnRollback(parts) >= threshold) return 'warn';
  return lnEPromote !== null && lnEPromote >= -ln(settings.alphaPromote) ? 'pass' : 'inconclusive';
}
