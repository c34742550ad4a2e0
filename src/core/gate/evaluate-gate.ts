import { digestOf } from '../../base/digest.ts';
import type { CheckOutcome, Evidence } from './check.ts';
import { evaluateCheck } from './evaluate-check.ts';
import type { Gate, GateResult } from './gate.ts';
import { soundEvidence } from './sound-evidence.ts';

/** Gravest first: not being able to tell is graver than a warning. */
const GRAVITY: readonly CheckOutcome[] = ['fail', 'error', 'inconclusive', 'warn', 'pass'];

/**
 * The worst of its checks that count. A gate without one, because all are advisory, is
 * inconclusive: nothing was shown.
 */
export function evaluateGate(gate: Gate, evidence: readonly Evidence[], nowMs: number): GateResult {
  const checks = gate.checks.map((check) =>
    evaluateCheck(check, evidenceFor(check.name, evidence), nowMs),
  );
  const counted = checks.filter(({ advisory }) => !advisory).map(({ outcome }) => outcome);
  return { gate: gate.name, outcome: worstOf(counted), checks, evaluatedAtMs: nowMs };
}

/** Two that differ are an error: to choose one of them would be to choose the result. */
function evidenceFor(check: string, evidence: readonly Evidence[]): Evidence | undefined {
  const found = evidence.filter((one) => one.check === check);
  const [first] = found;
  if (first === undefined || found.every((one) => isSame(one, first))) return first;
  const reason = `${found.length} pieces of evidence that differ`;
  const inputSha256 = digestOf(found.map(soundEvidence));
  const known = { check, atMs: 0, samples: 0, inputSha256, reducer: 'evaluate-gate/1' };
  return { ...known, kind: 'error', reason };
}

function isSame(a: Evidence, b: Evidence): boolean {
  return a === b || digestOf(soundEvidence(a)) === digestOf(soundEvidence(b));
}

/** `inconclusive` of nothing. */
export function worstOf(outcomes: readonly CheckOutcome[]): CheckOutcome {
  return GRAVITY.find((outcome) => outcomes.includes(outcome)) ?? 'inconclusive';
}
