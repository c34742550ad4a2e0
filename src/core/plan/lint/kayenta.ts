import { formatDuration } from '../../../base/duration.ts';
import { POINTS_MIN } from '../../judge/kayenta/settings.ts';
import { isKayenta } from '../../judge/method-settings.ts';
import type { Plan } from '../plan.ts';
import type { Scope } from '../resolve/scope.ts';
import { warning } from './rule.ts';

/** Measured with independent noise of a fifth of the mean, at the default confidence and tolerance. */
const WEAKNESS = 'of 30 values it finds a rise by a fifth in 60 of 100 cases, of 10 values in 11';

/** Judgements of Kayenta's method that rest on too little, or come too late. */
export function fewPoints(
  scope: Scope,
  { judge, phases, intervalMs }: Pick<Plan, 'judge' | 'phases' | 'intervalMs'>,
): void {
  if (!isKayenta(judge)) return;
  const { everyIntervals } = judge;
  if (everyIntervals < POINTS_MIN) {
    const message = `judgements before ${POINTS_MIN} intervals are there stay inconclusive: ${WEAKNESS}`;
    const hint = `every: ${POINTS_MIN} or more`;
    scope.reportKey(['judge', 'every'], warning('few-points', message, hint));
  }
  const firstMs = Math.ceil(POINTS_MIN / everyIntervals) * everyIntervals * intervalMs;
  for (const [index, phase] of phases.entries()) {
    if (phase.kind !== 'canary' || !phase.judged || phase.durationMs >= firstMs) continue;
    const lasts = formatDuration(phase.durationMs);
    const message = `the first judgement comes after ${formatDuration(firstMs)}, the canary lasts ${lasts}`;
    const hint = 'a longer canary, or a shorter interval';
    scope.reportKey(['phases', index], warning('judged-late', message, hint));
    // Later canaries are judged by what the first has gathered.
    return;
  }
}
