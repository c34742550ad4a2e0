import { digestOf } from '../../base/digest.ts';
import type { Evidence } from '../gate/check.ts';
import { evaluateGate } from '../gate/evaluate-gate.ts';
import type { GateResult } from '../gate/gate.ts';
import type { Plan } from '../plan/plan.ts';
import type { PromotionEvent } from '../promotion/event.ts';
import type { State } from '../promotion/state.ts';

/** A promotion as the ledger holds it: how it stands, and each step that led there. */
export interface PromotionRecord {
  plan: Plan;
  state: State;
  steps: readonly RecordedStep[];
}

export interface RecordedStep {
  /** Of its entry in the ledger. */
  index: number;
  atMs: number;
  event: PromotionEvent | { kind: 'segment' | 'interval' };
}

/** A document that the machine took, with its signature. */
export interface SignedStep {
  index: number;
  content: Readonly<Record<string, unknown>>;
  document: string;
  signature: string;
}

/** Sign-offs or overrides in the order in which they were taken: what was refused left no step. */
export function signedSteps(
  { steps }: PromotionRecord,
  kind: 'sign-off' | 'override',
): readonly SignedStep[] {
  return steps.flatMap(({ index, event }) => {
    if (event.kind !== kind || !('document' in event)) return [];
    const { document, signature } = event;
    const content = JSON.parse(document) as Record<string, unknown>;
    return [{ index, content, document, signature }];
  });
}

export interface RecomputedResult {
  result: GateResult;
  /** By the name of the check. */
  evidence: ReadonlyMap<string, Evidence>;
}

/** Every gate's result at each evaluation, judged anew from the recorded evidence, by its digest. */
export function recomputedResults({
  plan,
  steps,
}: PromotionRecord): ReadonlyMap<string, RecomputedResult> {
  const found = new Map<string, RecomputedResult>();
  for (const { atMs, event } of steps) {
    if (event.kind !== 'evidence' || !('evidence' in event)) continue;
    const evidence = new Map(event.evidence.map((one) => [one.check, one]));
    for (const gate of plan.gates) {
      if (!gate.checks.some(({ name }) => evidence.has(name))) continue;
      const result = evaluateGate(gate, event.evidence, atMs);
      found.set(digestOf(result), { result, evidence });
    }
  }
  return found;
}
