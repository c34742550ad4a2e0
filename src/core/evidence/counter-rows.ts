import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { TrackRow } from './assemble.ts';
import type { Measurement } from './interval.ts';

/**
 * Rows of counters that only rise, as rows of what was added since the row before of the same track
 * and instance. The first row of each only begins, and so does a metric that the row before did not
 * have. A counter that fell was set back: what it says is what was added since. Rows are taken in the
 * order of their time.
 */
export function differences(rows: readonly TrackRow[]): Result<readonly TrackRow[]> {
  const last = new Map<string, TrackRow>();
  const found: TrackRow[] = [];
  const ordered = [...rows].sort((a, b) => a.startMs - b.startMs);
  for (const row of ordered) {
    const key = `${row.track} ${row.instance ?? ''}`;
    const before = last.get(key);
    last.set(key, row);
    if (before === undefined) continue;
    const wasReset = row.requests < before.requests;
    const metrics: Record<string, Measurement> = {};
    for (const [name, measured] of Object.entries(row.metrics)) {
      const older = Object.hasOwn(before.metrics, name) ? before.metrics[name] : undefined;
      if (older === undefined) continue;
      const difference = wasReset ? measured : since(older, measured);
      if (difference === null) {
        const message = `${row.place}: ${name} has other buckets than in ${before.place}`;
        return fail(problem('invalid-file', message));
      }
      metrics[name] = difference;
    }
    const requests = wasReset ? row.requests : row.requests - before.requests;
    found.push({ ...row, requests, metrics });
  }
  return ok(found);
}

/** Null: another kind or layout. One part that fell means that all of it began anew. */
function since(before: Measurement, after: Measurement): Measurement | null {
  if (after.kind === 'value') return after;
  if (before.kind === 'rate' && after.kind === 'rate') {
    const events = after.events - before.events;
    const total = after.total - before.total;
    return events < 0 || total < 0 ? after : { kind: 'rate', events, total };
  }
  if (before.kind !== 'histogram' || after.kind !== 'histogram') return null;
  if (before.counts.length !== after.counts.length) return null;
  const counts = after.counts.map((count, index) => count - (before.counts[index] ?? 0));
  return counts.some((count) => count < 0) ? after : { kind: 'histogram', counts };
}
