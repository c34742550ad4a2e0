import type { Freeze, Plan } from '../plan/plan.ts';
import { downUntilMs, wayOut } from './back.ts';
import { freezeAt } from './freeze.ts';
import { gateDueMs, gatesInForce, isSkipped } from './gates.ts';
import { conditionsOf } from './go.ts';
import type { State } from './state.ts';
import { phaseOf } from './step.ts';

/**
 * The next instant at which time alone can move the promotion; null: only an event can. A tick
 * before it changes nothing (held by a property test), so that a thousand waiting promotions cost
 * one timer each.
 */
export function nextDueMs(plan: Plan, state: State, now: number): number | null {
  const dues: number[] = state.pending
    .filter(({ status }) => status === 'waiting')
    .map(({ retryAtMs }) => retryAtMs);
  if (state.outcome === null && state.back === null) dues.push(...forwardDues(plan, state, now));
  if (state.outcome === null && state.back !== null && wayOut(plan, state, now) !== null) {
    dues.push(downUntilMs(plan, state));
  }
  return dues.length === 0 ? null : Math.min(...dues);
}

function forwardDues(plan: Plan, state: State, now: number): number[] {
  const phase = phaseOf(plan, state);
  const { stage, phaseSinceMs } = state.position;
  const dues: number[] = [];
  if (phase.deadlineMs !== null && !(phase.onDeadline === 'hold' && state.hold !== null)) {
    dues.push(phaseSinceMs + phase.deadlineMs);
  }
  for (const { metAtMs, expiresAtMs } of conditionsOf(state)) {
    if (metAtMs === null) dues.push(expiresAtMs);
  }
  if (state.request !== null) dues.push(state.request.request.expiresAtMs);
  dues.push(...gateDues(plan, state, now));
  if (stage === 'shift') dues.push(...freezeEnds(plan.freezes, now));
  return dues;
}

function gateDues(plan: Plan, state: State, now: number): number[] {
  const phase = phaseOf(plan, state);
  const evaluating = state.pending.some(({ effect }) => effect.kind === 'evaluate');
  return gatesInForce(plan, state).flatMap((gate) => {
    const dueMs = evaluating ? null : gateDueMs(plan, state, gate);
    const failingSinceMs = state.gates[gate]?.failingSinceMs ?? null;
    const failMs = failingSinceMs === null ? null : failingSinceMs + phase.failForMs;
    const skips = state.skipped.filter((skip) => skip.gate === gate && isSkipped(state, gate, now));
    return [dueMs, failMs, ...skips.map(({ untilMs }) => untilMs)].filter((ms) => ms !== null);
  });
}

function freezeEnds(freezes: readonly Freeze[], now: number): number[] {
  const freeze = freezeAt(freezes, now);
  return freeze === null ? [] : [freeze.untilMs];
}
