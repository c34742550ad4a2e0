import { digestOf } from '../../base/digest.ts';
import type { CheckResult } from '../gate/check.ts';
import type { GateResult } from '../gate/gate.ts';
import type { VerdictKind } from '../judge/verdict.ts';
import type { DecisionRule, Plan, Release } from '../plan/plan.ts';
import type { Condition, Decision, DecisionOutcome } from './decide.ts';

/**
 * What people sign: everything the decision rests on, by digest and in short. Frozen: newer evidence
 * never changes it, it can only make it void.
 */
export interface DecisionRequest {
  apiVersion: 'aurora/v1';
  kind: 'DecisionRequest';
  promotion: string;
  service: string;
  subject: 'release' | 'confirmation';
  release: Release;
  planSha256: string;
  profileSha256: string | null;
  rule: DecisionRule;
  outcome: Exclude<DecisionOutcome, 'NO-GO'>;
  reasons: readonly string[];
  conditions: readonly Condition[];
  gates: readonly RequestGate[];
  skipped: readonly { gate: string; by: string; reason: string; untilMs: number }[];
  verdict: VerdictKind | null;
  /** It rests, at least in part, on generated requests. */
  synthetic: boolean;
  /** A signature under it counts for nothing but practice. */
  rehearsal: boolean;
  /** The evidence counts up to this interval. */
  evidenceToSeq: number;
  createdAtMs: number;
  expiresAtMs: number;
}

export interface RequestGate {
  gate: string;
  outcome: string;
  evaluatedAtMs: number;
  /** Digest of the whole result: observed values, limits, samples, evidence digests. */
  resultSha256: string;
  /** What its checks showed, so that people sign what they can read. */
  checks: readonly RequestCheck[];
}

export type RequestCheck = Pick<
  CheckResult,
  'check' | 'outcome' | 'observed' | 'expected' | 'advisory'
>;

export interface RequestFacts {
  promotion: string;
  service: string;
  subject: 'release' | 'confirmation';
  plan: Plan;
  planSha256: string;
  decision: Decision & { outcome: Exclude<DecisionOutcome, 'NO-GO'> };
  results: readonly GateResult[];
  skipped: DecisionRequest['skipped'];
  verdict: VerdictKind | null;
  synthetic: boolean;
  rehearsal: boolean;
  evidenceToSeq: number;
  createdAtMs: number;
  expiresAtMs: number;
}

export function freezeRequest(facts: RequestFacts): DecisionRequest {
  const { plan, decision } = facts;
  return {
    apiVersion: 'aurora/v1',
    kind: 'DecisionRequest',
    promotion: facts.promotion,
    service: facts.service,
    subject: facts.subject,
    release: plan.release,
    planSha256: facts.planSha256,
    profileSha256: plan.profile?.sha256 ?? null,
    rule: plan.rule,
    outcome: decision.outcome,
    reasons: decision.reasons,
    conditions: decision.conditions,
    gates: facts.results.map((result) => ({
      gate: result.gate,
      outcome: result.outcome,
      evaluatedAtMs: result.evaluatedAtMs,
      resultSha256: digestOf(result),
      checks: result.checks.map(({ check, outcome, observed, expected, advisory }) => ({
        check,
        outcome,
        observed,
        expected,
        advisory,
      })),
    })),
    skipped: facts.skipped.map(({ gate, by, reason, untilMs }) => ({ gate, by, reason, untilMs })),
    verdict: facts.verdict,
    synthetic: facts.synthetic,
    rehearsal: facts.rehearsal,
    evidenceToSeq: facts.evidenceToSeq,
    createdAtMs: facts.createdAtMs,
    expiresAtMs: facts.expiresAtMs,
  };
}

export function requestDigest(request: DecisionRequest): string {
  return digestOf(request);
}
