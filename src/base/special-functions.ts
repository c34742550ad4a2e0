/**
 * The normal distribution and the regularised incomplete beta and gamma functions, with the same
 * bits on every machine (only + - * / and base/math.ts). Relative error below 1e-12, in the lower
 * tail of the normal distribution as well. Arguments outside a function's domain are a bug.
 */
import { assert } from './assert.ts';
import { exp, ln, lnGamma, lnQuotient } from './math.ts';

const SQRT_2PI = 2.506628274631001;
const HALF_LN_2PI = 0.9189385332046727;
const EPSILON = Number.EPSILON;
const SMALLEST_NORMAL = 2.2250738585072014e-308;
/** Stands for 0 where a continued fraction would divide by it (Thompson and Barnett 1986). */
const TINY = 1e-300;
/** The fractions and series end after about 10 sqrt(a) terms; beyond this an argument is absurd. */
const TERMS_MAX = 1_000_000;

/** P(Z <= z) of a standard normal Z, through Q(1/2, z^2/2) (DLMF 7.11.2). */
export function normalCdf(z: number): number {
  assert(!Number.isNaN(z), 'normalCdf of no number');
  if (z === Infinity || z === -Infinity) return z > 0 ? 1 : 0;
  const half = (z * z) / 2;
  if (half < 1.5) {
    const inner = gammaP(0.5, half) / 2;
    return z < 0 ? 0.5 - inner : 0.5 + inner;
  }
  const tail = gammaQ(0.5, half) / 2;
  return z < 0 ? tail : 1 - tail;
}

/**
 * The z with P(Z <= z) = p, for 2.3e-308 <= p < 1: a start good to 5e-4 (Hastings; Abramowitz and Stegun
 * 26.2.23), then Halley's steps, each of which triples the digits.
 */
export function normalQuantile(p: number): number {
  // Below the smallest normal double the density has no reciprocal that is finite.
  assert(p >= SMALLEST_NORMAL && p < 1, 'normalQuantile is taken of 0 < p < 1');
  if (p === 0.5) return 0;
  // Above one half 1 - p is exact, and the lower tail is where normalCdf keeps its digits.
  if (p > 0.5) return -normalQuantile(1 - p);
  const t = sqrt(-2 * ln(p));
  const over = 2.515517 + t * (0.802853 + t * 0.010328);
  const under = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308));
  let z = over / under - t;
  for (let step = 0; step < 4; step += 1) {
    const off = (normalCdf(z) - p) * SQRT_2PI * exp((z * z) / 2);
    z -= off / (1 + (z * off) / 2);
  }
  return z;
}

/** P(a, x), the lower regularised incomplete gamma function, for a > 0 and x >= 0. */
export function gammaP(a: number, x: number): number {
  assertGamma(a, x);
  if (x === 0) return 0;
  return x < a + 1 ? gammaSeries(a, x) : 1 - gammaFraction(a, x);
}

/** Q(a, x) = 1 - P(a, x), with its own digits where it is small. */
export function gammaQ(a: number, x: number): number {
  assertGamma(a, x);
  if (x === 0) return 1;
  return x < a + 1 ? 1 - gammaSeries(a, x) : gammaFraction(a, x);
}

function assertGamma(a: number, x: number): void {
  assert(
    a > 0 && a < Infinity && x >= 0 && x < Infinity,
    'incomplete gamma of finite a > 0, x >= 0',
  );
}

/** x^a e^-x / Gamma(a+1) times 1 + x/(a+1) + x^2/((a+1)(a+2)) + ... (DLMF 8.7.1). */
function gammaSeries(a: number, x: number): number {
  let term = 1;
  let sum = 1;
  for (let n = 1; term > sum * EPSILON; n += 1) {
    assert(n < TERMS_MAX, 'the incomplete gamma series ends');
    term *= x / (a + n);
    sum += term;
  }
  return poissonShare(a, x) * sum;
}

/** The continued fraction DLMF 8.9.2 in its contracted form, evaluated by Lentz's method. */
function gammaFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1 / TINY;
  let d = 1 / b;
  let value = d;
  for (let n = 1, delta = 0; Math.abs(delta - 1) > EPSILON; n += 1) {
    assert(n < TERMS_MAX, 'the incomplete gamma fraction ends');
    const over = -n * (n - a);
    b += 2;
    d = 1 / apart(over * d + b);
    c = apart(b + over / c);
    delta = d * c;
    value *= delta;
  }
  return poissonShare(a, x) * a * value;
}

