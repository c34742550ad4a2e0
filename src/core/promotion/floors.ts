import type { CanaryPhase, SoakPhase } from '../plan/plan.ts';
import type { State } from './state.ts';

/** What evidence has still to show before the phase may be left, time apart; empty: nothing. */
export function unmetFloors(phase: SoakPhase | CanaryPhase, state: State): string[] {
  const { requests } = state.evidence;
  const floors: string[] = [];
  if (requests < phase.requestsMin) {
    floors.push(`${requests} of ${phase.requestsMin} requests at the candidate`);
  }
  if (phase.kind === 'canary' && phase.judged && state.verdict !== 'promote') {
    floors.push(`the judge says ${state.verdict ?? 'nothing yet'}, not promote`);
  }
  return floors;
}

/** On scaled time volume cannot come up: a rehearsal goes on, and says what would have blocked it. */
export function withoutFloors(phase: SoakPhase | CanaryPhase, state: State): boolean {
  return state.rehearsal || unmetFloors(phase, state).length === 0;
}
