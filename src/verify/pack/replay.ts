import { canonicalJson } from '../../base/canonical-json.ts';
import { digestOf, sha256 } from '../../base/digest.ts';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { RecordedStep } from '../../core/decision/promotion-record.ts';
import type { Interval } from '../../core/evidence/interval.ts';
import type { GateResult } from '../../core/gate/gate.ts';
import type { Entry } from '../../core/ledger/entry.ts';
import { type SegmentRow, sealOf } from '../../core/ledger/segment.ts';
import type { Plan } from '../../core/plan/plan.ts';
import { absorb } from '../../core/promotion/absorb.ts';
import type { PromotionEvent } from '../../core/promotion/event.ts';
import { hasEnded, type State } from '../../core/promotion/state.ts';
import { type Transition, transition } from '../../core/promotion/transition.ts';
import { decodeStep, expectedEntry } from './recorded-step.ts';

/** What the ledger holds of one promotion, and what it quotes. */
export interface RecordedPromotion {
  plan: Plan;
  /** Its entries, rising. */
  entries: readonly PlacedEntry[];
  /** Its interval rows, rising by seq. */
  rows: readonly SegmentRow[];
  blob(sha256: string): Uint8Array | null;
}

export interface PlacedEntry {
  index: number;
  body: string;
  entry: Entry;
}

/** What came out when the machine was told everything again. */
export interface Replay {
  state: State;
  entries: number;
  rows: number;
  /** What the machine was told, in order. */
  steps: readonly RecordedStep[];
  /** Each evaluation of a gate, in order. */
  gates: readonly { entry: number; atMs: number; result: GateResult }[];
  /** Documents that people signed and the machine accepted, in order. */
  signed: readonly SignedStep[];
}

export interface SignedStep {
  entry: number;
  atMs: number;
  kind: 'sign-off' | 'override';
  document: string;
  signature: string;
}

/**
 * Tells the promotion machine everything that was recorded, from the first entry on, and demands that
 * each entry is, byte for byte, what the machine makes of it: state digest, effects, outcome, sealed
 * rows. `integrity` naming the first entry that is not. A quorum, a verdict or a signature that does
 * not hold gives another state, and so another entry.
 */
export function replay(recorded: RecordedPromotion): Result<Replay> {
  const course = new Course(recorded);
  for (const placed of recorded.entries) {
    const found = course.tell(placed);
    if (found !== null) return fail(found);
  }
  return course.end();
}

class Course {
  private readonly recorded: RecordedPromotion;
  private readonly planSha256: string;
  private state: State | null = null;
  private n = 0;
  private nextRow = 0;
  private readonly steps: RecordedStep[] = [];
  private readonly gates: { entry: number; atMs: number; result: GateResult }[] = [];
  private readonly signed: SignedStep[] = [];

  constructor(recorded: RecordedPromotion) {
    this.recorded = recorded;
    this.planSha256 = digestOf(recorded.plan);
  }

  /** null: the entry is what the machine makes of it. */
  tell(placed: PlacedEntry): Problem | null {
    const { index, entry, body } = placed;
    if (entry.n !== this.n) return broken(index, `it is step ${entry.n}, and ${this.n} is next`);
    const step = decodeStep(entry, this.recorded.blob);
    if (!step.ok) return broken(index, step.problem.message);
    const rows = this.takeRows(entry);
    if (!rows.ok) return broken(index, rows.problem.message);
    const intervals = rows.value.map((row) => JSON.parse(row.body) as Interval);
    const { event } = step.value;
    const isRow = event.kind === 'interval' || event.kind === 'segment';
    if (isRow && event.seq !== rows.value.at(-1)?.seq) {
      return broken(index, `it names row ${event.seq}, which is not the last that it seals`);
    }
    const before = this.absorbAll(event.kind === 'interval' ? intervals.slice(0, -1) : intervals);
    const last = intervals.at(-1);
    const told: PromotionEvent | { kind: 'segment' } =
      event.kind === 'interval' && last !== undefined
        ? { kind: 'interval', interval: last }
        : (event as Exclude<typeof event, { kind: 'interval' }>);
    const moved = this.move(told, before, entry.atMs);
    if (!moved.ok) return broken(index, moved.problem.message);
    const after = moved.value;
    const expected = expectedEntry({
      recorded: entry,
      step: step.value,
      effects: after.effects,
      n: this.n,
      promotion: after.state.promotion,
      stateSha256: digestOf(after.state),
      ended: hasEnded(after.state),
      sealed: sealOf(rows.value),
      planSha256: before === null ? this.planSha256 : null,
      state: after.state,
    });
    const difference = differenceOf(entry, expected, body);
    if (difference !== null) return broken(index, difference);
    this.note(placed, told, before, after);
    this.state = after.state;
    this.n += 1;
    return null;
  }

