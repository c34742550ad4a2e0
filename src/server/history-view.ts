import type { Controller, PastPromotion } from '../app-controller.ts';
import { present } from '../base/assert.ts';
import { ok, type Result } from '../base/result.ts';
import type { HistoryEntry } from '../protocol/controller.ts';
import { outcomeView } from './promotion-view.ts';

/** Promotions that have ended, the last one first. */
export function historyView(
  { past }: Controller,
  filter: { service?: string; limit: number },
): Result<HistoryEntry[]> {
  const list = past.list(filter);
  if (!list.ok) return list;
  const entries: HistoryEntry[] = [];
  for (const one of list.value) {
    const share = past.share(one.state.promotion);
    if (!share.ok) return share;
    entries.push(entryOf(one, share.value.highestPct));
  }
  return ok(entries);
}

function entryOf({ plan, state }: PastPromotion, highestPct: number): HistoryEntry {
  const outcome = present(outcomeView(state), `${state.promotion} has ended`);
  return {
    id: state.promotion,
    service: state.service,
    version: plan.release.version,
    candidate: plan.release.candidate,
    plan: plan.name,
    by: state.by,
    rehearsal: state.rehearsal,
    openedAtMs: state.openedAtMs,
    outcome,
    highestPct,
  };
}
