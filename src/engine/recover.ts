import { digestOf, sha256 } from '../base/digest.ts';
import { type Problem, problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Interval } from '../core/evidence/interval.ts';
import type { Plan } from '../core/plan/plan.ts';
import { absorb } from '../core/promotion/absorb.ts';
import type { PromotionEvent } from '../core/promotion/event.ts';
import type { State } from '../core/promotion/state.ts';
import { transition } from '../core/promotion/transition.ts';
import { decodeEvent, type LeafBody } from './leaf.ts';
import type { IntervalRow, LedgerStore, Snapshot, StoredLeaf } from './ports.ts';
import type { Resume } from './promotion-runner.ts';

const LEAVES_AT_ONCE = 512;
const ROWS_AT_ONCE = 4_096;

export interface Recovered {
  plan: Plan;
  planSha256: string;
  resume: Resume;
}

/**
 * Rebuilds a promotion from its newest snapshot and the leaves after it. Every leaf's digest of the
 * state is recomputed: a difference is an integrity problem and nothing is resumed.
 */
export async function recover(
  store: LedgerStore,
  snapshot: Snapshot,
  size: number,
): Promise<Result<Recovered>> {
  const { promotion, leafIndex, stateSha256, body } = snapshot;
  const tied = await tiedLeaf(store, snapshot);
  if (!tied.ok) return tied;
  if (sha256(body) !== stateSha256 || tied.value.stateSha256 !== stateSha256) {
    return fail(broken(promotion, `its snapshot is not the state after leaf ${leafIndex}`));
  }
  const saved = JSON.parse(body) as State;
  const plan = await planOf(store, saved.planSha256);
  if (!plan.ok) return plan;
  const replay = new Replay(store, plan.value, saved, tied.value.n + 1);
  const problemFound = await replay.tellLeaves(leafIndex + 1, size);
  if (problemFound !== null) return fail(problemFound);
  const unsealed = await replay.takeUnsealed();
  if (!unsealed.ok) return unsealed;
  const resume: Resume = { state: replay.state, n: replay.n, unsealed: unsealed.value };
  return ok({ plan: plan.value, planSha256: saved.planSha256, resume });
}

/** A promotion's leaves told to the machine again, in order. */
class Replay {
  state: State;
  n: number;
  private readonly store: LedgerStore;
  private readonly plan: Plan;

  constructor(store: LedgerStore, plan: Plan, state: State, n: number) {
    this.store = store;
    this.plan = plan;
    this.state = state;
    this.n = n;
  }

  async tellLeaves(first: number, size: number): Promise<Problem | null> {
    for (let index = first; index < size; index += LEAVES_AT_ONCE) {
      const to = Math.min(index + LEAVES_AT_ONCE, size);
      const leaves = await this.store.leaves(index, to);
      if (!leaves.ok) return leaves.problem;
      for (const leaf of leaves.value) {
        const found = leaf.promotion === this.state.promotion ? await this.tell(leaf) : null;
        if (found !== null) return found;
      }
    }
    return null;
  }

  /** Rows after the last leaf: they were durable, so they count. */
  async takeUnsealed(): Promise<Result<readonly IntervalRow[]>> {
    const rows = await this.store.rows(
      this.state.promotion,
      this.state.evidence.lastSeq,
      ROWS_AT_ONCE,
    );
    if (!rows.ok) return rows;
    for (const { body } of rows.value) {
      this.state = absorb(this.plan, this.state, JSON.parse(body) as Interval);
    }
    return rows;
  }

  private async tell(leaf: StoredLeaf): Promise<Problem | null> {
    const body = JSON.parse(leaf.body) as LeafBody;
    const { promotion } = this.state;
    if (body.n !== this.n)
      return broken(promotion, `leaf ${leaf.index} is number ${body.n}, not ${this.n}`);
    const recorded = decodeEvent(body, leaf.blob);
    if (recorded.kind === 'blob') return broken(promotion, `leaf ${leaf.index} lacks its blob`);
    const rows = await this.rowsOf(body);
    if (!rows.ok) return rows.problem;
    const last = recorded.kind === 'interval' ? rows.value.at(-1) : undefined;
    for (const row of last === undefined ? rows.value : rows.value.slice(0, -1)) {
      this.state = absorb(this.plan, this.state, row);
    }
    if (recorded.kind !== 'segment') {
      const event: PromotionEvent | null =
        recorded.kind !== 'interval'
          ? recorded
          : last
            ? { kind: 'interval', interval: last }
            : null;
      if (event === null) return broken(promotion, `leaf ${leaf.index} lacks its interval`);
      const { planSha256 } = this.state;
      this.state = transition(this.plan, planSha256, this.state, event, body.atMs).state;
    }
    if (digestOf(this.state) !== body.stateSha256) {
      return broken(promotion, `the state after leaf ${leaf.index} cannot be recomputed`);
    }
    this.n += 1;
    return null;
  }

  private async rowsOf(body: LeafBody): Promise<Result<readonly Interval[]>> {
    if (body.sealed === null) return ok([]);
    const { fromSeq, toSeq, rows: count } = body.sealed;
    const rows = await this.store.rows(this.state.promotion, fromSeq - 1, count);
    if (!rows.ok) return rows;
    if (rows.value.length !== count || rows.value.at(-1)?.seq !== toSeq) {
      return fail(broken(this.state.promotion, `rows ${fromSeq} to ${toSeq} are not all there`));
    }
    return ok(rows.value.map((row) => JSON.parse(row.body) as Interval));
  }
}

/** The leaf that the snapshot claims to follow: its digest of the state binds the snapshot. */
async function tiedLeaf(store: LedgerStore, snapshot: Snapshot): Promise<Result<LeafBody>> {
  const leaves = await store.leaves(snapshot.leafIndex, snapshot.leafIndex + 1);
  if (!leaves.ok) return leaves;
  const leaf = leaves.value[0];
  if (leaf === undefined || leaf.promotion !== snapshot.promotion) {
    return fail(broken(snapshot.promotion, `its snapshot names leaf ${snapshot.leafIndex}`));
  }
  return ok(JSON.parse(leaf.body) as LeafBody);
}

async function planOf(store: LedgerStore, planSha256: string): Promise<Result<Plan>> {
  const blob = await store.blob(planSha256);
  if (!blob.ok) return blob;
  if (blob.value === null)
    return fail(problem('integrity', `plan ${planSha256} is not in the ledger`));
  const plan = JSON.parse(new TextDecoder().decode(blob.value)) as Plan;
  if (digestOf(plan) !== planSha256)
    return fail(problem('integrity', `plan ${planSha256} is damaged`));
  return ok(plan);
}

function broken(promotion: string, what: string): Problem {
  return problem('integrity', `${promotion}: ${what}`, 'auroractl ledger verify');
}