  end(): Result<Replay> {
    const { state } = this;
    if (state === null) return fail(problem('integrity', 'the ledger holds no entry of it'));
    if (!hasEnded(state)) {
      return fail(problem('integrity', `${state.promotion} has not ended within these entries`));
    }
    const left = this.recorded.rows[this.nextRow];
    if (left !== undefined) {
      return fail(problem('integrity', `row ${left.seq} is in no segment of the ledger`));
    }
    const { steps, gates, signed } = this;
    return ok({ state, entries: this.n, rows: this.nextRow, steps, gates, signed });
  }

  /** The rows that an entry seals, whose digest it quotes. */
  private takeRows({ sealed }: Entry): Result<readonly SegmentRow[]> {
    if (sealed === null) return ok([]);
    const rows = this.recorded.rows.slice(this.nextRow, this.nextRow + sealed.rows);
    const held = sealOf(rows);
    if (held === null || canonicalJson(held) !== canonicalJson(sealed)) {
      const message = `rows ${sealed.fromSeq} to ${sealed.toSeq} are not those that were sealed`;
      return fail(problem('integrity', message));
    }
    this.nextRow += rows.length;
    return ok(rows);
  }

  private absorbAll(intervals: readonly Interval[]): State | null {
    if (this.state === null) return null;
    const { plan } = this.recorded;
    return intervals.reduce((state, interval) => absorb(plan, state, interval), this.state);
  }

  private move(
    event: PromotionEvent | { kind: 'segment' },
    before: State | null,
    atMs: number,
  ): Result<Pick<Transition, 'state' | 'effects'>> {
    if (event.kind === 'segment') {
      if (before === null) return fail(problem('integrity', 'it comes before the first step'));
      return ok({ state: before, effects: [] });
    }
    if (before === null && event.kind !== 'opened') {
      return fail(problem('integrity', 'a promotion begins with `opened`'));
    }
    const { plan } = this.recorded;
    const after = transition(plan, this.planSha256, before, event, atMs);
    return after.refused === null ? ok(after) : fail(after.refused);
  }

  private note(
    { index, entry }: PlacedEntry,
    event: PromotionEvent | { kind: 'segment' },
    before: State | null,
    after: Pick<Transition, 'state'>,
  ): void {
    const { atMs } = entry;
    this.steps.push({ index, atMs, event: event.kind === 'interval' ? A_ROW : event });
    if (event.kind === 'sign-off' || event.kind === 'override') {
      const { kind, document, signature } = event;
      this.signed.push({ entry: index, atMs, kind, document, signature });
    }
    for (const [name, standing] of Object.entries(after.state.gates)) {
      if (before?.gates[name] === standing || event.kind !== 'evidence') continue;
      this.gates.push({ entry: index, atMs, result: standing.result });
    }
  }
}

/** Its measurements are in the rows. */
const A_ROW = { kind: 'interval' } as const;

/** The first field that differs, in words; null where the bytes are the same. */
function differenceOf(recorded: Entry, expected: Entry, body: string): string | null {
  if (canonicalJson(expected) === body) return null;
  const fields = Object.keys(expected) as (keyof Entry)[];
  const odd = fields.find(
    (field) => canonicalJson(recorded[field]) !== canonicalJson(expected[field]),
  );
  if (odd === undefined) return 'it holds more than a step does';
  const short = (value: unknown): string => {
    const text = canonicalJson(value);
    return text.length > 80
      ? `${text.slice(0, 77)}... (SHA-256 ${sha256(text).slice(0, 16)})`
      : text;
  };
  return `its ${odd} is ${short(recorded[odd])}, and the machine makes ${short(expected[odd])} of it`;
}

function broken(entry: number, what: string): Problem {
  return problem('integrity', `entry ${entry}: ${what}`);
}
