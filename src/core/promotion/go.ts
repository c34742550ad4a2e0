import type { Plan } from '../plan/plan.ts';
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

/** What a CONDITIONAL in force left open or had met. */
export function conditionsOf(state: State): readonly OpenCondition[] {
  return goInForce(state)?.conditions ?? [];
}

/** The decision phase at or before the position that gives the GO; null: the plan has none. */
export function decisionPhaseBefore(plan: Plan, state: State): number | null {
  for (let index = state.position.phase; index >= 0; index -= 1) {
    const phase = plan.phases[index];
    if (phase?.kind === 'decision' && phase.subject === 'release') return index;
  }
  return null;
}
