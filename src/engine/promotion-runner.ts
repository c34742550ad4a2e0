import { assert } from '../base/assert.ts';
import { canonicalJson } from '../base/canonical-json.ts';
import { sha256 } from '../base/digest.ts';
import { type Problem, problem } from '../base/problem.ts';
import { ok, type Result } from '../base/result.ts';
import type { Interval } from '../core/evidence/interval.ts';
import type { Window } from '../core/evidence/window.ts';
import { sealOf } from '../core/ledger/segment.ts';
import type { Plan } from '../core/plan/plan.ts';
import { nextDueMs } from '../core/promotion/due.ts';
import type { Effect } from '../core/promotion/effect.ts';
import type { PromotionEvent } from '../core/promotion/event.ts';
import { controlChanged, hasEnded, type State } from '../core/promotion/state.ts';
import type { Transition, transition } from '../core/promotion/transition.ts';
import { encodeLeaf } from './leaf.ts';
import { failure, type Order, perform, type World } from './perform.ts';
import type { Clock, IntervalRow, LedgerStore, Snapshot } from './ports.ts';
import type { Entry, Recorder } from './recorder.ts';

/** A segment is sealed by a leaf after so many intervals at the latest. */
export const SEGMENT_ROWS = 60;
/** A snapshot is saved after so many leaves, so that a start replays no more than that. */
const SNAPSHOT_LEAVES = 50;

export interface Runtime {
  world: World;
  store: LedgerStore;
  recorder: Recorder;
  clock: Clock;
  /** The promotion machine: always `transition`, but for tests that plant a bug in it. */
  machine: typeof transition;
}

/** Where a promotion stands in the ledger. */
export interface Resume {
  state: State | null;
  /** Leaves of this promotion so far. */
  n: number;
  /** Rows that no leaf has sealed yet. */
  unsealed: readonly IntervalRow[];
}

/**
 * One promotion's road through the machine: events come in one at a time; each step is recorded,
 * and only then carried out. The results of effects come back as events.
 */
export class PromotionRunner {
  readonly plan: Plan;
  readonly planSha256: string;
  readonly id: string;
  private readonly runtime: Runtime;
  private current: State | null;
  private n: number;
  private unsealed: IntervalRow[];
  private tail: Promise<unknown> = Promise.resolve();
  private readonly inFlight = new Set<Promise<unknown>>();
  /** What the machine threw when it was told how an effect went. */
  private bug: unknown = null;

  constructor(runtime: Runtime, id: string, plan: Plan, planSha256: string, resume: Resume) {
    this.runtime = runtime;
    this.id = id;
    this.plan = plan;
    this.planSha256 = planSha256;
    this.current = resume.state;
    this.n = resume.n;
    this.unsealed = [...resume.unsealed];
  }

  get state(): State {
    assert(this.current !== null, `promotion ${this.id} is not open yet`);
    return this.current;
  }

  get ended(): boolean {
    return this.current !== null && hasEnded(this.current);
  }

  /** A bug met while nobody waited for an answer: thrown where somebody does. */
  throwBug(): void {
    if (this.bug !== null) throw this.bug;
  }

  /** When the next `tick` is due; null: only an event can move it. */
  dueMs(now: number): number | null {
    return nextDueMs(this.plan, this.state, now);
  }

  /**
   * Takes one event. Resolves once its step is durable and its effects are on their way; with a
   * problem when the event asked for what cannot be, or when nothing can be written any more.
   */
  post(event: PromotionEvent): Promise<Problem | null> {
    const turn = this.tail.then(() => this.take(event));
    this.tail = turn.catch(() => undefined);
    return turn;
  }

  /** Resolves when no effect is on its way and no event waits. */
  async idle(): Promise<void> {
    for (;;) {
      const tail = this.tail;
      await tail;
      await Promise.allSettled(this.inFlight);
      if (this.tail === tail && this.inFlight.size === 0) return;
    }
  }

