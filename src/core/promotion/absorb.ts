import type { Interval } from '../evidence/interval.ts';
import type { Plan } from '../plan/plan.ts';
import { takeInterval } from './intake.ts';
import type { State } from './state.ts';
import type { Step } from './step.ts';

/**
 * What an interval adds that moved nothing: how rows between two leaves are told again. An interval
 * that did move something has a leaf of its own and goes through `transition`.
 */
export function absorb(plan: Plan, state: State, interval: Interval): State {
  const step: Step = { plan, now: interval.endMs, state, effects: [] };
  takeInterval(step, interval);
  return step.state;
}
