import { unreachable } from '../../base/assert.ts';
import { orderBack } from './back.ts';
import type { Effect } from './effect.ts';
import type { FailureReason } from './event.ts';
import type { PendingEffect } from './state.ts';
import { dropPending, holdOn, move, replacePending, type Step, set } from './step.ts';

/** Attempts of an effect that goes forward before a person is asked. */
const ATTEMPTS_MAX = 5;
const PAGE_MS = 3_600_000;
const BACKOFF_FIRST_MS = 1_000;
const BACKOFF_MAX_MS = 60_000;

/** 1 s, 2 s, 4 s ... at most a minute. */
export function backoffMs(attempts: number): number {
  let waitMs = BACKOFF_FIRST_MS;
  for (let i = 1; i < attempts && waitMs < BACKOFF_MAX_MS; i += 1) waitMs *= 2;
  return Math.min(waitMs, BACKOFF_MAX_MS);
}

/** The result of an effect that is no longer awaited (dropped on the way back) changes nothing. */
export function effectDone(step: Step, id: string): void {
  const entry = step.state.pending.find(({ effect }) => effect.id === id);
  if (!entry) return;
  dropPending(step, id);
  const { effect } = entry;
  switch (effect.kind) {
    case 'set-weights':
      set(step, { weights: effect.weights, fallback: effect.fallback });
      if (step.state.back !== null) {
        set(step, { back: { ...step.state.back, weightsAtMs: step.now } });
      }
      return;
    case 'start':
      set(step, { candidate: 'running' });
      return;
    case 'stop':
      set(step, { candidate: 'stopped' });
      return;
    case 'hook':
      move(step, { hook: step.state.position.hook + 1 });
      return;
    case 'adopt':
      set(step, { candidate: 'none' });
      return;
    case 'evaluate':
    case 'notify':
      return;
    default:
      unreachable(effect);
  }
}

export function effectFailed(step: Step, id: string, reason: FailureReason, message: string): void {
  const entry = step.state.pending.find(({ effect }) => effect.id === id);
  if (!entry) return;
  if (step.state.back !== null || entry.effect.kind === 'notify') {
    failedOnTheWayBack(step, entry, reason, message);
  } else if (entry.effect.kind === 'hook') {
    failedHook(step, entry.effect, message);
  } else {
    failedForward(step, entry, reason, message);
  }
}

/** Going back never gives up. A refused order is made anew, with a higher generation. */
function failedOnTheWayBack(
  step: Step,
  entry: PendingEffect,
  reason: FailureReason,
  message: string,
): void {
  if (isGivenUp(step, entry)) {
    dropPending(step, entry.effect.id);
    return;
  }
  if (reason === 'refused' && entry.effect.kind !== 'notify') {
    dropPending(step, entry.effect.id);
    return;
  }
  waitAndRetry(step, entry, message);
}

/** A page is tried for an hour: whoever is to be woken may be on another network by then. */
function isGivenUp(step: Step, { effect, attempts, sinceMs }: PendingEffect): boolean {
  if (effect.kind !== 'notify' || attempts < ATTEMPTS_MAX) return false;
  return effect.level !== 'critical' || step.now - sinceMs >= PAGE_MS;
}

function failedForward(
  step: Step,
  entry: PendingEffect,
  reason: FailureReason,
  message: string,
): void {
  const what = `${entry.effect.kind} (${entry.effect.id})`;
  if (reason === 'refused') {
    dropPending(step, entry.effect.id);
    holdOn(step, 'effect-failed', `${what} was refused: ${message}`);
  } else if (entry.attempts < ATTEMPTS_MAX) {
    waitAndRetry(step, entry, message);
  } else {
    replacePending(step, { ...entry, status: 'stuck', lastError: message });
    holdOn(step, 'effect-failed', `${what} failed ${entry.attempts} times: ${message}`);
  }
}

function failedHook(step: Step, effect: Extract<Effect, { kind: 'hook' }>, message: string): void {
  dropPending(step, effect.id);
  const { phase, stage, index, name } = effect;
  const hook = step.plan.phases.find((one) => one.name === phase)?.[stage][index];
  const text = `hook ${name} of phase ${phase} failed: ${message}`;
  if (hook?.onFail !== 'hold') orderBack(step, { kind: 'hook', text });
  else holdOn(step, 'hook-failed', text);
}

function waitAndRetry(step: Step, entry: PendingEffect, message: string): void {
  replacePending(step, {
    ...entry,
    status: 'waiting',
    retryAtMs: step.now + backoffMs(entry.attempts),
    lastError: message,
  });
}