  private async take(event: PromotionEvent): Promise<Problem | null> {
    const now = this.runtime.clock.now();
    const before = this.current;
    const step = this.runtime.machine(this.plan, this.planSha256, before, event, now);
    if (step.refused !== null) return step.refused;
    if (step.state === before) return null;
    const built = this.entryOf(event, before, step, now);
    if (!built.ok) return built.problem;
    const entry = built.value;
    const written = await this.runtime.recorder.append(entry);
    if (!written.ok) return written.problem;
    this.current = step.state;
    if (entry.leaf === null) {
      this.unsealed.push(...entry.rows);
    } else {
      this.n += 1;
      this.unsealed = [];
    }
    for (const effect of step.effects) this.carryOut(effect, now);
    return null;
  }

  /** What the step leaves in the ledger: a row alone, or a leaf that seals the rows so far. */
  private entryOf(
    event: PromotionEvent,
    before: State | null,
    step: Transition,
    now: number,
  ): Result<Entry> {
    const rows = event.kind === 'interval' ? [this.rowOf(event.interval)] : [];
    const isControl = controlChanged(before, step.state) || step.effects.length > 0;
    const isFull = this.unsealed.length + rows.length >= SEGMENT_ROWS;
    if (event.kind === 'interval' && !isControl && !isFull) {
      return ok({ leaf: null, rows, blobs: [], snapshot: null });
    }
    const isSegment = event.kind === 'interval' && !isControl;
    const encoded = encodeLeaf({
      n: this.n,
      term: this.runtime.recorder.term,
      atMs: now,
      event: isSegment ? { kind: 'segment', seq: event.interval.seq } : event,
      effects: step.effects,
      state: step.state,
      sealed: sealOf([...this.unsealed, ...rows]),
      quoted: before === null ? this.planSha256 : null,
    });
    if (!encoded.ok) return encoded;
    const plan = before === null ? [planBlob(this.plan, this.planSha256)] : [];
    const { leaf, blobs, stateSha256 } = encoded.value;
    const snapshot = this.snapshotOf(before, step.state, stateSha256);
    return ok({ leaf, rows, blobs: [...blobs, ...plan], snapshot });
  }

  private rowOf(interval: Interval): IntervalRow {
    return { promotion: this.id, seq: interval.seq, body: canonicalJson(interval) };
  }

  private snapshotOf(
    before: State | null,
    state: State,
    stateSha256: string,
  ): ((leafIndex: number) => Snapshot) | null {
    const ended = hasEnded(state);
    if (before !== null && !ended && (this.n + 1) % SNAPSHOT_LEAVES !== 0) return null;
    const body = canonicalJson(state);
    return (leafIndex) => ({ promotion: this.id, ended, leafIndex, stateSha256, body });
  }

  private carryOut(effect: Effect, now: number): void {
    const { world, recorder } = this.runtime;
    const order: Order = {
      plan: this.plan,
      state: this.state,
      term: recorder.term,
      now,
      window: (windowMs) => this.lookBack(windowMs),
    };
    const done = perform(world, order, effect)
      .catch((error: unknown) => failure(effect, problem('unavailable', String(error))))
      .then((event) => this.post(event))
      .catch((error: unknown) => {
        this.bug ??= error;
      })
      .finally(() => this.inFlight.delete(done));
    this.inFlight.add(done);
  }

  /** Recorded rows whose end lies within the window before the last one. */
  private async lookBack(windowMs: number): Promise<Window> {
    const { lastSeq, lastEndMs } = this.state.evidence;
    const count = Math.ceil(windowMs / this.plan.intervalMs) + 1;
    const rows = await this.runtime.store.rows(this.id, lastSeq - count, count);
    if (!rows.ok) return { intervals: [], sha256: sha256('') };
    const within = rows.value
      .map(({ body }) => ({ body, interval: JSON.parse(body) as Interval }))
      .filter(({ interval }) => interval.endMs > lastEndMs - windowMs);
    const text = within.map(({ body }) => `${body}\n`).join('');
    return { intervals: within.map(({ interval }) => interval), sha256: sha256(text) };
  }
}

function planBlob(plan: Plan, planSha256: string): { sha256: string; body: Uint8Array } {
  return { sha256: planSha256, body: new TextEncoder().encode(canonicalJson(plan)) };
}
