import { present } from '../../base/assert.ts';
import type { Phase, Plan } from '../plan/plan.ts';
import { baselineShare } from './baseline.ts';
import type { Effect, EffectAction } from './effect.ts';
import { whatBarsRaise } from './go.ts';
import type { Hold, PendingEffect, Position, Stage, State } from './state.ts';

/** One transition in the making: the state so far and the effects issued on the way. */
export interface Step {
  readonly plan: Plan;
  readonly now: number;
  state: State;
  readonly effects: Effect[];
}

/** Replaces parts of the state; never changes an object that the previous state can see. */
export function set(step: Step, patch: Partial<State>): void {
  step.state = { ...step.state, ...patch };
}

export function move(step: Step, patch: Partial<Position>): void {
  set(step, { position: { ...step.state.position, ...patch } });
}

export function enterStage(step: Step, stage: Stage): void {
  move(step, { stage, hook: 0, stageSinceMs: step.now });
}

export function phaseOf(plan: Plan, state: State): Phase {
  return present(plan.phases[state.position.phase], 'the position names a phase of the plan');
}

/** Issues a new effect: numbered, pending until its result comes, and handed to the engine. */
export function issue(step: Step, action: EffectAction): void {
  const effectCount = step.state.effectCount + 1;
  const effect: Effect = { id: `${step.state.promotion}/${effectCount}`, ...action };
  const entry: PendingEffect = {
    effect,
    sinceMs: step.now,
    attempts: 1,
    status: 'sent',
    retryAtMs: 0,
    lastError: '',
  };
  set(step, { effectCount, pending: [...step.state.pending, entry] });
  step.effects.push(effect);
}

/** An order to a driver carries a new generation, so that every earlier one is refused after it. */
export function nextGeneration(step: Step): number {
  const generation = step.state.generation + 1;
  set(step, { generation });
  return generation;
}

/**
 * Sends a pending effect again under its own id. A weight that may not rise any more is not sent: as
 * the order may have come through unnoticed, the confirmed weights are ordered in its place, under a
 * generation that fences it off. The stage `shift` then asks for the raise anew, once it may rise.
 */
export function resend(step: Step, entry: PendingEffect): void {
  const { effect } = entry;
  if (effect.kind === 'set-weights') {
    const { weights, fallback } = step.state;
    if (whatBarsRaise(step.plan, step.state, effect.weights, step.now) !== null) {
      dropPending(step, effect.id);
      const generation = nextGeneration(step);
      const share = baselineShare(step.plan, weights.candidate);
      issue(step, { kind: 'set-weights', generation, weights, fallback, ...share });
      return;
    }
  }
  replacePending(step, { ...entry, attempts: entry.attempts + 1, status: 'sent', retryAtMs: 0 });
  step.effects.push(entry.effect);
}

export function replacePending(step: Step, entry: PendingEffect): void {
  const pending = step.state.pending.map((old) =>
    old.effect.id === entry.effect.id ? entry : old,
  );
  set(step, { pending });
}

export function dropPending(step: Step, id: string): void {
  set(step, { pending: step.state.pending.filter(({ effect }) => effect.id !== id) });
}

export function isPending(state: State, kind: Effect['kind']): boolean {
  return state.pending.some(({ effect }) => effect.kind === kind);
}

/** Messages are short; the whole text stands in the state. */
const NOTE_CHARS_MAX = 500;

export function notify(
  step: Step,
  level: 'info' | 'warning' | 'critical',
  title: string,
  text: string,
): void {
  const short = text.length > NOTE_CHARS_MAX ? `${text.slice(0, NOTE_CHARS_MAX)} ...` : text;
  // Half of a surrogate pair, cut here or sent by somebody, has no canonical JSON: no leaf, no way on.
  issue(step, { kind: 'notify', level, title: title.toWellFormed(), text: short.toWellFormed() });
}

export function holdOn(step: Step, kind: Hold['kind'], text: string): void {
  set(step, { hold: { kind, text: text.toWellFormed(), sinceMs: step.now } });
  notify(step, 'warning', `${step.state.promotion} stands still`, text);
}
