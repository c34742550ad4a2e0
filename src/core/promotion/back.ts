import type { Plan } from '../plan/plan.ts';
import { withBaseline } from './baseline.ts';
import { ALL_STABLE, isForward } from './effect.ts';
import type { Cause, Outcome, State } from './state.ts';
import { enterStage, isPending, issue, nextGeneration, notify, type Step, set } from './step.ts';

/**
 * Turns the promotion back, once and for good. Everything that goes forward is dropped; what was
 * on its way already is fenced off by the generation of the order that follows.
 * Once adoption has been ordered the old stable may be gone: there is no way back, and false is
 * returned.
 */
export function orderBack(
  step: Step,
  cause: Cause,
  options: { forced?: boolean; withdrawn?: boolean } = {},
): boolean {
  const { state } = step;
  if (state.position.stage === 'adopt') return false;
  const forced = options.forced ?? false;
  if (state.back !== null) {
    if (forced && !state.back.forced) set(step, { back: { ...state.back, forced } });
    return true;
  }
  set(step, {
    back: {
      cause,
      sinceMs: step.now,
      forced,
      withdrawn: options.withdrawn ?? false,
      weightsAtMs: null,
    },
    pending: state.pending.filter(({ effect }) => !isForward(effect)),
    decisions: state.decisions.map((decided) =>
      decided.revoked === null ? { ...decided, revoked: cause.text } : decided,
    ),
    request: null,
    hold: null,
    paused: null,
  });
  enterStage(step, 'back');
  notify(step, levelOf(cause), `${state.promotion} goes back`, cause.text);
  return true;
}

/** So long, in intervals, what was last seen of stable is believed. */
const BELIEVED_INTERVALS = 3;

/** Until when stable's being down is believed without a newer interval. */
export function downUntilMs(plan: Pick<Plan, 'intervalMs'>, state: State): number {
  return state.evidence.lastEndMs + BELIEVED_INTERVALS * plan.intervalMs;
}

/**
 * Why all traffic can't be sent to stable now; null: it can, or a person said so. Once no interval
 * comes any more nobody knows how stable is: missing evidence does not keep a bad candidate.
 */
export function wayOut(plan: Pick<Plan, 'intervalMs'>, state: State, now: number): string | null {
  const { back, evidence } = state;
  if (back === null || back.forced || back.weightsAtMs !== null) return null;
  // Stable has all the traffic already: it can be no worse by keeping it.
  if (state.weights.candidate === 0) return null;
  if (evidence.stableUp !== false || evidence.candidateUp === false) return null;
  if (now >= downUntilMs(plan, state)) return null;
  return 'stable is known to be down: sending it all traffic would be the outage';
}

/** One move on the way back: weights, then the candidate's process, then the outcome. */
export function goBack(step: Step): boolean {
  const { state } = step;
  const { back } = state;
  if (back === null) return false;
  if (state.generation === state.firstGeneration) return end(step, true);
  if (back.weightsAtMs === null) {
    if (isPending(state, 'set-weights') || wayOut(step.plan, state, step.now) !== null)
      return false;
    const generation = nextGeneration(step);
    issue(step, { kind: 'set-weights', generation, weights: ALL_STABLE, fallback: ALL_STABLE });
    return true;
  }
  if (state.candidate !== 'stopped') {
    if (isPending(state, 'stop')) return false;
    issue(step, { kind: 'stop', generation: nextGeneration(step), ...withBaseline(step.plan) });
    return true;
  }
  return end(step, false);
}

/** Nothing was ever moved: nothing is rolled back, the promotion is withdrawn. */
function end(step: Step, untouched: boolean): boolean {
  const { back } = step.state;
  if (back === null) return false;
  const kind = untouched || back.withdrawn ? 'withdrawn' : 'rolled-back';
  const outcome: Outcome = { kind, cause: back.cause, atMs: step.now };
  set(step, { outcome });
  enterStage(step, 'ended');
  notify(step, levelOf(back.cause), `${step.state.promotion} ${kind}`, back.cause.text);
  return true;
}

/** Nobody is woken up because a rehearsal is over. */
function levelOf({ kind }: Cause): 'info' | 'critical' {
  return kind === 'rehearsed' ? 'info' : 'critical';
}
