import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { parseInstant } from '../../base/instant.ts';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { TrackRow } from '../../core/evidence/assemble.ts';
import type { Measurement } from '../../core/evidence/interval.ts';
import { type CsvLayout, layoutOf } from './csv-layout.ts';

/** Both tracks for a fortnight of ten-second intervals. */
const ROWS_MAX = 300_000;
const RECORD_CHARACTERS_MAX = 65_536;

export interface CsvFile {
  layout: CsvLayout;
  rows: readonly TrackRow[];
  /** The column `interval` numbers intervals; else `start` has times. */
  numbered: boolean;
}

/**
 * A CSV file with a heading: `interval` (a number) or `start` (a time), `track`, `requests`, and a
 * column or more a metric (csv-layout.ts says how they are named). Streamed, and refused beyond
 * 300,000 rows; each mistake with its line and column. A numbered interval begins at that number of
 * milliseconds; the caller knows how long it is.
 */
export async function readCsv(path: string): Promise<Result<CsvFile>> {
  let layout: CsvLayout | null = null;
  const rows: TrackRow[] = [];
  const input = createReadStream(path);
  const parser = input.pipe(
    parse({
      ...{ bom: true, trim: true, info: true, skip_empty_lines: true },
      // A file without line ends, or with an open quote, is one endless record.
      max_record_size: RECORD_CHARACTERS_MAX,
    }),
  );
  input.on('error', (error) => parser.destroy(error));
  try {
    for await (const { info, record } of parser as AsyncIterable<{
      info: { lines: number };
      record: readonly string[];
    }>) {
      if (layout === null) {
        const read = layoutOf(record);
        if (!read.ok) return fail(inFile(path, read.problem));
        layout = read.value;
        continue;
      }
      if (rows.length === ROWS_MAX) return fail(tooLong(path));
      const row = rowOf(layout, record, info.lines);
      if (!row.ok) return fail(inFile(path, row.problem));
      rows.push(row.value);
    }
  } catch (error) {
    return fail(brokenFile(path, error));
  } finally {
    input.destroy();
  }
  if (layout === null || rows.length === 0) {
    return fail(
      problem(
        'invalid-file',
        `${path} holds no interval`,
        'a heading, then a row an interval and track',
      ),
    );
  }
  return ok({ layout, rows, numbered: layout.time === 'interval' });
}

function inFile(path: string, found: Problem): Problem {
  return { ...found, message: `${path}: ${found.message}` };
}

function tooLong(path: string): Problem {
  const hint = 'judge a shorter time, or write longer intervals';
  return problem('invalid-file', `${path} has more than ${ROWS_MAX} rows`, hint);
}

function brokenFile(path: string, error: unknown): Problem {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return problem('not-found', `${path} does not exist`);
  return problem('invalid-file', `${path}: ${message}`);
}

function rowOf(layout: CsvLayout, record: readonly string[], line: number): Result<TrackRow> {
  const place = `line ${line}`;
  const cell = (column: number): string => record[column] ?? '';
  const wrong = (column: number, expected: string): Result<never> => {
    const found = JSON.stringify(cell(column).slice(0, 40));
    return fail(
      problem(
        'invalid-file',
        `${place}, ${layout.names[column]}: expected ${expected}, found ${found}`,
      ),
    );
  };
  const startMs = startOf(layout, cell(layout.timeColumn));
  if (startMs === null) {
    const form =
      layout.time === 'interval'
        ? 'a whole number'
        : 'a time such as 2026-11-21T04:00:00Z, or seconds';
    return wrong(layout.timeColumn, form);
  }
  const track = cell(layout.trackColumn);
  if (track !== 'stable' && track !== 'candidate') {
    return wrong(layout.trackColumn, 'stable or candidate');
  }
  const requests = count(cell(layout.requestsColumn));
  if (requests === null) return wrong(layout.requestsColumn, 'a count, 0 or more');
  const metrics = metricsOf(layout, cell, requests);
  if (typeof metrics === 'number') return wrong(metrics, expectedIn(layout, metrics));
  const pctText = layout.pctColumn === null ? '' : cell(layout.pctColumn);
  const candidatePct = pctText === '' ? null : finite(pctText);
  if (pctText !== '' && !(candidatePct !== null && candidatePct >= 0 && candidatePct <= 100)) {
    return wrong(layout.pctColumn ?? 0, 'a share from 0 to 100');
  }
  const named = layout.instanceColumn === null ? '' : cell(layout.instanceColumn);
  const instance = named === '' ? null : named;
  return ok({ place, track, instance, startMs, candidatePct, requests, metrics });
}

function expectedIn(layout: CsvLayout, column: number): string {
  const isValue = layout.metrics.some((one) => one.kind === 'value' && one.columns[0] === column);
  return isValue
    ? 'a number'
    : 'a count from 0 to the requests; buckets count what is at or below their edge';
}

/** By metric; the number of the column that is not what it must be. An empty cell: not measured. */
function metricsOf(
  layout: CsvLayout,
  cell: (column: number) => string,
  requests: number,
): Record<string, Measurement> | number {
  const metrics: Record<string, Measurement> = {};
  for (const { name, kind, columns } of layout.metrics) {
    if (columns.every((column) => cell(column) === '')) continue;
    const numbers: number[] = [];
    for (const column of columns) {
      const value = kind === 'value' ? finite(cell(column)) : count(cell(column));
      const least = kind === 'histogram' ? (numbers.at(-1) ?? 0) : 0;
      const isWrong = value === null || (kind !== 'value' && (value > requests || value < least));
      if (isWrong) return column;
      numbers.push(value);
    }
    const [first = 0] = numbers;
    if (kind === 'rate') metrics[name] = { kind, events: first, total: requests };
    else if (kind === 'value') metrics[name] = { kind, value: first };
    else metrics[name] = { kind, counts: between(numbers, requests) };
  }
  return metrics;
}

/** Cumulative counts at the edges, to counts by bucket with those above every edge last. */
function between(cumulative: readonly number[], total: number): number[] {
  return [...cumulative, total].map((value, i) => value - (i === 0 ? 0 : (cumulative[i - 1] ?? 0)));
}

function startOf({ time }: CsvLayout, text: string): number | null {
  if (time === 'interval') return count(text);
  if (/^\d+(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1_000);
  return parseInstant(text);
}

function count(text: string): number | null {
  const value = /^\d{1,16}(\.0+)?$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : null;
}

function finite(text: string): number | null {
  const value = /^[+-]?\d{1,20}(\.\d+)?([eE][+-]?\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : null;
}
