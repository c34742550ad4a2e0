import { formatDuration } from '../../base/duration.ts';
import { formatInstant } from '../../base/instant.ts';
import type { Phase, Plan, SoakPhase } from '../plan/plan.ts';
import { wayOut } from './back.ts';
import { isStale, missingSignOffs } from './decision-phase.ts';
import { freezeAt } from './freeze.ts';
import { isSkipped } from './gates.ts';
import { conditionsOf } from './go.ts';
import { whatBreaches } from './soak.ts';
import type { PendingEffect, State } from './state.ts';
import { phaseOf } from './step.ts';

/** Everything that a promotion can wait for. The list is closed: each has a text and a scenario. */
export const WAITING_KINDS = [
  'effect',
  'retry',
  'person',
  'drift',
  'paused',
  'gates',
  'gate-failing',
  'gate-inconclusive',
  'soak',
  'volume',
  'duration',
  'judge',
  'evidence',
  'sign-offs',
  'freeze',
  'condition',
  'no-way-back',
] as const;

export type WaitingKind = (typeof WAITING_KINDS)[number];

/** What stands between the promotion and its next move, in a sentence, and what to do about it. */
export interface Waiting {
  on: WaitingKind;
  text: string;
  /** When it ends by itself, or the deadline after which the default action follows; null: neither. */
  untilMs: number | null;
  /** The command that helps, if a person can help. */
  next: string | null;
}

/** Everything the promotion waits for; empty only when it has ended. */
export function explain(plan: Plan, state: State, now: number): readonly Waiting[] {
  if (state.outcome !== null) return [];
  const effects = state.pending
    .filter(({ effect }) => effect.kind !== 'notify')
    .map((entry) => onEffect(entry, state));
  if (state.back !== null) return onTheWayBack(plan, state, now, effects);
  const stops = [...onDrift(state), ...onHold(state), ...onPause(state)];
  return [...stops, ...effects, ...onStage(plan, state, now), ...onConditions(state)];
}

function onEffect(entry: PendingEffect, state: State): Waiting {
  const what = `${entry.effect.kind} (${entry.effect.id})`;
  const id = state.promotion;
  if (entry.status === 'sent') {
    return waiting('effect', `${what} is under way, attempt ${entry.attempts}`);
  }
  const text = `${what} failed ${times(entry.attempts)}: ${entry.lastError}`;
  return waiting('retry', text, entry.retryAtMs || null, `auroractl retry ${id}`);
}

/** `once`, `3 times` */
export function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function onTheWayBack(
  plan: Plan,
  state: State,
  now: number,
  effects: readonly Waiting[],
): readonly Waiting[] {
  const closed = wayOut(plan, state, now);
  if (closed === null) return effects;
  const next = `auroractl halt ${state.promotion}`;
  return [waiting('no-way-back', closed, null, next), ...effects];
}

function onHold(state: State): Waiting[] {
  if (state.hold === null) return [];
  return [waiting('person', state.hold.text, null, `auroractl retry ${state.promotion}`)];
}

/** No command ends it: `retry` is refused while the files are not as they were locked. */
function onDrift(state: State): Waiting[] {
  return state.drift === null ? [] : [waiting('drift', state.drift.text)];
}

function onPause(state: State): Waiting[] {
  if (state.paused === null) return [];
  const { by, reason } = state.paused;
  const text = `paused by ${by}: ${reason}; it is still judged`;
  return [waiting('paused', text, null, `auroractl resume ${state.promotion}`)];
}

function onStage(plan: Plan, state: State, now: number): Waiting[] {
  const phase = phaseOf(plan, state);
  const deadlineMs =
    phase.deadlineMs === null ? null : state.position.phaseSinceMs + phase.deadlineMs;
  switch (state.position.stage) {
    case 'shift':
      return onFreeze(plan, now);
    case 'run':
      return [
        ...onGates(plan, state, now, deadlineMs),
        ...onRun(plan, state, phase, now, deadlineMs),
      ];
    case 'review':
      return onGates(plan, state, now, deadlineMs);
    default:
      return [];
  }
}

function onFreeze(plan: Plan, now: number): Waiting[] {
  const freeze = freezeAt(plan.freezes, now);
  if (freeze === null) return [];
  const text = `no weight rises during ${freeze.name}, until ${formatInstant(freeze.untilMs)}`;
  return [waiting('freeze', text, freeze.untilMs)];
}

