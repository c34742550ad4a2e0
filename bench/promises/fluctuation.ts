import { exp, ln } from '../../src/base/math.ts';
import { type Prng, prng } from '../../src/base/prng.ts';
import { normal } from '../../workloads/sample/normal.ts';

/** Mean share of failing requests, and the relative standard deviation of its factor. */
export const FLUCTUATION = { mean: 0.1, cv: 1 } as const;
/** From one second to the next. */
export const CORRELATION = 0.8;

/**
 * Error rates of one instance, one a call: log-normal around the mean, their logarithms an
 * autoregressive series of order 1. Instances with seeds of their own fluctuate by themselves, so
 * two of them are equal in the long run and never in the short.
 */
export class Fluctuation {
  private readonly random: Prng;
  private level: number;

  constructor(seed: number) {
    this.random = prng(seed);
    this.level = normal(this.random);
  }

  /** A share from 0 to 1. */
  next(): number {
    const { mean, cv } = FLUCTUATION;
    const variance = ln(1 + cv * cv);
    const rate = mean * exp(Math.sqrt(variance) * this.level - variance / 2);
    const fresh = Math.sqrt(1 - CORRELATION * CORRELATION) * normal(this.random);
    this.level = CORRELATION * this.level + fresh;
    return Math.min(1, rate);
  }
}
