/**
 * Logarithm, exponential and their kin with the same bits on every engine and machine: only + - * /
 * and the bit pattern of IEEE 754 doubles, which ECMAScript fixes exactly. `Math.log` and `Math.exp`
 * are left to the engine, so a verdict computed with them could not be replayed elsewhere.
 * Series are plain Taylor expansions on ranges small enough to end below half a unit in the last place.
 */
import { assert } from './assert.ts';

/** ln 2 in two parts: the first has 40 bits, so that a multiple up to 2^11 of it is exact. */
const LN2_HIGH = 0.6931471805592082;
const LN2_LOW = 7.371002565167799e-13;
const INVERSE_LN2 = Math.LOG2E;
const LN_2 = Math.LN2;
const HALF_LN_2PI = 0.9189385332046727;
const SMALLEST_NORMAL = 2.2250738585072014e-308;
const TWO_54 = 18014398509481984;
/** Beyond these e^x is no finite, or no positive, double. */
const EXP_MAX = 709.782712893384;
const EXP_MIN = -745.1332191019412;
/** A term e^-45 times the largest is below a quarter of a unit in its last place. */
const NEGLIGIBLE = -45;
const STIRLING_FROM = 10;

const scratch = new DataView(new ArrayBuffer(8));

/** Natural logarithm. -Infinity at 0, NaN below; relative error about 1e-16. */
export function ln(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : Number.NaN;
  if (x === Infinity) return x;
  if (x < SMALLEST_NORMAL) return ln(x * TWO_54) - 54 * LN_2;
  scratch.setFloat64(0, x, true);
  // The exponent, one more where the mantissa is above sqrt 2: 0x6a09e is where that lies.
  const k = ((scratch.getInt32(4, true) + (0x100000 - 0x6a09e)) >> 20) - 1023;
  const f = x * power2(-k) - 1;
  const tail = atanhTail(f);
  return k === 0 ? f - tail : k * LN2_HIGH + (f - (tail - k * LN2_LOW));
}

/** ln(1 + x) without loss near 0. */
export function ln1p(x: number): number {
  return x > -0.29 && x < 0.41 ? x - atanhTail(x) : ln(1 + x);
}

/** ln(a / b) for a, b > 0, quicker and closer than the logarithm of the quotient where they are near. */
export function lnQuotient(a: number, b: number): number {
  const s = (a - b) / (a + b);
  if (!(s > -0.17 && s < 0.17)) return ln(a / b);
  return 2 * (s + s * artanhSeries(s * s));
}

/** f - ln(1 + f) for f in (-0.3, 0.42), by ln(1 + f) = 2 artanh(s), s = f / (2 + f). */
function atanhTail(f: number): number {
  const s = f / (2 + f);
  // 2 artanh(s) = 2s + 2s z(...), and f - 2s = f s.
  return s * (f - 2 * artanhSeries(s * s));
}

/** artanh(s) / s - 1 of z = s^2, for |s| below 0.175: z/3 + z^2/5 + ... */
function artanhSeries(z: number): number {
  const w = z * z;
  const even = 1 / 3 + w * (1 / 7 + w * (1 / 11 + w * (1 / 15 + w * (1 / 19 + w * (1 / 23)))));
  const odd = 1 / 5 + w * (1 / 9 + w * (1 / 13 + w * (1 / 17 + w * (1 / 21))));
  return z * (even + z * odd);
}

/** e^x. 0 below the smallest double, Infinity above the largest; relative error about 2e-16. */
export function exp(x: number): number {
  if (!(x > EXP_MIN)) return x <= EXP_MIN ? 0 : Number.NaN;
  if (x > EXP_MAX) return Infinity;
  const k = Math.floor(x * INVERSE_LN2 + 0.5);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  const w = r * r;
  const even =
    1 / 2 +
    w * (1 / 24 + w * (1 / 720 + w * (1 / 40320 + w * (1 / 3628800 + w * (1 / 479001600)))));
  const odd =
    1 / 6 +
    w * (1 / 120 + w * (1 / 5040 + w * (1 / 362880 + w * (1 / 39916800 + w * (1 / 6227020800)))));
  const power = 1 + (r + w * (even + r * odd));
  if (k > -1023 && k < 1024) return power * power2(k);
  // At the ends 2^k itself is no normal double: scale in two steps.
  return k > 0 ? power * 2 * power2(k - 1) : (power * power2(k + 54)) / TWO_54;
}

/** 2^k for -1024 <= k <= 1023, by halving and doubling, which is exact. */
const POWERS = new Float64Array(2048);
for (let k = 0, up = 1, down = 1; k <= 1024; k += 1, up *= 2, down /= 2) {
  POWERS[1024 - k] = down;
  if (k < 1024) POWERS[1024 + k] = up;
}

function power2(k: number): number {
  return POWERS[k + 1024] ?? Number.NaN;
}

/** ln(1 + e^x). */
export function lnOnePlusExp(x: number): number {
  if (x > -NEGLIGIBLE) return x;
  return x > 0 ? x + ln1p(exp(-x)) : ln1p(exp(x));
}

/** ln(e^a + e^b); -Infinity stands for nothing. */
export function lnAddExp(a: number, b: number): number {
  const high = Math.max(a, b);
  const low = Math.min(a, b);
  const difference = low - high;
  // Also the way out for two infinities, whose difference is no number.
  return difference > NEGLIGIBLE ? high + ln1p(exp(difference)) : high;
}

/** ln of the sum of e^v over at least one value; -Infinity stands for nothing. */
export function lnSumExp(values: readonly number[]): number {
  assert(values.length > 0, 'lnSumExp of no values');
  let max = -Infinity;
  for (const value of values) if (value > max) max = value;
  if (max === -Infinity) return max;
  let sum = 0;
  for (const value of values) {
    const difference = value - max;
    if (difference === 0) sum += 1;
    else if (difference > NEGLIGIBLE) sum += exp(difference);
  }
  return max + ln(sum);
}

/**
 * ln Gamma(x) for x > 0: Stirling's series from 10 upwards (Abramowitz and Stegun 6.1.41), below by
 * Gamma(x + 1) = x Gamma(x). Relative error below 1e-13, near its zeros at 1 and 2 absolute 1e-14.
 */
export function lnGamma(x: number): number {
  assert(x > 0 && x < Infinity, 'lnGamma is taken of finite positive numbers');
  let shift = 1;
  let y = x;
  while (y < STIRLING_FROM) {
    shift *= y;
    y += 1;
  }
  const z = 1 / (y * y);
  const series =
    1 / 12 -
    z *
      (1 / 360 -
        z *
          (1 / 1260 -
            z *
              (1 / 1680 -
                z * (1 / 1188 - z * (691 / 360360 - z * (1 / 156 - z * (3617 / 122400)))))));
  const large = (y - 0.5) * ln(y) - y + HALF_LN_2PI + series / y;
  return shift === 1 ? large : large - ln(shift);
}
