import { baselinePct } from '../baseline.ts';
import type { Plan } from '../plan.ts';
import type { Scope } from '../resolve/scope.ts';
import { error, type Rule, rule } from './rule.ts';

/** Whether a fresh baseline, where the plan asks for one, would ever have traffic and be measured. */
export const BASELINE_RULES: readonly Rule[] = [
  rule(['judge', 'phases'], hasTraffic),
  rule(['judge', 'measurements'], isMeasured),
];

function hasTraffic(scope: Scope, plan: Pick<Plan, 'phases' | 'baseline'>): void {
  const { phases, baseline } = plan;
  if (baseline !== 'fresh') return;
  const weights = phases.flatMap((phase) => {
    if (phase.kind === 'canary') return [phase.weightPct];
    return phase.kind === 'rollout' ? phase.steps.map(({ weightPct }) => weightPct) : [];
  });
  if (weights.some((weightPct) => baselinePct(plan, weightPct) > 0)) return;
  const message = 'stable never carries ten times the traffic of the candidate and its baseline';
  const hint = 'a canary of at most 8 %, or leave judge.baseline out';
  scope.report(['judge', 'baseline'], error('baseline-without-traffic', message, hint));
}

/** A Prometheus is asked for stable and for the candidate, by a label that only they have. */
function isMeasured(
  scope: Scope,
  { measurements, baseline }: Pick<Plan, 'measurements' | 'baseline'>,
): void {
  if (baseline !== 'fresh') return;
  const asked = measurements.find(({ from }) => from.source === 'prometheus');
  if (asked === undefined) return;
  const message = `"${asked.metric}" comes from Prometheus, which knows no baseline`;
  const hint = 'source: splitter or scrape, or leave judge.baseline out';
  scope.report(['judge', 'baseline'], error('baseline-not-measured', message, hint));
}