function onGates(plan: Plan, state: State, now: number, untilMs: number | null): Waiting[] {
  const phase = phaseOf(plan, state);
  return phase.gates.flatMap((gate) => {
    if (isSkipped(state, gate, now)) return [];
    const result = state.gates[gate]?.result;
    const isOld = !result || result.evaluatedAtMs < state.position.stageSinceMs;
    if (isOld) return [waiting('gates', `gate ${gate} is to be evaluated`, untilMs)];
    if (state.request !== null && isStale(plan, result, now)) {
      const age = formatDuration(now - result.evaluatedAtMs);
      const text = `gate ${gate} was evaluated ${age} ago: once signed, it is asked again`;
      return [waiting('gates', text, untilMs)];
    }
    const worst = result.checks.find(
      ({ outcome, advisory }) => !advisory && outcome === result.outcome,
    );
    const why = worst ? `${worst.check}: ${worst.reason}` : 'it has no check that counts';
    if (result.outcome === 'fail') {
      return [waiting('gate-failing', `gate ${gate} fails: ${why}`, untilMs, nextForGate(state))];
    }
    if (result.outcome === 'inconclusive' || result.outcome === 'error') {
      const text = `gate ${gate} is ${result.outcome}: ${why}`;
      return [waiting('gate-inconclusive', text, untilMs, nextForGate(state))];
    }
    return [];
  });
}

function nextForGate(state: State): string {
  return `auroractl status ${state.promotion}`;
}

function onRun(
  plan: Plan,
  state: State,
  phase: Phase,
  now: number,
  untilMs: number | null,
): Waiting[] {
  const { coveredMs, requests } = state.evidence;
  const found: Waiting[] = [];
  const time = (on: WaitingKind, wantedMs: number): void => {
    if (coveredMs >= wantedMs) return;
    const text = `${formatDuration(coveredMs)} of ${formatDuration(wantedMs)} covered by evidence`;
    found.push(waiting(on, text, untilMs));
  };
  const volume = (min: number): void => {
    if (requests >= min || state.rehearsal) return;
    found.push(waiting('volume', `${requests} of ${min} requests at the candidate`, untilMs));
  };
  switch (phase.kind) {
    case 'soak':
      found.push(...onBreach(plan, state, phase, now, untilMs));
      time('soak', phase.soakMs);
      volume(phase.requestsMin);
      break;
    case 'canary':
      time('duration', phase.durationMs);
      volume(phase.requestsMin);
      if (phase.judged && state.verdict !== 'promote' && !state.rehearsal) {
        const text = `the judge says ${state.verdict ?? 'nothing yet'}; it must say promote`;
        found.push(waiting('judge', text, untilMs));
      }
      break;
    case 'rollout':
      time('duration', phase.steps[state.position.step]?.holdMs ?? 0);
      break;
    case 'watch':
      time('duration', phase.watchMs);
      break;
    case 'decision':
      found.push(...onSignOffs(plan, state));
      break;
    case 'perimeter':
      break;
  }
  const needsEvidence = phase.kind !== 'perimeter' && phase.kind !== 'decision';
  if (needsEvidence && found.length > 0) found.push(...onEvidence(plan, state, now, untilMs));
  return found;
}

function onBreach(
  plan: Plan,
  state: State,
  phase: SoakPhase,
  now: number,
  untilMs: number | null,
): Waiting[] {
  if (!state.soak.breached) return [];
  const why = whatBreaches(plan, state, phase, now) ?? 'it was breached';
  return [waiting('soak', `breached, ${why}; its time stands still until that ends`, untilMs)];
}

/** Intervals that should have come by now. */
const LATE_INTERVALS = 3;

function onEvidence(plan: Plan, state: State, now: number, untilMs: number | null): Waiting[] {
  const { candidateUp, lastEndMs } = state.evidence;
  if (candidateUp === false) return [waiting('evidence', 'the candidate is down', untilMs)];
  const silentMs = now - Math.max(lastEndMs, state.position.stageSinceMs);
  if (silentMs > LATE_INTERVALS * plan.intervalMs) {
    const text = `no interval came for ${formatDuration(silentMs)}; time without evidence does not count`;
    return [waiting('evidence', text, untilMs)];
  }
  if (candidateUp === true) return [];
  return [waiting('evidence', 'no interval of the candidate yet', untilMs)];
}

function onSignOffs(plan: Plan, state: State): Waiting[] {
  if (state.request === null) return [];
  const { request, sha256 } = state.request;
  return missingSignOffs(plan, state).map(({ role, count, people }) =>
    waiting(
      'sign-offs',
      `${count} sign-off as ${role} (${people.join(', ')}) for request ${sha256.slice(0, 12)}`,
      request.expiresAtMs,
      `auroractl sign ${state.promotion} --role ${role}`,
    ),
  );
}

function onConditions(state: State): Waiting[] {
  return conditionsOf(state)
    .filter(({ metAtMs }) => metAtMs === null)
    .map(({ gate, expiresAtMs }) =>
      waiting('condition', `gate ${gate} must pass before the condition expires`, expiresAtMs),
    );
}

function waiting(
  on: WaitingKind,
  text: string,
  untilMs: number | null = null,
  next: string | null = null,
): Waiting {
  return { on, text, untilMs, next };
}
