import { unreachable } from '../../base/assert.ts';
import { formatDuration } from '../../base/duration.ts';
import { FUTURE_MAX_MS } from '../gate/evaluate-check.ts';
import type { Gate, GateResult } from '../gate/gate.ts';
import type { DecisionRule } from '../plan/plan.ts';
import { decideColours } from './green-yellow-red.ts';
import { decideMatrix } from './matrix.ts';

export type DecisionOutcome = 'GO' | 'CONDITIONAL' | 'NO-GO';

export interface Decision {
  outcome: DecisionOutcome;
  /** At least one for anything but GO. */
  reasons: readonly string[];
  conditions: readonly Condition[];
}

/** The gate must pass before then, or the decision is undone. */
export interface Condition {
  gate: string;
  expiresAtMs: number;
}

/** A YELLOW gate that somebody answers for by a signed, dated note. */
export interface Mitigation {
  gate: string;
  by: string;
  reason: string;
}

/** A gate and what counts of its result: missing, stale, inconclusive and error count as fail. */
export interface CountedGate {
  gate: Gate;
  counts: 'pass' | 'warn' | 'fail';
  why: string;
}

/**
 * Applies the plan's rule to the gates' results. What is not shown never helps: taking a result
 * away, or making it older or less certain, can only make the outcome worse.
 */
export function decide(
  rule: DecisionRule,
  gates: readonly Gate[],
  results: readonly GateResult[],
  mitigations: readonly Mitigation[],
  nowMs: number,
  maxAgeMs: number,
): Decision {
  const counted = gates.map((gate) => {
    const result = results.findLast((one) => one.gate === gate.name);
    return countGate(gate, result, nowMs, maxAgeMs);
  });
  if (counted.length === 0)
    return { outcome: 'NO-GO', reasons: ['no gate was judged'], conditions: [] };
  switch (rule) {
    case 'matrix':
      return decideMatrix(counted, nowMs);
    case 'green-yellow-red':
      return decideColours(counted, mitigations);
    default:
      return unreachable(rule);
  }
}

function countGate(
  gate: Gate,
  result: GateResult | undefined,
  nowMs: number,
  maxAgeMs: number,
): CountedGate {
  if (result === undefined) return { gate, counts: 'fail', why: 'it was not evaluated' };
  const ageMs = nowMs - result.evaluatedAtMs;
  if (ageMs < -FUTURE_MAX_MS) {
    const why = `its evaluation is dated ${formatDuration(-ageMs)} in the future`;
    return { gate, counts: 'fail', why };
  }
  // Written so that an age or a limit that is no number is stale.
  if (!(ageMs <= maxAgeMs)) {
    return { gate, counts: 'fail', why: `it was evaluated ${formatDuration(ageMs)} ago` };
  }
  const { outcome, checks } = result;
  const worst = checks.find((check) => !check.advisory && check.outcome === outcome);
  const why = worst === undefined ? outcome : `${worst.check}: ${worst.reason}`;
  const counts = outcome === 'pass' || outcome === 'warn' ? outcome : 'fail';
  return { gate, counts, why: outcome === 'pass' ? '' : why };
}
