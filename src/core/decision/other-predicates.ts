import { digestOf } from '../../base/digest.ts';
import { formatInstant } from '../../base/instant.ts';
import { restsOnLoad } from '../promotion/synthetic.ts';
import type { PromotionRecord } from './promotion-record.ts';

export const VERDICT_TYPE = 'https://aurora.example/verdict/v1';
export const ROLLBACK_TYPE = 'https://aurora.example/rollback/v1';

export interface NamedPredicate {
  name: 'verdict' | 'rollback';
  type: string;
  predicate: object;
}

/** What is said beside the decisions: the judge's verdict, and why and when traffic went back. */
export function otherPredicates(
  record: PromotionRecord,
  version: string,
): readonly NamedPredicate[] {
  return [...verdictOf(record, version), ...rollbackOf(record, version)];
}

/** Where the judge has seen anything: its last word, its settings, and the digest of what it knew. */
function verdictOf(record: PromotionRecord, version: string): readonly NamedPredicate[] {
  const { plan, state } = record;
  const { judge, lastSeq, missing } = state.evidence;
  if (judge === null) return [];
  const predicate = {
    ...aboutOf(record, version),
    verdict: state.verdict ?? 'inconclusive',
    settings: plan.judge,
    metrics: plan.metrics,
    pairs: judge.pairs,
    evidenceToSeq: lastSeq,
    intervalsMissing: missing,
    synthetic: restsOnLoad(plan, state),
    judgeStateSha256: digestOf(judge),
  };
  return [{ name: 'verdict', type: VERDICT_TYPE, predicate }];
}

function rollbackOf(record: PromotionRecord, version: string): readonly NamedPredicate[] {
  const { back, outcome, weights, decisions } = record.state;
  if (back === null) return [];
  const predicate = {
    ...aboutOf(record, version),
    cause: back.cause,
    orderedAt: formatInstant(back.sinceMs),
    /** All traffic was confirmed at stable; null: not yet. */
    stableAt: back.weightsAtMs === null ? null : formatInstant(back.weightsAtMs),
    weights,
    forced: back.forced,
    withdrawn: back.withdrawn,
    outcome: outcome?.kind ?? null,
    endedAt: outcome === null ? null : formatInstant(outcome.atMs),
    revokes: decisions.findLast(({ outcome: word }) => word !== 'NO-GO')?.requestSha256 ?? null,
  };
  return [{ name: 'rollback', type: ROLLBACK_TYPE, predicate }];
}

function aboutOf({ plan, state }: PromotionRecord, version: string): object {
  return {
    promotion: state.promotion,
    service: plan.service,
    release: { version: plan.release.version, candidate: plan.release.candidate },
    rehearsal: state.rehearsal,
    policy: { plan: plan.name, sha256: state.planSha256 },
    engine: { name: 'auroractl', version },
  };
}
