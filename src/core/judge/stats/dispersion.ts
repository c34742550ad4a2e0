/**
 * How much more stable's own events vary than chance allows, over blocks of several lengths: for a
 * block of n requests with e events the spread is (e - p n)^2 against p n. Instances that flap by
 * themselves would otherwise look like a regression of the candidate. Several counts of the same
 * requests, such as those beyond each edge of a histogram, are kept side by side.
 *
 * Of a block length only what cannot be had from the whole is kept: the block being filled, and the
 * sum over those closed.
 */
export interface Dispersion {
  intervals: number;
  /** All requests, and all events by count. */
  total: number;
  events: readonly number[];
  /** By block length: requests of the block being filled. */
  openTotal: readonly number[];
  /** By count, then by block length: its events, and the sum of events^2 / total of those closed. */
  openEvents: readonly (readonly number[])[];
  squares: readonly (readonly number[])[];
}

export function startDispersion(lengths: readonly number[], counts: number): Dispersion {
  const none = lengths.map(() => 0);
  const each = Array.from({ length: counts }, () => none);
  return {
    intervals: 0,
    total: 0,
    events: new Array<number>(counts).fill(0),
    openTotal: none,
    openEvents: each,
    squares: each,
  };
}

/** One interval of stable alone; `total` above 0. */
export function advanceDispersion(
  before: Dispersion,
  lengths: readonly number[],
  events: readonly number[],
  total: number,
): Dispersion {
  const intervals = before.intervals + 1;
  const filled = lengths.map((_, block) => (before.openTotal[block] ?? 0) + total);
  const openEvents: number[][] = [];
  const squares: number[][] = [];
  const sums: number[] = [];
  for (let count = 0; count < events.length; count += 1) {
    const added = events[count] ?? 0;
    const open = (before.openEvents[count] ?? []).slice();
    const closed = (before.squares[count] ?? []).slice();
    for (let block = 0; block < lengths.length; block += 1) {
      const sum = (open[block] ?? 0) + added;
      const isFull = intervals % (lengths[block] ?? 1) === 0;
      open[block] = isFull ? 0 : sum;
      if (isFull) closed[block] = (closed[block] ?? 0) + (sum * sum) / (filled[block] ?? 1);
    }
    openEvents.push(open);
    squares.push(closed);
    sums.push((before.events[count] ?? 0) + added);
  }
  for (let block = 0; block < lengths.length; block += 1) {
    if (intervals % (lengths[block] ?? 1) === 0) filled[block] = 0;
  }
  const openTotal = filled;
  return { intervals, total: before.total + total, events: sums, openTotal, openEvents, squares };
}

/**
 * phi of one count: the largest over the block lengths, at least 1. `variance` says what chance
 * alone gives: p n for rare events (poisson), p (1 - p) n for shares of any size (bernoulli). A
 * length with fewer than two closed blocks, or without events in them, says nothing.
 */
export function phiOf(
  dispersion: Dispersion,
  lengths: readonly number[],
  count: number,
  variance: 'poisson' | 'bernoulli',
): number {
  let phi = 1;
  for (let block = 0; block < lengths.length; block += 1) {
    const closed = Math.floor(dispersion.intervals / (lengths[block] ?? 1));
    const open = dispersion.openEvents[count]?.[block] ?? 0;
    const events = (dispersion.events[count] ?? 0) - open;
    if (closed < 2 || events === 0) continue;
    const p = events / (dispersion.total - (dispersion.openTotal[block] ?? 0));
    const chance = variance === 'poisson' ? 1 : 1 - p;
    if (!(chance > 0)) continue;
    // Sum of (e - p n)^2 / (p n) = sum of e^2 / (p n) - sum of e, since p sum n = sum e.
    const sumSquares = dispersion.squares[count]?.[block] ?? 0;
    const spread = (sumSquares / p - events) / ((closed - 1) * chance);
    if (spread > phi) phi = spread;
  }
  return phi;
}
