import { assert } from '../../base/assert.ts';
import type { Comparison } from './comparison.ts';
import type { Counts } from './stats/counts.ts';

/**
 * The comparisons of one metric as they are saved: a list a number instead of an object a
 * comparison. The names of a histogram's dozen of comparisons would be a fifth of its state.
 */
export interface ComparisonColumns {
  lnE: readonly (readonly number[])[];
  lnRestart: readonly (readonly number[])[];
  lnNotWorse: readonly number[];
  /** null where the comparison has no absolute margin. */
  below: readonly (readonly [e: number, n: number] | null)[];
  cusum: readonly number[];
  /** null while the CUSUM is 0. */
  since: readonly (CountsRow | null)[];
  sum: readonly CountsRow[];
}

type CountsRow = readonly [eB: number, nB: number, eC: number, nC: number];

/** One pass, without a closure an entry: this is done for every interval. */
export function columnsOf(comparisons: readonly Comparison[]): ComparisonColumns {
  const lnE: (readonly number[])[] = [];
  const lnRestart: (readonly number[])[] = [];
  const lnNotWorse: number[] = [];
  const below: (readonly [number, number] | null)[] = [];
  const cusum: number[] = [];
  const since: (CountsRow | null)[] = [];
  const sum: CountsRow[] = [];
  for (const one of comparisons) {
    lnE.push(one.rollback.lnE);
    lnRestart.push(one.rollback.lnRestart);
    lnNotWorse.push(one.lnNotWorse);
    below.push(one.below === null ? null : [one.below.e, one.below.n]);
    cusum.push(one.relevance.cusum);
    since.push(one.relevance.since === null ? null : rowOf(one.relevance.since));
    sum.push(rowOf(one.sum));
  }
  return { lnE, lnRestart, lnNotWorse, below, cusum, since, sum };
}

export function comparisonsIn(columns: ComparisonColumns): Comparison[] {
  const comparisons: Comparison[] = [];
  for (let index = 0; index < columns.sum.length; index += 1) {
    comparisons.push(comparisonAt(columns, index));
  }
  return comparisons;
}

export function comparisonAt(columns: ComparisonColumns, index: number): Comparison {
  const lnE = columns.lnE[index];
  const lnRestart = columns.lnRestart[index];
  const lnNotWorse = columns.lnNotWorse[index];
  const below = columns.below[index];
  const cusum = columns.cusum[index];
  const since = columns.since[index];
  const sum = columns.sum[index];
  assert(
    lnE !== undefined &&
      lnRestart !== undefined &&
      lnNotWorse !== undefined &&
      below !== undefined &&
      cusum !== undefined &&
      since !== undefined &&
      sum !== undefined,
    'the columns of a comparison are of one length',
  );
  return {
    rollback: { lnE, lnRestart },
    lnNotWorse,
    below: below === null ? null : { e: below[0], n: below[1] },
    relevance: { cusum, since: since === null ? null : countsIn(since) },
    sum: countsIn(sum),
  };
}

function rowOf({ eB, nB, eC, nC }: Counts): CountsRow {
  return [eB, nB, eC, nC];
}

function countsIn(row: CountsRow): Counts {
  return { eB: row[0], nB: row[1], eC: row[2], nC: row[3] };
}
