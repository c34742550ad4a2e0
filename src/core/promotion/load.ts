import type { Load, Plan } from '../plan/plan.ts';
import { wantedPct } from './forward.ts';
import type { State } from './state.ts';
import { phaseOf } from './step.ts';

/** Requests that are made for the promotion, and where they go in. */
export interface LoadOrder extends Load {
  /** door: as anyone's, split by weight. candidate: to it alone, while it has no share. */
  to: 'door' | 'candidate';
}

/** The load that has to run now; null: none. A property of the state, so that no effect can lose it. */
export function loadWanted(plan: Plan, state: State): LoadOrder | null {
  if (state.outcome !== null || state.back !== null || state.candidate !== 'running') return null;
  const { stage } = state.position;
  if (stage === 'before' || stage === 'start' || stage === 'adopt') return null;
  const { load } = phaseOf(plan, state);
  if (load === null) return null;
  // A share that is on its way already means the door: no request is the candidate's before it.
  const share = wantedPct(plan, state) ?? state.weights.candidate;
  return { ...load, to: share > 0 ? 'door' : 'candidate' };
}
