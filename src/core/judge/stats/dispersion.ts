/**
 * How much more stable's own events vary than chance allows, over blocks of several lengths: for a
 * block of n requests with e events the spread is (e - p n)^2 against p n. Instances that flap by
 * themselves would otherwise look like a regression of the candidate. Several counts of the same
 * requests, such as those beyond each edge of a histogram, are kept side by side.
 */
export interface Dispersion {
  intervals: number;
  blocks: readonly Block[];
}

/** One block length: the block being filled, and the sums over those closed, by count. */
interface Block {
  filled: number;
  total: number;
  events: readonly number[];
  closed: number;
  sumTotal: number;
  sumEvents: readonly number[];
  /** Sum of events^2 / total. */
  sumSquares: readonly number[];
}

export function startDispersion(lengths: readonly number[], counts: number): Dispersion {
  const none = new Array<number>(counts).fill(0);
  const empty: Block = {
    filled: 0,
    total: 0,
    events: none,
    closed: 0,
    sumTotal: 0,
    sumEvents: none,
    sumSquares: none,
  };
  return { intervals: 0, blocks: lengths.map(() => empty) };
}

/** One interval of stable alone; `total` above 0. */
export function advanceDispersion(
  before: Dispersion,
  lengths: readonly number[],
  events: readonly number[],
  total: number,
): Dispersion {
  const blocks: Block[] = [];
  for (let i = 0; i < lengths.length; i += 1) {
    const block = before.blocks[i];
    if (block !== undefined) blocks.push(advanceBlock(block, lengths[i] ?? 1, events, total));
  }
  return { intervals: before.intervals + 1, blocks };
}

function advanceBlock(
  block: Block,
  length: number,
  added: readonly number[],
  addedTotal: number,
): Block {
  const filled = block.filled + 1;
  const total = block.total + addedTotal;
  const events = block.events.slice();
  for (let i = 0; i < events.length; i += 1) events[i] = (events[i] ?? 0) + (added[i] ?? 0);
  const { closed, sumTotal, sumEvents, sumSquares } = block;
  if (filled < length) return { filled, total, events, closed, sumTotal, sumEvents, sumSquares };
  const nextEvents = sumEvents.slice();
  const nextSquares = sumSquares.slice();
  for (let i = 0; i < events.length; i += 1) {
    const count = events[i] ?? 0;
    nextEvents[i] = (nextEvents[i] ?? 0) + count;
    nextSquares[i] = (nextSquares[i] ?? 0) + (count * count) / total;
    events[i] = 0;
  }
  return {
    filled: 0,
    total: 0,
    events,
    closed: closed + 1,
    sumTotal: sumTotal + total,
    sumEvents: nextEvents,
    sumSquares: nextSquares,
  };
}

/**
 * phi of one count: the largest over the block lengths, at least 1. `variance` says what chance
 * alone gives: p n for rare events (the conditional test), p (1 - p) n for shares of any size (the
 * Bernoulli test). A length with fewer than two closed blocks, or without an event, says nothing.
 */
export function phiOf(
  dispersion: Dispersion,
  count: number,
  variance: 'poisson' | 'bernoulli',
): number {
  let phi = 1;
  for (const { closed, sumEvents, sumTotal, sumSquares } of dispersion.blocks) {
    const events = sumEvents[count] ?? 0;
    if (closed < 2 || events === 0) continue;
    const p = events / sumTotal;
    const chance = variance === 'poisson' ? 1 : 1 - p;
    if (!(chance > 0)) continue;
    // Sum of (e - p n)^2 / (p n) = sum of e^2 / (p n) - sum of e, since p sum n = sum e.
    const spread = ((sumSquares[count] ?? 0) / p - events) / ((closed - 1) * chance);
    if (spread > phi) phi = spread;
  }
  return phi;
}
