import { fromUtf8 } from '../../base/bytes.ts';
import { canonicalJson } from '../../base/canonical-json.ts';
import { sha256 } from '../../base/digest.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { type Entry, parseJson, type Seal } from '../../core/ledger/entry.ts';
import type { Effect } from '../../core/promotion/effect.ts';
import { actorOf, type RecordedEvent, summaryOf } from '../../core/promotion/recorded-step.ts';
import type { State } from '../../core/promotion/state.ts';

/** An event as an entry has it: whole, or by the number of its row; the effects beside it. */
export interface RecordedStep {
  event: RecordedEvent;
  /** The digest of the blob that holds it; null: the entry itself does. */
  blobSha256: string | null;
}

/** The step of an entry, its blob put back. `integrity` where that is missing or another one. */
export function decodeStep(
  entry: Entry,
  blobOf: (sha256: string) => Uint8Array | null,
): Result<RecordedStep> {
  const event = entry.event as RecordedEvent | { kind: 'blob'; sha256: string } | null;
  if (event?.kind !== 'blob') return ok({ event: event as RecordedEvent, blobSha256: null });
  const blob = blobOf(event.sha256);
  if (blob === null) return fail(problem('integrity', `blob ${event.sha256} is missing`));
  const text = fromUtf8(blob);
  const whole = text === null ? null : (parseJson(text) as { event?: RecordedEvent } | null);
  if (sha256(blob) !== event.sha256 || whole?.event === undefined) {
    return fail(problem('integrity', `blob ${event.sha256} is not what was logged`));
  }
  return ok({ event: whole.event, blobSha256: event.sha256 });
}

/**
 * The entry that a step makes (docs/formats/ledger.md). Taken from the record are the time, the term
 * and the event itself, which come from outside; all else follows.
 */
export function expectedEntry(input: {
  recorded: Entry;
  step: RecordedStep;
  effects: readonly Effect[];
  n: number;
  promotion: string;
  stateSha256: string;
  ended: boolean;
  sealed: Seal | null;
  planSha256: string | null;
  state: State;
}): Entry {
  const { recorded, step, effects, sealed, state } = input;
  const { event, blobSha256 } = step;
  const whole = blobSha256 === null ? null : sha256(canonicalJson({ event, effects }));
  return {
    v: 1,
    promotion: input.promotion,
    n: input.n,
    term: recorded.term,
    atMs: recorded.atMs,
    type: event.kind,
    actor: actorOf(event),
    summary: summaryOf(state, effects),
    event: whole === null ? event : { kind: 'blob', sha256: whole },
    effects: whole === null ? effects : [],
    stateSha256: input.stateSha256,
    ended: input.ended,
    sealed,
    blobSha256: whole ?? input.planSha256,
  };
}
