/**
 * How much more stable's own events vary than chance allows, over blocks of several lengths: for a
 * block of n requests with e events the spread is (e - p n)^2 against p n. Instances that flap by
 * themselves would otherwise look like a regression of the candidate.
 */
export interface Dispersion {
  intervals: number;
  blocks: readonly Block[];
}

/** One block length: the block being filled, and the sums over those closed. */
interface Block {
  filled: number;
  events: number;
  total: number;
  closed: number;
  sumEvents: number;
  sumTotal: number;
  /** Sum of events^2 / total. */
  sumSquares: number;
}

const EMPTY: Block = {
  filled: 0,
  events: 0,
  total: 0,
  closed: 0,
  sumEvents: 0,
  sumTotal: 0,
  sumSquares: 0,
};

export function startDispersion(lengths: readonly number[]): Dispersion {
  return { intervals: 0, blocks: lengths.map(() => EMPTY) };
}

/** One interval of stable alone; `total` above 0. */
export function advanceDispersion(
  before: Dispersion,
  lengths: readonly number[],
  events: number,
  total: number,
): Dispersion {
  const blocks = before.blocks.map((block, index) => {
    const filled = block.filled + 1;
    const blockEvents = block.events + events;
    const blockTotal = block.total + total;
    if (filled < (lengths[index] ?? 1)) {
      return { ...block, filled, events: blockEvents, total: blockTotal };
    }
    return {
      ...EMPTY,
      closed: block.closed + 1,
      sumEvents: block.sumEvents + blockEvents,
      sumTotal: block.sumTotal + blockTotal,
      sumSquares: block.sumSquares + (blockEvents * blockEvents) / blockTotal,
    };
  });
  return { intervals: before.intervals + 1, blocks };
}

/**
 * phi: the largest over the block lengths, at least 1. `variance` says what chance alone gives: p n
 * for rare events (the conditional test), p (1 - p) n for shares of any size (the Bernoulli test).
 * A length with fewer than two closed blocks, or without an event, says nothing.
 */
export function phiOf(dispersion: Dispersion, variance: 'poisson' | 'bernoulli'): number {
  let phi = 1;
  for (const { closed, sumEvents, sumTotal, sumSquares } of dispersion.blocks) {
    if (closed < 2 || sumEvents === 0) continue;
    const p = sumEvents / sumTotal;
    const chance = variance === 'poisson' ? 1 : 1 - p;
    if (!(chance > 0)) continue;
    // Sum of (e - p n)^2 / (p n) = sum of e^2 / (p n) - sum of e, since p sum n = sum e.
    const spread = (sumSquares / p - sumEvents) / ((closed - 1) * chance);
    if (spread > phi) phi = spread;
  }
  return phi;
}
