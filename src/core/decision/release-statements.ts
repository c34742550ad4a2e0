import { digestOf, sha256 } from '../../base/digest.ts';
import { formatInstant } from '../../base/instant.ts';
import { RELEASE_DECISION_TYPE, type ReleaseDecision } from '../attest/release-decision.ts';
import { type Subject, statementBytes } from '../attest/statement.ts';
import {
  type ResourceDescriptor,
  VERIFICATION_SUMMARY_TYPE,
  verificationSummary,
} from '../attest/verification-summary.ts';
import type { Plan } from '../plan/plan.ts';
import type { Decided } from '../promotion/state.ts';
import { decisionPredicate } from './decision-predicate.ts';
import { otherPredicates } from './other-predicates.ts';
import type { PromotionRecord } from './promotion-record.ts';

export interface NamedStatement {
  /** Of its file, without an ending: `decision-1`, `summary-1`, `gate-1-health`. */
  name: string;
  bytes: Uint8Array;
}

/**
 * What can be said of a promotion: of its decisions in their order the decision itself, a summary for
 * each of its gates, and one for the whole; then its verdict, and its way back. No summary of the whole is PASSED before it is true: a
 * CONDITIONAL with an open condition, a superseded decision and a rehearsal have none, and one that
 * was revoked, or whose promotion turned back, is FAILED.
 */
export function releaseStatements(
  record: PromotionRecord,
  version: string,
): readonly NamedStatement[] {
  const decisions = record.state.decisions.flatMap((decided, at) => {
    const predicate = decisionPredicate(record, decided, version);
    return statementsOf(record, decided, predicate, at + 1);
  });
  const subject = releaseSubject(record.plan);
  const others = otherPredicates(record, version).map(({ name, type, predicate }) => {
    return { name, bytes: statementBytes(subject, type, predicate) };
  });
  return [...decisions, ...others];
}

function statementsOf(
  record: PromotionRecord,
  decided: Decided,
  predicate: ReleaseDecision,
  number: number,
): readonly NamedStatement[] {
  const { plan, state } = record;
  const subject = releaseSubject(plan);
  const decision = {
    name: `decision-${number}`,
    bytes: statementBytes(subject, RELEASE_DECISION_TYPE, predicate),
  };
  if (state.rehearsal) return [decision];
  const plansUri = `https://aurora.example/plans/${encodeURIComponent(plan.name)}`;
  const summary = (
    name: string,
    part: { policyUri: string; atIso: string; inputs: ResourceDescriptor[]; level: string | null },
  ): NamedStatement => {
    const { policyUri, atIso, inputs, level } = part;
    const policy = { uri: policyUri, digest: { sha256: state.planSha256 } };
    const resourceUri = `pkg:generic/${encodeURIComponent(plan.service)}@${plan.release.version}`;
    const facts = { version: predicate.engine.version, atIso, resourceUri, policy, inputs, level };
    const bytes = statementBytes(subject, VERIFICATION_SUMMARY_TYPE, verificationSummary(facts));
    return { name, bytes };
  };
  const input = { uri: decision.name, digest: { sha256: sha256(decision.bytes) } };
  const gates = predicate.gates.map((gate) =>
    summary(`gate-${number}-${gate.gate}`, {
      policyUri: `${plansUri}#${gate.gate}`,
      atIso: gate.evaluatedAt,
      inputs: [],
      level: gate.outcome === 'pass' ? 'AURORA_GATE_PASSED' : null,
    }),
  );
  const standing = standingOf(record, decided);
  if (standing.is === 'open') return [decision, ...gates];
  const whole = summary(`summary-${number}`, {
    policyUri: plansUri,
    atIso: formatInstant(standing.atMs),
    inputs: [input],
    level: standing.is === 'passed' ? `AURORA_${decided.subject.toUpperCase()}_GO` : null,
  });
  return [decision, ...gates, whole];
}

/** Whether a decision is a yes, a no, or neither yet; and since when. */
function standingOf(
  { state }: PromotionRecord,
  decided: Decided,
): { is: 'passed' | 'failed' | 'open'; atMs: number } {
  const { outcome, back } = state;
  const turned = outcome !== null && outcome.kind !== 'promoted' ? outcome.atMs : back?.sinceMs;
  const { atMs } = decided;
  if (decided.outcome === 'NO-GO') return { is: 'failed', atMs };
  if (decided.revoked?.startsWith('superseded') === true) return { is: 'open', atMs };
  if (turned !== undefined) return { is: 'failed', atMs: turned };
  if (decided.revoked !== null) return { is: 'failed', atMs };
  const metAtMs = decided.conditions.map((condition) => condition.metAtMs);
  if (metAtMs.some((one) => one === null)) return { is: 'open', atMs };
  return { is: 'passed', atMs: Math.max(atMs, ...metAtMs.map((one) => one ?? atMs)) };
}

/** The artifacts; a release without any is named by the digest of its own record. */
export function releaseSubject(plan: Plan): readonly Subject[] {
  const { artifacts, version } = plan.release;
  if (artifacts.length > 0) {
    return artifacts.map(({ name, sha256: digest }) => ({ name, digest: { sha256: digest } }));
  }
  const name = `release record of ${plan.service} ${version}`;
  return [{ name, digest: { sha256: digestOf(plan.release) } }];
}
