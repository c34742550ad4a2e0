import type { Freeze } from '../plan/plan.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** 1970-01-01 was a Thursday. */
const FIRST_WEEKDAY = 4;

/** The freeze in force at `now` that ends last, and when that is; null: none. */
export function freezeAt(
  freezes: readonly Freeze[],
  now: number,
): { name: string; untilMs: number } | null {
  let found: { name: string; untilMs: number } | null = null;
  for (const freeze of freezes) {
    const untilMs = endOf(freeze, now);
    if (untilMs !== null && (found === null || untilMs > found.untilMs)) {
      found = { name: freeze.name, untilMs };
    }
  }
  return found;
}

function endOf(freeze: Freeze, now: number): number | null {
  if (freeze.kind === 'once') return now >= freeze.fromMs && now < freeze.toMs ? freeze.toMs : null;
  const day = Math.floor(now / DAY_MS);
  const weekday = (day + FIRST_WEEKDAY) % 7;
  const startMs = day * DAY_MS + freeze.fromMinute * MINUTE_MS;
  const endMs = day * DAY_MS + freeze.toMinute * MINUTE_MS;
  return freeze.days.includes(weekday) && now >= startMs && now < endMs ? endMs : null;
}
