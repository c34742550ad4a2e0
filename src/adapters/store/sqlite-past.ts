import { digestOf, sha256 } from '../../base/digest.ts';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Interval } from '../../core/evidence/interval.ts';
import type { Plan } from '../../core/plan/plan.ts';
import type { Effect } from '../../core/promotion/effect.ts';
import type { PromotionEvent } from '../../core/promotion/event.ts';
import type { State } from '../../core/promotion/state.ts';
import type { Snapshot, StoredLeaf } from '../../engine/ports.ts';
import type { EndedFilter, SqliteReader } from './sqlite-reader.ts';

/** A promotion that has ended, as the ledger holds it. */
export interface PastPromotion {
  plan: Plan;
  state: State;
  /** The leaf after which it stood so. */
  leafIndex: number;
}

/** The candidate's share as the drivers confirmed it. */
export interface ShareRecord {
  highestPct: number;
  /** When it was above nothing for the first time; null: it never was. */
  firstAtMs: number | null;
}

/** What users met while the candidate had a share. */
export interface Exposure {
  requests: number;
  /** Answered with an error by the candidate; null: the plan does not count its errors. */
  bad: number | null;
}

/** What became of earlier promotions, read beside the writer. Problems: `integrity`, `unavailable`. */
export interface PastPromotions {
  /** null: there is none of that id, or it has not ended. */
  find(id: string): Result<PastPromotion | null>;
  /** The one that ended last first. */
  list(filter: EndedFilter): Result<readonly PastPromotion[]>;
  /** Those that ended after that leaf, rising. */
  endedAfter(leafIndex: number, limit: number): Result<readonly PastPromotion[]>;
  /** Ids that begin so, of active ones too. */
  idsFrom(prefix: string, limit: number): Result<readonly string[]>;
  share(id: string): Result<ShareRecord>;
  exposure(past: PastPromotion): Result<Exposure>;
  ledgerSize(): Result<number>;
  /** Another one whenever anything was written since. */
  ledgerVersion(): Result<number>;
}

const ROWS_AT_ONCE = 4_096;

export function sqlitePast(reader: SqliteReader): PastPromotions {
  const open = (snapshot: Snapshot): Result<PastPromotion> => {
    const { promotion, leafIndex, body, stateSha256 } = snapshot;
    if (sha256(body) !== stateSha256) return fail(broken(promotion, 'its last state is damaged'));
    const state = JSON.parse(body) as State;
    const blob = reader.blob(state.planSha256);
    if (!blob.ok) return blob;
    if (blob.value === null) return fail(broken(promotion, 'its plan is not in the ledger'));
    const plan = JSON.parse(new TextDecoder().decode(blob.value)) as Plan;
    if (digestOf(plan) !== state.planSha256) return fail(broken(promotion, 'its plan is damaged'));
    return ok({ plan, state, leafIndex });
  };
  const openAll = (snapshots: Result<readonly Snapshot[]>): Result<readonly PastPromotion[]> => {
    if (!snapshots.ok) return snapshots;
    const opened: PastPromotion[] = [];
    for (const snapshot of snapshots.value) {
      const past = open(snapshot);
      if (!past.ok) return past;
      opened.push(past.value);
    }
    return ok(opened);
  };
  return {
    find: (id) => {
      const newest = reader.snapshot(id);
      if (!newest.ok) return newest;
      return newest.value?.ended === true ? open(newest.value) : ok(null);
    },
    list: (filter) => openAll(reader.ended(filter)),
    endedAfter: (leafIndex, limit) => openAll(reader.endedAfter(leafIndex, limit)),
    idsFrom: (prefix, limit) => reader.idsFrom(prefix, limit),
    share: (id) => {
      const leaves = reader.shareLeaves(id);
      return leaves.ok ? ok(shareOf(leaves.value)) : leaves;
    },
    exposure: (past) => exposureOf(reader, past),
    ledgerSize: () => reader.size(),
    ledgerVersion: () => reader.version(),
  };
}

interface RecordedStep {
  event: PromotionEvent | { kind: 'blob' };
  effects: readonly Effect[];
}

/** An order says what is wanted; what counts is what was confirmed, or seen in force. */
function shareOf(leaves: readonly StoredLeaf[]): ShareRecord {
  const ordered = new Map<string, number>();
  const found: ShareRecord = { highestPct: 0, firstAtMs: null };
  for (const leaf of leaves) {
    const { event, effects } = stepOf(leaf);
    for (const effect of effects) {
      if (effect.kind === 'set-weights') ordered.set(effect.id, effect.weights.candidate);
    }
    const pct =
      event.kind === 'effect-done'
        ? (ordered.get(event.effect) ?? 0)
        : event.kind === 'observed'
          ? event.weights.candidate
          : 0;
    if (pct > 0) found.firstAtMs ??= leaf.atMs;
    found.highestPct = Math.max(found.highestPct, pct);
  }
  return found;
}

/** A large step is a blob, of which the leaf holds the digest. */
function stepOf({ body, blob }: StoredLeaf): RecordedStep {
  const step = JSON.parse(body) as RecordedStep;
  if (step.event.kind !== 'blob' || blob === null) return step;
  return JSON.parse(new TextDecoder().decode(blob)) as RecordedStep;
}

function exposureOf(reader: SqliteReader, { plan, state }: PastPromotion): Result<Exposure> {
  const errors = plan.measurements.find(
    ({ from }) => from.source === 'splitter' && from.measure === 'errors',
  )?.metric;
  const found: Exposure = { requests: 0, bad: errors === undefined ? null : 0 };
  for (let afterSeq = -1; ; ) {
    const rows = reader.rows(state.promotion, afterSeq, ROWS_AT_ONCE);
    if (!rows.ok) return rows;
    for (const { seq, body } of rows.value) {
      afterSeq = seq;
      const { candidate } = JSON.parse(body) as Interval;
      if (candidate === null) continue;
      found.requests += candidate.requests;
      const counted = candidate.metrics[errors ?? ''];
      if (counted?.kind === 'rate') found.bad = (found.bad ?? 0) + counted.events;
    }
    if (rows.value.length < ROWS_AT_ONCE) return ok(found);
  }
}

function broken(promotion: string, what: string): Problem {
  return problem('integrity', `${promotion}: ${what}`, 'auroractl ledger verify');
}
