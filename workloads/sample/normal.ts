import { exp, ln } from '../../src/base/math.ts';
import type { Prng } from '../../src/base/prng.ts';

/** A standard normal number by Marsaglia's polar method: no sine, the same bits on every machine. */
export function normal(random: Prng): number {
  for (;;) {
    const x = 2 * random.next() - 1;
    const y = 2 * random.next() - 1;
    const s = x * x + y * y;
    if (s > 0 && s < 1) return x * Math.sqrt((-2 * ln(s)) / s);
  }
}

/** A positive factor with mean 1 and relative standard deviation `sd`: log-normal, variance matched. */
export function factor(random: Prng, sd: number): number {
  const variance = ln(1 + sd * sd);
  return exp(Math.sqrt(variance) * normal(random) - variance / 2);
}
