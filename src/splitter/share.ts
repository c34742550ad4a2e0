import type { Prng } from '../base/prng.ts';

/**
 * Picks a share of a row of requests: after n of them, n times the share is met within one. Each
 * pick lies at a random place of its own stretch of 1/share requests, so that clients whose requests
 * come in a rhythm (read, write, read, write) are not sorted by it: stratified sampling, Cochran,
 * Sampling Techniques, chapter 5.
 */
export class Share {
  private readonly random: Prng;
  private pct = 0;
  /** The rarer of the two answers is the one that is placed. */
  private rarer = 0;
  private asked = 0;
  private stretch = 0;
  private place = Number.POSITIVE_INFINITY;

  constructor(random: Prng) {
    this.random = random;
  }

  /** Whether the next request belongs to the share of `pct` percent. A new share starts anew. */
  next(pct: number): boolean {
    if (pct !== this.pct) this.restart(pct);
    if (this.rarer === 0) return pct > 0;
    this.asked += 1;
    const isRarer = this.place < this.asked;
    if (isRarer) this.placeNext();
    return isRarer === pct <= 50;
  }

  private restart(pct: number): void {
    this.pct = pct;
    this.rarer = Math.min(pct, 100 - pct) / 100;
    this.asked = 0;
    this.stretch = -1;
    this.placeNext();
  }

  private placeNext(): void {
    this.stretch += 1;
    this.place = (this.stretch + this.random.next()) / this.rarer;
  }
}
