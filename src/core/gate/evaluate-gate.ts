import type { CheckOutcome, Evidence } from './check.ts';
import { evaluateCheck } from './evaluate-check.ts';
import type { Gate, GateResult } from './gate.ts';

/** Gravest first: not being able to tell is graver than a warning. */
const GRAVITY: readonly CheckOutcome[] = ['fail', 'error', 'inconclusive', 'warn', 'pass'];

/**
 * The worst of its checks that count. A gate without one, because all are advisory, is
 * inconclusive: nothing was shown.
 */
export function evaluateGate(gate: Gate, evidence: readonly Evidence[], nowMs: number): GateResult {
  const checks = gate.checks.map((check) =>
    evaluateCheck(
      check,
      evidence.find((one) => one.check === check.name),
      nowMs,
    ),
  );
  const counted = checks.filter(({ advisory }) => !advisory).map(({ outcome }) => outcome);
  return { gate: gate.name, outcome: worstOf(counted), checks, evaluatedAtMs: nowMs };
}

/** `inconclusive` of nothing. */
export function worstOf(outcomes: readonly CheckOutcome[]): CheckOutcome {
  return GRAVITY.find((outcome) => outcomes.includes(outcome)) ?? 'inconclusive';
}
