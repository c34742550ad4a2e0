import { assert, BugError } from '../../base/assert.ts';
import { type Problem, problem } from '../../base/problem.ts';
import type { Plan } from '../plan/plan.ts';
import { apply, open } from './apply.ts';
import type { Effect } from './effect.ts';
import type { PromotionEvent } from './event.ts';
import { progress } from './progress.ts';
import { followClockBack } from './set-back.ts';
import type { State } from './state.ts';
import type { Step } from './step.ts';

export interface Transition {
  state: State;
  /** To be recorded, then carried out, in this order. */
  effects: readonly Effect[];
  /** Set when the event asked for what cannot be: the state is then the old one. */
  refused: Problem | null;
}

/** More moves than any phase makes in one go, hooks and steps included; beyond it the machine circles. */
const MOVES_OF_A_PHASE_MAX = 1_000;

/** What still counts once there is an outcome: the last messages have to be delivered. */
const LAST_EVENTS: ReadonlySet<PromotionEvent['kind']> = new Set([
  'effect-done',
  'effect-failed',
  'evidence',
  'tick',
  'controller-started',
]);

/**
 * The promotion machine. Pure: the same plan, state, event and time give the same result on any
 * machine. The event changes what is known; then the machine makes every move that follows from
 * it. `state` is null only for the first event, `opened`.
 */
export function transition(
  plan: Plan,
  planSha256: string,
  state: State | null,
  event: PromotionEvent,
  now: number,
): Transition {
  if (state === null) {
    assert(event.kind === 'opened', 'a promotion begins with `opened`');
    const step: Step = { plan, now, state: open(plan, planSha256, event, now), effects: [] };
    return settle(step);
  }
  if (state.outcome !== null && !LAST_EVENTS.has(event.kind)) {
    return { state, effects: [], refused: ended(state, event) };
  }
  const step: Step = { plan, now, state, effects: [] };
  followClockBack(step);
  const refused = apply(step, wellFormed(event));
  if (refused !== null) return { state, effects: [], refused };
  return settle(step);
}

/**
 * Text from outside may hold half a character, which JSON in its canonical form does not: what could
 * not be written could not happen, and a rollback would be lost by its reason.
 */
function wellFormed(event: PromotionEvent): PromotionEvent {
  switch (event.kind) {
    case 'command':
      return { ...event, by: event.by.toWellFormed(), reason: event.reason.toWellFormed() };
    case 'incident':
      return { ...event, id: event.id.toWellFormed(), title: event.title.toWellFormed() };
    case 'effect-failed':
      return { ...event, message: event.message.toWellFormed() };
    default:
      return event;
  }
}

/** A person hears that it is over; late observations are passed over. */
function ended(state: State, event: PromotionEvent): Problem | null {
  const isAsked =
    event.kind === 'command' || event.kind === 'sign-off' || event.kind === 'override';
  if (!isAsked) return null;
  return problem('conflict', `${state.promotion} has ended: ${state.outcome?.kind}`);
}

function settle(step: Step): Transition {
  const movesMax = step.plan.phases.length * MOVES_OF_A_PHASE_MAX;
  for (let moves = 0; moves < movesMax; moves += 1) {
    if (!progress(step)) return { state: step.state, effects: step.effects, refused: null };
  }
  throw new BugError(
    `promotion ${step.state.promotion} circles in stage ${step.state.position.stage}`,
  );
}
