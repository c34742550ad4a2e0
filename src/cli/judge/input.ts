import { extname } from 'node:path';
import { parseDuration } from '../../base/duration.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { assemble, type TrackRow } from '../../core/evidence/assemble.ts';
import { differences } from '../../core/evidence/counter-rows.ts';
import type { Interval } from '../../core/evidence/interval.ts';
import type { CsvMetric } from './csv-layout.ts';
import { type CsvFile, readCsv } from './csv-rows.ts';
import { readJson } from './json-intervals.ts';

/** Intervals of two tracks from outside, and what was decided in reading them. */
export interface JudgeInput {
  metrics: readonly Omit<CsvMetric, 'columns'>[];
  intervals: readonly Interval[];
  intervalMs: number;
  notes: readonly string[];
}

export interface ReadOptions {
  /** Length of the intervals; null: as the file's own times say. */
  interval: string | null;
  /** Intended share of the candidate where the file has none. */
  candidatePct: number | null;
  /** The numbers are counters that only rise. */
  counters: boolean;
}

/** A .json file of intervals, or a CSV file of anything else. */
export async function readIntervals(
  path: string,
  options: ReadOptions,
): Promise<Result<JudgeInput>> {
  if (extname(path).toLowerCase() === '.json') return fromJson(path, options);
  const file = await readCsv(path);
  if (!file.ok) return file;
  const length = lengthOf(file.value, options);
  if (!length.ok) return length;
  const { ms: intervalMs, note } = length.value;
  const timed = file.value.rows.map((row) => atTime(row, file.value, intervalMs, options));
  const rows = options.counters ? differences(timed) : ok(timed);
  if (!rows.ok) return fail(problem('invalid-file', `${path}: ${rows.problem.message}`));
  const intervals = assemble(rows.value, intervalMs);
  if (!intervals.ok) {
    const { code, message, hint } = intervals.problem;
    return fail(problem(code, `${path}: ${message}`, hint));
  }
  const { metrics } = file.value.layout;
  return ok({
    metrics,
    intervals: intervals.value,
    intervalMs,
    notes: note === null ? [] : [note],
  });
}

function fromJson(path: string, { candidatePct }: ReadOptions): Result<JudgeInput> {
  const file = readJson(path);
  if (!file.ok) return file;
  const intervals = file.value.intervals.map((one) => {
    return { ...one, candidatePct: one.candidatePct ?? candidatePct };
  });
  const [first] = intervals;
  const intervalMs = first === undefined ? 0 : first.endMs - first.startMs;
  return ok({ metrics: file.value.metrics, intervals, intervalMs, notes: [] });
}

function atTime(
  row: TrackRow,
  { numbered }: CsvFile,
  intervalMs: number,
  { candidatePct }: ReadOptions,
): TrackRow {
  const startMs = numbered ? row.startMs * intervalMs : row.startMs;
  return { ...row, startMs, candidatePct: row.candidatePct ?? candidatePct };
}

/** Numbered intervals say nothing of their length, so it must be given; times say it themselves. */
function lengthOf(
  { rows, numbered }: CsvFile,
  { interval }: ReadOptions,
): Result<{ ms: number; note: string | null }> {
  const given = interval === null ? null : parseDuration(interval);
  if (interval !== null && (given === null || given === 0)) {
    return fail(
      problem('usage', `expected --interval such as 10s or 1m, found ${JSON.stringify(interval)}`),
    );
  }
  if (given !== null) return ok({ ms: given, note: null });
  if (numbered) {
    // Nothing but the picture's axis depends on it: a number stands for a second.
    return ok({ ms: 1_000, note: 'numbered intervals without --interval are drawn as seconds' });
  }
  const ms = smallestGap(rows);
  if (ms === null) {
    const hint = 'give the length of the intervals: --interval 10s';
    return fail(problem('invalid-file', 'one interval alone does not say how long it is', hint));
  }
  return ok({
    ms,
    note: `intervals of ${ms / 1_000} s, the smallest distance of two rows of a track`,
  });
}

function smallestGap(rows: readonly TrackRow[]): number | null {
  const last = new Map<string, number>();
  let smallest: number | null = null;
  for (const { track, instance, startMs } of [...rows].sort((a, b) => a.startMs - b.startMs)) {
    const key = `${track} ${instance ?? ''}`;
    const gap = startMs - (last.get(key) ?? Number.NaN);
    if (gap > 0 && (smallest === null || gap < smallest)) smallest = gap;
    last.set(key, startMs);
  }
  return smallest;
}
