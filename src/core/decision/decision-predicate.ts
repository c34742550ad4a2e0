import { sha256 } from '../../base/digest.ts';
import { formatInstant } from '../../base/instant.ts';
import type {
  DecidedCheck,
  DecidedGate,
  ReleaseDecision,
  SignedWord,
} from '../attest/release-decision.ts';
import type { Plan } from '../plan/plan.ts';
import type { Decided, State } from '../promotion/state.ts';
import {
  type PromotionRecord,
  type RecomputedResult,
  recomputedResults,
  type SignedStep,
  signedSteps,
} from './promotion-record.ts';
import { type DecisionRequest, type RequestGate, requestDigest } from './request.ts';

/**
 * A decision with everything that it rests on. The request comes out of the signed documents
 * themselves; a gate whose result can be judged anew from the ledger's evidence to the digest that
 * people signed is shown with samples and inputs, another one as it was signed.
 */
export function decisionPredicate(
  record: PromotionRecord,
  decided: Decided,
  version: string,
): ReleaseDecision {
  const { plan, state } = record;
  const signed = signedSteps(record, 'sign-off').filter(
    ({ content }) => requestDigest(content.request as DecisionRequest) === decided.requestSha256,
  );
  const request = (signed[0]?.content.request ?? null) as DecisionRequest | null;
  const recomputed = recomputedResults(record);
  const { outcome } = state;
  return {
    decision: decided.outcome,
    subject: decided.subject,
    decidedAt: formatInstant(decided.atMs),
    revoked: decided.revoked,
    promotion: state.promotion,
    service: plan.service,
    release: { version: plan.release.version, candidate: plan.release.candidate },
    rehearsal: state.rehearsal,
    policy: { plan: plan.name, sha256: state.planSha256, rule: plan.rule },
    profileSha256: plan.profile?.sha256 ?? null,
    engine: { name: 'auroractl', version },
    verdict: request === null ? state.verdict : request.verdict,
    synthetic: request?.synthetic ?? false,
    evidenceToSeq: request?.evidenceToSeq ?? null,
    requestSha256: decided.requestSha256 === '' ? null : decided.requestSha256,
    reasons: request?.reasons ?? reasonsOf(state),
    conditions: decided.conditions.map(({ gate, expiresAtMs, metAtMs }) => ({
      gate,
      until: formatInstant(expiresAtMs),
      metAt: metAtMs === null ? null : formatInstant(metAtMs),
    })),
    gates: (request?.gates ?? lastResults(recomputed, decided)).map((gate) =>
      gateOf(plan, gate, recomputed),
    ),
    signOffs: signed.map((step) => wordOf(plan, step)),
    overrides: overridesOf(record, decided),
    supersedes: supersededBy(record, decided),
    ledgerSizeBefore: ledgerSizeBefore(record, decided, signed),
    outcome:
      outcome === null
        ? null
        : {
            kind: outcome.kind,
            ga: outcome.kind === 'promoted' && outcome.ga,
            at: formatInstant(outcome.atMs),
            cause: outcome.kind === 'promoted' ? null : outcome.cause.text,
          },
  };
}

/** Of a NO-GO that nobody was asked to sign: what the gates showed last before it. */
function lastResults(
  recomputed: ReadonlyMap<string, RecomputedResult>,
  decided: Decided,
): readonly RequestGate[] {
  const last = new Map<string, RequestGate>();
  for (const [resultSha256, { result }] of recomputed) {
    if (result.evaluatedAtMs <= decided.atMs) last.set(result.gate, { ...result, resultSha256 });
  }
  return [...last.values()];
}

function reasonsOf({ back, outcome }: State): readonly string[] {
  const cause = outcome !== null && outcome.kind !== 'promoted' ? outcome.cause : back?.cause;
  return cause === undefined ? [] : [cause.text];
}

function gateOf(
  plan: Plan,
  signed: RequestGate,
  recomputed: ReadonlyMap<string, RecomputedResult>,
): DecidedGate {
  const { gate, outcome, evaluatedAtMs, resultSha256 } = signed;
  const again = recomputed.get(resultSha256);
  const definition = plan.gates.find(({ name }) => name === gate);
  const checks = signed.checks.map((check): DecidedCheck => {
    const rule = definition?.checks.find(({ name }) => name === check.check);
    const result = again?.result.checks.find((one) => one.check === check.check);
    const evidence = again?.evidence.get(check.check);
    return {
      check: check.check,
      outcome: check.outcome,
      observed: check.observed,
      threshold: check.expected,
      advisory: check.advisory,
      method:
        rule === undefined
          ? null
          : { rule: rule.kind, source: rule.evidence.source, samplesMin: rule.samplesMin },
      samples: result?.samples ?? null,
      evidenceAt: instantOf(result?.evidenceAtMs ?? null),
      evidenceSha256: result?.evidenceSha256 ?? null,
      inputSha256: evidence?.inputSha256 ?? null,
    };
  });
  const basis = again === undefined ? 'recorded' : 'recomputed';
  return { gate, outcome, evaluatedAt: formatInstant(evaluatedAtMs), resultSha256, basis, checks };
}

function wordOf(plan: Plan, { index, content, document, signature }: SignedStep): SignedWord {
  const person = String(content.person);
  return {
    person,
    role: String(content.role),
    choice: String(content.choice ?? 'skip'),
    at: formatInstant(Number(content.atMs)),
    publicKey: plan.people.find(({ id }) => id === person)?.publicKey ?? '',
    documentSha256: sha256(document),
    signature,
    ledgerEntry: index,
  };
}

/** Every skip that was signed before the decision. */
function overridesOf(record: PromotionRecord, decided: Decided): ReleaseDecision['overrides'] {
  return signedSteps(record, 'override')
    .filter(({ content }) => Number(content.atMs) <= decided.atMs)
    .map((step) => ({
      ...wordOf(record.plan, step),
      gate: String(step.content.gate),
      phase: String(step.content.phase),
      reason: String(step.content.reason),
      until: formatInstant(Number(step.content.untilMs)),
    }));
}

/** The request of the decision before it on the same subject. */
function supersededBy({ state }: PromotionRecord, decided: Decided): string | null {
  const { decisions } = state;
  const earlier = decisions.slice(0, decisions.indexOf(decided));
  const last = earlier.findLast(({ subject }) => subject === decided.subject);
  return last === undefined || last.requestSha256 === '' ? null : last.requestSha256;
}

/** The index of the entry that decided: as many lay before it. */
function ledgerSizeBefore(
  { steps }: PromotionRecord,
  decided: Decided,
  signed: readonly SignedStep[],
): number | null {
  const lastSigned = signed.at(-1)?.index ?? 0;
  const by = steps.find(({ atMs, index }) => atMs >= decided.atMs && index >= lastSigned);
  return by?.index ?? null;
}

function instantOf(atMs: number | null): string | null {
  return atMs === null ? null : formatInstant(atMs);
}
