/**
 * How large an excess is now, measured over the window in which the candidate has looked worse:
 * since the last interval at which Page's CUSUM was 0. Over the whole release a late regression
 * would hide for hours behind the healthy time before it.
 */
export interface Relevance<Sum> {
  /** max(0, cusum + log likelihood ratio) */
  cusum: number;
  /** What came in since the cusum was last 0; null while it is. */
  since: Sum | null;
}

/** The ratio whose CUSUM opens and closes the window. */
export const RELEVANT_RATIO = 1.5;

export const NOT_RELEVANT: Relevance<never> = { cusum: 0, since: null };

export function advanceRelevance<Sum>(
  before: Relevance<Sum>,
  lnRatio: number,
  increment: Sum,
  add: (a: Sum, b: Sum) => Sum,
): Relevance<Sum> {
  const cusum = before.cusum + lnRatio;
  if (!(cusum > 0)) return NOT_RELEVANT;
  return { cusum, since: before.since === null ? increment : add(before.since, increment) };
}
