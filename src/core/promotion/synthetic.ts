import type { Plan } from '../plan/plan.ts';
import type { State } from './state.ts';

/** Said behind every verdict that rests on generated load. */
export const SYNTHETIC = 'measured on generated load';

/** Whether anything measured so far rests on generated requests; verdicts and decisions say it. */
export function restsOnLoad(plan: Plan, state: State): boolean {
  return plan.phases.slice(0, state.position.phase + 1).some(({ traffic }) => traffic === 'load');
}
