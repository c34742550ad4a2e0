import { type Prng, prng } from '../../src/base/prng.ts';

/** Random numbers by law. Exact, not approximated by a normal: tails are what a judge lives on. */
export interface Draw {
  /** 0 <= x < 1 */
  uniform(): number;
  normal(): number;
  poisson(mean: number): number;
  binomial(trials: number, probability: number): number;
  /** How `total` falls into classes whose probabilities sum to 1. */
  multinomial(total: number, probabilities: readonly number[]): number[];
}

export function draw(seed: number): Draw {
  const source = prng(seed);
  const binomialOf = (trials: number, probability: number): number => {
    if (trials === 0 || probability <= 0) return 0;
    if (probability >= 1) return trials;
    return probability <= 0.5
      ? lowerBinomial(source, trials, probability)
      : trials - lowerBinomial(source, trials, 1 - probability);
  };
  return {
    uniform: () => source.next(),
    normal: () => normal(source),
    poisson: (mean) => (mean < REJECTION_FROM ? smallPoisson(source, mean) : poisson(source, mean)),
    binomial: binomialOf,
    multinomial(total, probabilities) {
      let left = total;
      let rest = 1;
      return probabilities.map((probability, index) => {
        if (index === probabilities.length - 1) return left;
        const count = binomialOf(left, rest > 0 ? Math.min(1, probability / rest) : 0);
        left -= count;
        rest -= probability;
        return count;
      });
    },
  };
}

/** Below this mean the inversion is quicker, and the rejection is not proven. */
const REJECTION_FROM = 10;

/** Polar method of Marsaglia. */
function normal(source: Prng): number {
  for (;;) {
    const x = 2 * source.next() - 1;
    const y = 2 * source.next() - 1;
    const square = x * x + y * y;
    if (square > 0 && square < 1) return x * Math.sqrt((-2 * Math.log(square)) / square);
  }
}

function smallPoisson(source: Prng, mean: number): number {
  let left = source.next();
  let probability = Math.exp(-mean);
  let count = 0;
  while (left >= probability && probability > 0) {
    left -= probability;
    count += 1;
    probability *= mean / count;
  }
  return count;
}

/** PTRS of Hörmann, "The transformed rejection method for generating Poisson variables", 1993. */
function poisson(source: Prng, mean: number): number {
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const surely = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = source.next() - 0.5;
    const v = source.next();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= surely) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    const height = Math.log((v * inverseAlpha) / (a / (us * us) + b));
    if (height <= k * Math.log(mean) - mean - lnFactorial(k)) return k;
  }
}

/** For probabilities up to one half. */
function lowerBinomial(source: Prng, n: number, p: number): number {
  return n * p < REJECTION_FROM ? smallBinomial(source, n, p) : binomial(source, n, p);
}

function smallBinomial(source: Prng, n: number, p: number): number {
  const odds = p / (1 - p);
  let left = source.next();
  let probability = Math.exp(n * Math.log1p(-p));
  let count = 0;
  while (left >= probability && count < n && probability > 0) {
    left -= probability;
    probability *= ((n - count) / (count + 1)) * odds;
    count += 1;
  }
  return count;
}

/** BTRS of Hörmann, "The generation of binomial random variates", 1993. */
function binomial(source: Prng, n: number, p: number): number {
  const deviation = Math.sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * deviation;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const center = n * p + 0.5;
  const surely = 0.92 - 4.2 / b;
  const alpha = (2.83 + 5.1 / b) * deviation;
  const lnOdds = Math.log(p / (1 - p));
  const mode = Math.floor((n + 1) * p);
  const atMode = lnFactorial(mode) + lnFactorial(n - mode);
  for (;;) {
    const u = source.next() - 0.5;
    const v = source.next();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + center);
    if (us >= 0.07 && v <= surely) return k;
    if (k < 0 || k > n) continue;
    const height = Math.log((v * alpha) / (a / (us * us) + b));
    if (height <= atMode - lnFactorial(k) - lnFactorial(n - k) + (k - mode) * lnOdds) return k;
  }
}

const LN_FACTORIALS = new Float64Array(16_384);
for (let k = 1; k < LN_FACTORIALS.length; k += 1) {
  LN_FACTORIALS[k] = (LN_FACTORIALS[k - 1] ?? 0) + Math.log(k);
}

/** ln k!, above the table by Stirling's series. */
function lnFactorial(k: number): number {
  const known = LN_FACTORIALS[k];
  if (known !== undefined) return known;
  const x = k + 1;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * x);
}
