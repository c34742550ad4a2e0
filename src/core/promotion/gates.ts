import { present } from '../../base/assert.ts';
import type { Evidence } from '../gate/check.ts';
import { evaluateGate } from '../gate/evaluate-gate.ts';
import type { GateResult } from '../gate/gate.ts';
import type { Plan } from '../plan/plan.ts';
import { conditionsOf } from './go.ts';
import type { GateStanding, OpenCondition, Skip, State } from './state.ts';
import { dropPending, isPending, issue, phaseOf, type Step, set } from './step.ts';

/** While a gate is inconclusive or fails, it is looked at again after so long at the latest. */
const LOOK_AGAIN_MS = 60_000;

/** The evidence of an evaluation has come: every gate asked for gets a new result. */
export function takeEvidence(step: Step, id: string, evidence: readonly Evidence[]): void {
  const entry = step.state.pending.find(({ effect }) => effect.id === id);
  if (entry?.effect.kind !== 'evaluate') return;
  dropPending(step, id);
  const gates: Record<string, GateStanding> = { ...step.state.gates };
  for (const name of entry.effect.gates) {
    const gate = present(
      step.plan.gates.find((one) => one.name === name),
      'a gate of the plan',
    );
    const result = evaluateGate(gate, evidence, step.now);
    gates[name] = { result, failingSinceMs: failingSince(gates[name], result, step.now) };
  }
  set(step, { gates });
  meetConditions(step);
  const { hold } = step.state;
  if (hold?.kind === 'gate-failed' && failingTooLong(step.plan, step.state, step.now) === null) {
    set(step, { hold: null });
  }
}

/** A condition of a decision in force is met by the first result that passes; it stays met. */
function meetConditions(step: Step): void {
  const { gates, decisions } = step.state;
  const isMetNow = ({ gate, metAtMs }: OpenCondition): boolean =>
    metAtMs === null && gates[gate]?.result.outcome === 'pass';
  if (!conditionsOf(step.state).some(isMetNow)) return;
  const met = decisions.map((one) => {
    if (one.revoked !== null) return one;
    const conditions = one.conditions.map((condition) =>
      isMetNow(condition) ? { ...condition, metAtMs: step.now } : condition,
    );
    return { ...one, conditions };
  });
  set(step, { decisions: met });
}

/** Not enough to tell does not end a failure: only a pass or a warning does. */
function failingSince(
  before: GateStanding | undefined,
  result: GateResult,
  now: number,
): number | null {
  if (result.outcome === 'fail') return before?.failingSinceMs ?? now;
  if (result.outcome === 'pass' || result.outcome === 'warn') return null;
  return before?.failingSinceMs ?? null;
}

/**
 * What is evaluated now: gates of the phase while it runs, and those that a CONDITIONAL decision left
 * open, these also while the last phase waits for them.
 */
export function gatesInForce(plan: Plan, state: State): readonly string[] {
  const { stage } = state.position;
  if (stage !== 'run' && stage !== 'review' && stage !== 'after') return [];
  const open = conditionsOf(state)
    .filter(({ metAtMs }) => metAtMs === null)
    .map(({ gate }) => gate);
  const own = stage === 'after' ? [] : phaseOf(plan, state).gates;
  return [...new Set([...own, ...open])];
}

/** A skip was signed for one phase: another phase needs a word of its own. */
export function isSkipped(state: State, gate: string, now: number): boolean {
  return state.skipped.some((skip) => skip.gate === gate && isInForce(skip, state, now));
}

export function isInForce(skip: Skip, state: State, now: number): boolean {
  return skip.phaseIndex === state.position.phase && skip.untilMs > now;
}

/** Asks for evidence where it is due; one evaluation at a time. */
export function evaluateWhatIsDue(step: Step): boolean {
  const { state, plan, now } = step;
  if (isPending(state, 'evaluate')) return false;
  const due = gatesInForce(plan, state).filter((gate) => {
    const dueMs = gateDueMs(plan, state, gate);
    return dueMs !== null && dueMs <= now;
  });
  if (due.length === 0) return false;
  issue(step, { kind: 'evaluate', gates: due });
  return true;
}

/** When the gate is to be evaluated next; null: not before something else happens. */
export function gateDueMs(plan: Plan, state: State, gate: string): number | null {
  const phase = phaseOf(plan, state);
  const { stage, stageSinceMs } = state.position;
  const result = state.gates[gate]?.result;
  if (result === undefined || result.evaluatedAtMs < stageSinceMs) return stageSinceMs;
  const dues: number[] = [];
  if (phase.everyMs > 0) dues.push(result.evaluatedAtMs + phase.everyMs);
  if (
    result.outcome === 'fail' ||
    result.outcome === 'inconclusive' ||
    result.outcome === 'error'
  ) {
    const soon = phase.everyMs > 0 ? Math.min(phase.everyMs, LOOK_AGAIN_MS) : LOOK_AGAIN_MS;
    dues.push(result.evaluatedAtMs + soon);
  }
  if (phase.kind === 'canary' && stage === 'run') {
    const next = phase.checkpointsMs
      .map((afterMs) => stageSinceMs + afterMs)
      .find((atMs) => atMs > result.evaluatedAtMs);
    if (next !== undefined) dues.push(next);
  }
  return dues.length === 0 ? null : Math.min(...dues);
}

/**
 * The first gate of the phase whose failure has lasted longer than the phase allows. A gate that a
 * CONDITIONAL left open may fail until its condition expires.
 */
export function failingTooLong(plan: Plan, state: State, now: number): string | null {
  const phase = phaseOf(plan, state);
  const failing = phase.gates.find((gate) => {
    const since = state.gates[gate]?.failingSinceMs ?? null;
    if (conditionsOf(state).some((one) => one.gate === gate && one.metAtMs === null)) return false;
    return since !== null && now >= since + phase.failForMs && !isSkipped(state, gate, now);
  });
  return failing ?? null;
}

/** Whether every gate of the phase was evaluated since `sinceMs` and passes (or warns, or is skipped). */
export function allPassSince(plan: Plan, state: State, sinceMs: number, now: number): boolean {
  return phaseOf(plan, state).gates.every((gate) => {
    if (isSkipped(state, gate, now)) return true;
    const result = state.gates[gate]?.result;
    if (result === undefined || result.evaluatedAtMs < sinceMs) return false;
    return result.outcome === 'pass' || result.outcome === 'warn';
  });
}
