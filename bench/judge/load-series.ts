import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** A recorded load at one-minute intervals. */
export interface LoadSeries {
  file: string;
  /** Over the mean of those above 0. */
  factors: Float64Array;
  /** Where a stretch of history and release without a label begins. */
  starts: readonly number[];
  historyMinutes: number;
}

const FOLDER = join(
  process.env.AURORA_DATA ?? join(import.meta.dirname, '../../../shared/data'),
  'load',
);

/** The recorded loads at hand that have one-minute points; none where the folder is missing. */
export function loadFiles(): string[] {
  if (!existsSync(FOLDER)) return [];
  return readdirSync(FOLDER)
    .filter((name) => /^(?:mongo|ingress)-\d+\.csv\.gz$/.test(name))
    .sort();
}

/** A stretch in which traffic stood still for longer tells nothing about either track. */
const IDLE_PART_MAX = 0.5;

/**
 * Columns: time, value, label. Stretches of history and release are taken where they have no label
 * and traffic; a file may have none.
 */
export function readLoad(file: string, historyMinutes: number, minutes: number): LoadSeries {
  const lines = gunzipSync(readFileSync(join(FOLDER, file)))
    .toString()
    .trim()
    .split('\n')
    .slice(1);
  const rows = lines.map((line) => line.replaceAll('"', '').split(','));
  const values = Float64Array.from(rows, ([, value]) => {
    const number = Number(value);
    return Number.isFinite(number) && number > 0 ? number : 0;
  });
  const above = values.filter((value) => value > 0);
  const mean = above.reduce((a, b) => a + b, 0) / above.length;
  const length = historyMinutes + minutes;
  const starts: number[] = [];
  let clean = 0;
  let idle = 0;
  rows.forEach(([, , label], index) => {
    clean = Number(label) === 0 ? clean + 1 : 0;
    if (values[index] === 0) idle += 1;
    if (values[index - length] === 0) idle -= 1;
    const isBusy = idle <= IDLE_PART_MAX * length;
    if (clean >= length && isBusy) starts.push(index + 1 - length);
  });
  return { file, factors: values.map((value) => value / mean), starts, historyMinutes };
}
