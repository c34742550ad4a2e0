import { firedTrigger } from '../evidence/sustained.ts';
import type { Plan, SoakPhase } from '../plan/plan.ts';
import { failingTooLong } from './gates.ts';
import type { State } from './state.ts';
import { enterStage, phaseOf, type Step, set } from './step.ts';

/**
 * Time AND volume, continuously: a breach sets both to zero, and there they stay while it lasts
 * (intake.ts). Noted whatever else stands still, for health that was interrupted during a pause was
 * interrupted; and in `review` as well, which then starts over.
 */
export function noteSoakBreach(step: Step): boolean {
  const { state, plan, now } = step;
  const phase = phaseOf(plan, state);
  const { stage } = state.position;
  if (phase.kind !== 'soak' || phase.onBreach !== 'restart') return false;
  if (stage !== 'run' && stage !== 'review') return false;
  const breached = whatBreaches(plan, state, phase, now) !== null;
  if (breached === state.soak.breached) return false;
  const restarts = state.soak.restarts + (breached ? 1 : 0);
  const evidence = { ...state.evidence, coveredMs: 0, requests: 0 };
  set(step, { soak: { breached, restarts }, evidence });
  if (breached && stage === 'review') enterStage(step, 'run');
  return true;
}

/** What breaches the soak now, in words; null: nothing does. */
export function whatBreaches(
  plan: Plan,
  state: State,
  phase: SoakPhase,
  now: number,
): string | null {
  if (state.evidence.candidateUp === false) return 'the candidate is down';
  const gate = failingTooLong(plan, state, now);
  if (gate !== null) return `gate ${gate} fails`;
  for (const name of phase.triggers) {
    const trigger = plan.triggers.find((one) => one.name === name);
    const standing = state.evidence.triggers[name];
    if (!trigger || !standing) continue;
    const { fired, text } = firedTrigger(trigger, standing);
    if (fired) return `${name}: ${text}`;
  }
  return null;
}
