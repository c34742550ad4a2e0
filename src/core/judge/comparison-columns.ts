import { present } from '../../base/assert.ts';
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

export function columnsOf(comparisons: readonly Comparison[]): ComparisonColumns {
  return {
    lnE: comparisons.map(({ rollback }) => rollback.lnE),
    lnRestart: comparisons.map(({ rollback }) => rollback.lnRestart),
    lnNotWorse: comparisons.map(({ lnNotWorse }) => lnNotWorse),
    below: comparisons.map(({ below }) => below && [below.e, below.n]),
    cusum: comparisons.map(({ relevance }) => relevance.cusum),
    since: comparisons.map(({ relevance }) => relevance.since && rowOf(relevance.since)),
    sum: comparisons.map(({ sum }) => rowOf(sum)),
  };
}

export function comparisonsIn(columns: ComparisonColumns): Comparison[] {
  return columns.sum.map((_, index) => comparisonAt(columns, index));
}

export function comparisonAt(columns: ComparisonColumns, index: number): Comparison {
  const at = <T>(column: readonly T[]): T => {
    const value = column[index];
    return value === null ? value : present(value, 'columns of a comparison differ in length');
  };
  const below = at(columns.below);
  const since = at(columns.since);
  return {
    rollback: { lnE: at(columns.lnE), lnRestart: at(columns.lnRestart) },
    lnNotWorse: at(columns.lnNotWorse),
    below: below && { e: below[0], n: below[1] },
    relevance: { cusum: at(columns.cusum), since: since && countsIn(since) },
    sum: countsIn(at(columns.sum)),
  };
}

function rowOf({ eB, nB, eC, nC }: Counts): CountsRow {
  return [eB, nB, eC, nC];
}

function countsIn(row: CountsRow): Counts {
  return { eB: row[0], nB: row[1], eC: row[2], nC: row[3] };
}
