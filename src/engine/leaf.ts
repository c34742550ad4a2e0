import { canonicalJson } from '../base/canonical-json.ts';
import { digestOf, sha256 } from '../base/digest.ts';
import { ok, type Result } from '../base/result.ts';
import { type Entry, leafOf, type Seal } from '../core/ledger/entry.ts';
import type { Effect } from '../core/promotion/effect.ts';
import type { PromotionEvent } from '../core/promotion/event.ts';
import { actorOf, type RecordedEvent, summaryOf } from '../core/promotion/recorded-step.ts';
import { hasEnded, type State } from '../core/promotion/state.ts';
import type { LeafRecord } from './ports.ts';

/** A step larger than this is a blob; the leaf quotes its digest. A leaf holds 16 KiB at most. */
const STEP_BYTES_MAX = 8_192;

/**
 * What the engine writes of an event: itself, the number of its row, or the digest of the blob that
 * holds it and the effects that followed.
 */
type WrittenEvent = RecordedEvent | { kind: 'blob'; sha256: string };

export type LeafBody = Entry & { event: WrittenEvent; effects: readonly Effect[] };

export interface EncodedLeaf {
  leaf: LeafRecord;
  blobs: readonly { sha256: string; body: Uint8Array }[];
  stateSha256: string;
}

/**
 * The leaf of one step: what happened, what follows, and the digest of what is known after it.
 * `refused` when it does not fit into a leaf.
 */
export function encodeLeaf(input: {
  n: number;
  term: number;
  atMs: number;
  event: PromotionEvent | { kind: 'segment'; seq: number };
  effects: readonly Effect[];
  state: State;
  sealed: Seal | null;
  /** A blob of the same batch that the leaf vouches for: the plan, with the first leaf. */
  quoted: string | null;
}): Result<EncodedLeaf> {
  const { event, state, n, term, atMs, effects, sealed, quoted } = input;
  const recorded: RecordedEvent =
    event.kind === 'interval' ? { kind: 'interval', seq: event.interval.seq } : event;
  const whole = { event: recorded, effects };
  const body = new TextEncoder().encode(canonicalJson(whole));
  const blobSha256 = body.length > STEP_BYTES_MAX ? sha256(body) : null;
  const stateSha256 = digestOf(state);
  const entry: LeafBody = {
    v: 1,
    promotion: state.promotion,
    n,
    term,
    atMs,
    type: event.kind,
    actor: actorOf(recorded),
    summary: summaryOf(state, effects),
    event: blobSha256 === null ? recorded : { kind: 'blob', sha256: blobSha256 },
    effects: blobSha256 === null ? effects : [],
    stateSha256,
    ended: hasEnded(state),
    sealed,
    blobSha256: blobSha256 ?? quoted,
  };
  const leaf = leafOf(entry);
  if (!leaf.ok) return leaf;
  const blobs = blobSha256 === null ? [] : [{ sha256: blobSha256, body }];
  return ok({ leaf: leaf.value, blobs, stateSha256 });
}

/** The event as it was, its blob put back; an interval is looked up among the rows by the reader. */
export function decodeEvent(body: LeafBody, blob: Uint8Array | null): WrittenEvent {
  if (body.event.kind !== 'blob' || blob === null) return body.event;
  const whole = JSON.parse(new TextDecoder().decode(blob)) as { event: RecordedEvent };
  return whole.event;
}
