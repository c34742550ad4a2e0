import { canonicalJson } from '../../base/canonical-json.ts';
import { digestOf } from '../../base/digest.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { GateResult } from '../gate/gate.ts';
import { authorsOf } from '../plan/authors.ts';
import type { Plan } from '../plan/plan.ts';
import { openSigned, type SignedDocument } from './signed-document.ts';

/** A gate skipped by a person's word: dated, with a reason, an end, and the result it goes against. */
export interface Override {
  promotion: string;
  gate: string;
  phase: string;
  person: string;
  role: string;
  reason: string;
  atMs: number;
  untilMs: number;
}

/** The exact text to sign; `result` is what is known of the gate now. */
export function overrideDocument(override: Override & { result: GateResult | null }): string {
  const { result, ...said } = override;
  const resultSha256 = digestOf(result);
  return canonicalJson({ apiVersion: 'aurora/v1', kind: 'Override', ...said, resultSha256 });
}

export interface OverridePlace {
  plan: Plan;
  promotion: string;
  phase: string;
  results: Readonly<Record<string, { result: GateResult }>>;
}

/** Takes an override, or says why not. It is of this promotion, this phase and this very result. */
export function checkOverride(
  place: OverridePlace,
  signed: SignedDocument,
  nowMs: number,
): Result<Override> {
  const { plan, promotion, phase } = place;
  const opened = openSigned(plan, 'Override', signed);
  if (!opened.ok) return opened;
  const { person, role, atMs } = opened.value;
  const { gate, reason, untilMs, resultSha256 } = opened.value;
  const refuse = (text: string, hint?: string) => fail(problem('not-allowed', text, hint));
  if (!plan.overrideRoles.includes(role)) {
    return refuse(
      `the role ${role} may not skip anything`,
      `the plan allows: ${plan.overrideRoles.join(', ') || 'nobody'}`,
    );
  }
  if (authorsOf(plan).includes(person)) {
    return refuse(`${person} made this release or its plan, and cannot skip its gates`);
  }
  if (opened.value.promotion !== promotion || opened.value.phase !== phase) {
    return refuse('it is for another promotion or phase');
  }
  if (typeof gate !== 'string' || !plan.gates.some(({ name }) => name === gate)) {
    return refuse('it names no gate of the plan');
  }
  if (typeof reason !== 'string' || reason.trim() === '') return refuse('it gives no reason');
  if (typeof untilMs !== 'number' || untilMs <= nowMs) return refuse('it has ended already');
  if (resultSha256 !== digestOf(place.results[gate]?.result ?? null)) {
    return refuse(`gate ${gate} has another result by now`, 'look at it again, then sign');
  }
  return ok({ promotion, gate, phase, person, role, reason, atMs, untilMs });
}