/** I_x(a, b), the regularised incomplete beta function, for a, b > 0 and 0 <= x <= 1. */
export function betaI(a: number, b: number, x: number): number {
  assert(a > 0 && b > 0 && a + b < Infinity, 'incomplete beta of finite a, b > 0');
  assert(x >= 0 && x <= 1, 'incomplete beta of 0 <= x <= 1');
  if (x === 0 || x === 1) return x;
  const front = binomialFront(a, b, x, 1 - x);
  return x < (a + 1) / (a + b + 2)
    ? (front * betaFraction(a, b, x)) / a
    : 1 - (front * betaFraction(b, a, 1 - x)) / b;
}

/**
 * The x with I_x(a, b) = p, for 0 <= p <= 1, by bisection down to neighbouring doubles. An exact
 * (Clopper-Pearson) bound of a share: events + 1, total - events and 1 - alpha for the upper one.
 */
export function betaInverse(a: number, b: number, p: number): number {
  assert(p >= 0 && p <= 1, 'the inverse of the incomplete beta is taken of 0 <= p <= 1');
  if (p === 0 || p === 1) return p;
  let low = 0;
  let high = 1;
  for (;;) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return middle;
    if (betaI(a, b, middle) < p) low = middle;
    else high = middle;
  }
}

/** The continued fraction DLMF 8.17.22 by Lentz's method, without its front factor. */
function betaFraction(a: number, b: number, x: number): number {
  let c = 1;
  let d = 1 / apart(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1, delta = 0; Math.abs(delta - 1) > EPSILON; m += 1) {
    assert(m < TERMS_MAX, 'the incomplete beta fraction ends');
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / apart(1 + even * d);
    c = apart(1 + even / c);
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / apart(1 + odd * d);
    c = apart(1 + odd / c);
    delta = d * c;
    value *= delta;
  }
  return value;
}

function apart(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}

/**
 * x^a y^b / B(a, b) with y = 1 - x. Loader's saddle-point form ("Fast and accurate computation of
 * binomial probabilities", 2000): logarithms of gamma functions of large arguments would cancel.
 */
function binomialFront(a: number, b: number, x: number, y: number): number {
  const n = a + b;
  const lnShare =
    stirlingError(n) -
    stirlingError(a) -
    stirlingError(b) -
    deviance(a, n * x) -
    deviance(b, n * y);
  return (exp(lnShare) * sqrt((a / n) * b)) / SQRT_2PI;
}

/** x^a e^-x / Gamma(a + 1), in the same form. */
function poissonShare(a: number, x: number): number {
  return exp(-stirlingError(a) - deviance(a, x)) / (SQRT_2PI * sqrt(a));
}

/** ln Gamma(n + 1) less Stirling's (n + 1/2) ln n - n + ln(2 pi)/2 (DLMF 5.11.1). */
function stirlingError(n: number): number {
  if (n < 16) return lnGamma(n + 1) - (n + 0.5) * ln(n) + n - HALF_LN_2PI;
  const z = 1 / (n * n);
  const series = 1 / 1260 - z * (1 / 1680 - z * (1 / 1188 - z * (691 / 360360 - z / 156)));
  return (1 / 12 - z * (1 / 360 - z * series)) / n;
}

/** x ln(x/m) + m - x >= 0, by a series where x and m are near and the terms would cancel. */
function deviance(x: number, m: number): number {
  const gap = x - m;
  const v = gap / (x + m);
  if (!(Math.abs(v) < 0.1)) return x * lnQuotient(x, m) - gap;
  // x ln(x/m) = 2x (v + v^3/3 + ...), and 2xv - gap = gap v.
  let sum = gap * v;
  let power = 2 * x * v;
  for (let k = 3; ; k += 2) {
    power *= v * v;
    const next = sum + power / k;
    if (next === sum) return sum;
    sum = next;
  }
}

/** The square root of x >= 0: ECMAScript leaves Math.sqrt to the engine. Newton's steps on e^(ln x / 2). */
export function sqrt(x: number): number {
  assert(x >= 0, 'the square root is taken of numbers from 0');
  if (x === 0 || x === Infinity) return x;
  let root = exp(ln(x) / 2);
  root = (root + x / root) / 2;
  return (root + x / root) / 2;
}
