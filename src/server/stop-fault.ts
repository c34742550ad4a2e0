import type { Controller } from '../app-controller.ts';
import { formatDuration } from '../base/duration.ts';
import { type Problem, problem } from '../base/problem.ts';

type Promotion = Pick<Controller['engine']['promotions'][number], 'id' | 'plan' | 'state'>;

/**
 * Why the controller should not be stopped now: nobody would judge a candidate that has traffic, and
 * the splitter would soon apply the fallback. null: nothing is at stake.
 */
export function stopFault(promotions: readonly Promotion[]): Problem | null {
  const exposed = promotions.filter(
    ({ state }) => state.outcome === null && state.weights.candidate > 0,
  );
  if (exposed.length === 0) return null;
  const lines = exposed.map(({ id, plan, state }) => {
    const { stable, candidate } = state.fallback;
    const after = formatDuration(plan.controllerLossMs);
    return `${id}: its candidate has ${state.weights.candidate} %; after ${after} without a controller the splitter applies the fallback: stable ${stable} %, candidate ${candidate} %`;
  });
  const hint = 'wait until it has ended, abort it, or stop with --force';
  return problem('conflict', lines.join('\n'), hint);
}
