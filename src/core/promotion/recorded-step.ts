import type { Effect } from './effect.ts';
import type { PromotionEvent } from './event.ts';
import type { State } from './state.ts';

/** An event as an entry names it: an interval, and the sealing of some, by the number of the row. */
export type RecordedEvent =
  | Exclude<PromotionEvent, { kind: 'interval' }>
  | { kind: 'interval'; seq: number }
  | { kind: 'segment'; seq: number };

/** Who brought it about, as `audit_log` shows it. */
export function actorOf(event: RecordedEvent): string {
  if (event.kind === 'opened' || event.kind === 'command') return event.by;
  return event.kind === 'sign-off' || event.kind === 'override' ? 'signer' : 'aurora';
}

/** Where the promotion stands after it, and what follows. */
export function summaryOf(state: State, effects: readonly Effect[]): string {
  const { phase, step, stage } = state.position;
  const where =
    state.outcome === null ? `phase ${phase} step ${step} ${stage}` : state.outcome.kind;
  const what = effects.map(({ kind }) => kind).join(', ');
  return what === '' ? where : `${where}: ${what}`;
}
