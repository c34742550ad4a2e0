import { present } from '../../base/assert.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Interval, Measurement, Track, TrackInterval } from './interval.ts';

/** What one instance of a track counted in one interval, as somebody else wrote it down. */
export interface TrackRow {
  /** Where it stands, for a message: `line 12`. */
  place: string;
  track: Track;
  /** null: the track is counted as one. */
  instance: string | null;
  startMs: number;
  /** The candidate's intended share during it; null: not known. */
  candidatePct: number | null;
  requests: number;
  metrics: Readonly<Record<string, Measurement>>;
}

/** Tracks are not stopped by the same clock: so far may a row be off the common grid. */
const OFF_GRID_MAX = 0.25;

/**
 * Rows of two tracks as pairs of intervals: each row belongs to the interval of the grid (from the
 * earliest row on, `intervalMs` each) that it begins nearest to; instances are added up; an instance
 * that says two things about one interval is an error, as is a row between two intervals. An
 * interval without a track holds null for it: it will not enter as a pair. Stable's instances, where
 * there are several, are also given as two halves for the A/A test.
 */
export function assemble(
  rows: readonly TrackRow[],
  intervalMs: number,
): Result<readonly Interval[]> {
  let originMs = Infinity;
  for (const { startMs } of rows) if (startMs < originMs) originMs = startMs;
  const cells = new Map<number, Map<string, TrackRow>>();
  for (const row of rows) {
    const seq = Math.round((row.startMs - originMs) / intervalMs);
    const offMs = row.startMs - originMs - seq * intervalMs;
    if (Math.abs(offMs) > OFF_GRID_MAX * intervalMs) return fail(offGrid(row, offMs, intervalMs));
    const cell = cells.get(seq) ?? new Map<string, TrackRow>();
    cells.set(seq, cell);
    const key = `${row.track} ${row.instance ?? ''}`;
    const twice = cell.get(key);
    if (twice !== undefined) return fail(repeated(row, twice));
    cell.set(key, row);
  }
  return intervalsOf(cells, originMs, intervalMs);
}

function intervalsOf(
  cells: ReadonlyMap<number, ReadonlyMap<string, TrackRow>>,
  originMs: number,
  intervalMs: number,
): Result<readonly Interval[]> {
  const intervals: Interval[] = [];
  const first = firstHalf(cells);
  for (const [seq, cell] of [...cells].sort(([a], [b]) => a - b)) {
    const stable = ofTrack(cell, 'stable');
    const candidate = ofTrack(cell, 'candidate');
    const sums = [summed(stable), summed(candidate)] as const;
    for (const sum of sums) if (!sum.ok) return sum;
    const halves = halvesOf(stable, first);
    if (!halves.ok) return halves;
    const startMs = originMs + seq * intervalMs;
    intervals.push({
      seq,
      startMs,
      endMs: startMs + intervalMs,
      candidatePct: shareOf([...stable, ...candidate]),
      stable: sums[0].ok ? sums[0].value : null,
      candidate: sums[1].ok ? sums[1].value : null,
      ...(halves.value === null ? {} : { stableHalves: halves.value }),
    });
  }
  return ok(intervals);
}

function ofTrack(cell: ReadonlyMap<string, TrackRow>, track: Track): TrackRow[] {
  return [...cell.values()].filter((row) => row.track === track);
}

/** Null where the rows do not agree: the weight changed meanwhile. */
function shareOf(rows: readonly TrackRow[]): number | null {
  const share = rows[0]?.candidatePct ?? null;
  return rows.every(({ candidatePct }) => candidatePct === share) ? share : null;
}

/** Of all the names that stable's instances ever have: one that comes and goes never changes sides. */
function firstHalf(cells: ReadonlyMap<number, ReadonlyMap<string, TrackRow>>): ReadonlySet<string> {
  const names = new Set<string>();
  for (const cell of cells.values()) {
    for (const { instance } of ofTrack(cell, 'stable')) if (instance !== null) names.add(instance);
  }
  return new Set([...names].sort().slice(0, Math.floor(names.size / 2)));
}

/** null: an interval in which one half has no instance. */
function halvesOf(
  rows: readonly TrackRow[],
  firstNames: ReadonlySet<string>,
): Result<NonNullable<Interval['stableHalves']> | null> {
  const named = rows.filter(({ instance }) => instance !== null);
  const inFirst = ({ instance }: TrackRow): boolean => firstNames.has(instance ?? '');
  const first = summed(named.filter(inFirst));
  const second = summed(named.filter((row) => !inFirst(row)));
  if (!first.ok) return first;
  if (!second.ok) return second;
  return ok(first.value && second.value && [first.value, second.value]);
}

function summed(rows: readonly TrackRow[]): Result<TrackInterval | null> {
  const [first, ...others] = rows;
  if (first === undefined) return ok(null);
  const metrics: Record<string, Measurement> = { ...first.metrics };
  let { requests } = first;
  for (const row of others) {
    requests += row.requests;
    for (const [name, measured] of Object.entries(row.metrics)) {
      const before = Object.hasOwn(metrics, name) ? metrics[name] : undefined;
      const sum = before === undefined ? measured : added(before, measured);
      if (sum === null) return fail(otherLayout(name, first, row));
      metrics[name] = sum;
    }
  }
  for (const [name, measured] of Object.entries(metrics)) {
    if (measured.kind !== 'value') continue;
    const count = rows.filter((row) => Object.hasOwn(row.metrics, name)).length;
    metrics[name] = { kind: 'value', value: measured.value / count };
  }
  return ok({ up: true, requests, metrics });
}

/** Null: a histogram of other buckets, or another kind. */
function added(a: Measurement, b: Measurement): Measurement | null {
  if (a.kind === 'rate' && b.kind === 'rate') {
    return { kind: 'rate', events: a.events + b.events, total: a.total + b.total };
  }
  if (a.kind === 'value' && b.kind === 'value') return { kind: 'value', value: a.value + b.value };
  if (a.kind !== 'histogram' || b.kind !== 'histogram') return null;
  if (a.counts.length !== b.counts.length) return null;
  const counts = a.counts.map((count, index) => {
    return count + present(b.counts[index], 'buckets were counted to be as many');
  });
  return { kind: 'histogram', counts };
}

function offGrid({ place, track }: TrackRow, offMs: number, intervalMs: number) {
  const off = `${Math.round(Math.abs(offMs) / 100) / 10} s`;
  const message = `${place}: this row of ${track} begins ${off} off the grid of ${intervalMs / 1_000} s that the first row begins`;
  return problem('invalid-file', message, 'give the length of the intervals with --interval');
}

function repeated({ place, track, instance }: TrackRow, twice: TrackRow) {
  const who = instance === null ? track : `${track}, instance ${instance}`;
  const message = `${place}: ${who} was counted for this interval in ${twice.place} already`;
  return problem(
    'invalid-file',
    message,
    'an interval enters once; several instances need an instance column',
  );
}

function otherLayout(name: string, first: TrackRow, row: TrackRow) {
  const message = `${row.place}: ${name} has other buckets than in ${first.place}`;
  return problem('invalid-file', message, 'histograms of other layouts cannot be added up');
}
