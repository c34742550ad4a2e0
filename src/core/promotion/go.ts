import type { Plan } from '../plan/plan.ts';
import type { Weights } from './effect.ts';
import { freezeAt } from './freeze.ts';
import type { Decided, OpenCondition, State } from './state.ts';

/** The decision to release that is in force: the newest GO or CONDITIONAL that was not revoked. */
export function goInForce(state: State): Decided | null {
  const found = state.decisions.findLast(
    ({ subject, outcome, revoked }) =>
      subject === 'release' && outcome !== 'NO-GO' && revoked === null,
  );
  return found ?? null;
}

/** A GO is old news after the plan's `goMaxAgeMs`: it can't raise a weight any more. */
export function goIsFresh(plan: Plan, state: State, now: number): boolean {
  const go = goInForce(state);
  return go !== null && now < go.atMs + plan.goMaxAgeMs;
}

/** What every CONDITIONAL in force left open or had met: of the release and of a confirmation. */
export function conditionsOf(state: State): readonly OpenCondition[] {
  return state.decisions.flatMap(({ revoked, conditions }) => (revoked === null ? conditions : []));
}

export type RaiseBar = 'stands-still' | 'freeze' | 'no-fresh-go';

/**
 * Why the candidate's share may not rise to `weights` now; null: it may, or it would not rise. Asked
 * before each sending of an order, the repeated ones too: an order that waited for its driver through
 * a weekend would otherwise go live under a GO that ended on Saturday.
 */
export function whatBarsRaise(
  plan: Plan,
  state: State,
  weights: Weights,
  now: number,
): RaiseBar | null {
  if (weights.candidate <= state.weights.candidate) return null;
  const { paused, hold, drift } = state;
  if (paused !== null || hold !== null || drift !== null) return 'stands-still';
  if (freezeAt(plan.freezes, now) !== null) return 'freeze';
  const needsGo = weights.candidate === 100 && plan.decision === 'signed';
  return needsGo && !goIsFresh(plan, state, now) ? 'no-fresh-go' : null;
}

/** The decision phase at or before the position that gives the GO; null: the plan has none. */
export function decisionPhaseBefore(plan: Plan, state: State): number | null {
  for (let index = state.position.phase; index >= 0; index -= 1) {
    const phase = plan.phases[index];
    if (phase?.kind === 'decision' && phase.subject === 'release') return index;
  }
  return null;
}
