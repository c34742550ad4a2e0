import fc from 'fast-check';
import { expect, test } from 'vitest';
import { vectorCases } from '../../test/judge/vectors.ts';
import { exp, ln, ln1p, lnAddExp, lnGamma, lnOnePlusExp, lnQuotient, lnSumExp } from './math.ts';

function near(actual: number, expected: number, relative = 1e-12): void {
  const scale = Math.max(Math.abs(expected), 1e-300);
  expect(Math.abs(actual - expected) / scale, `${actual} for ${expected}`).toBeLessThan(relative);
}

test.each([
  [2, Math.LN2],
  [10, Math.LN10],
  [0.5, -Math.LN2],
  [1.0000001, 9.999999505838704e-8],
  [1e-300, -690.7755278982137],
  [5e-324, -744.4400719213812],
  [1.7976931348623157e308, 709.782712893384],
  [Math.SQRT2, 0.34657359027997264],
])('ln %d', (x, expected) => near(ln(x), expected, 1e-14));

test('ln at the borders of its domain', () => {
  expect([ln(1), ln(0), ln(-1), ln(Infinity), ln(Number.NaN)]).toEqual([
    0,
    -Infinity,
    Number.NaN,
    Infinity,
    Number.NaN,
  ]);
});

test.each([
  [1, Math.E],
  [-1, 0.36787944117144233],
  [100, 2.6881171418161356e43],
  [-700, 9.859676543759771e-305],
  [-740, 4.2e-322],
  [709.7, 1.6549840276802644e308],
])('exp %d', (x, expected) => near(exp(x), expected, 1e-13));

test('exp at the borders of its domain', () => {
  expect([exp(0), exp(710), exp(-746), exp(-Infinity), exp(Infinity), exp(Number.NaN)]).toEqual([
    1,
    Infinity,
    0,
    0,
    Infinity,
    Number.NaN,
  ]);
});

test('ln and exp agree with the engine to 1e-15, and with each other', () => {
  const wide = fc.double({ min: -700, max: 700, noNaN: true });
  fc.assert(
    fc.property(wide, (x) => {
      near(exp(x), Math.exp(x), 1e-15);
      const y = Math.exp(x);
      if (x !== 0) near(ln(y), Math.log(y), 1e-15);
      near(exp(ln(y)), y, 4e-13);
    }),
    { numRuns: 5000 },
  );
  fc.assert(
    fc.property(fc.double({ min: -0.999, max: 1e3, noNaN: true }), (x) => {
      if (x !== 0) near(ln1p(x), Math.log1p(x), 2e-15);
    }),
    { numRuns: 2000 },
  );
});

test('the same bits on every machine: a digest of values', () => {
  // Computed once; an engine whose arithmetic differs shows here before a replay fails.
  const bits = new BigUint64Array(1);
  const float = new Float64Array(bits.buffer);
  let mixed = 0n;
  for (let i = 1; i <= 2000; i += 1) {
    for (const value of [ln(i / 7), exp(i / 17 - 60), lnGamma(i / 3), ln1p(-i / 2001)]) {
      float[0] = value;
      mixed = BigInt.asUintN(64, mixed * 6364136223846793005n + (bits[0] ?? 0n));
    }
  }
  expect(mixed.toString(16)).toMatchInlineSnapshot(`"d68a1c07f1caa6d4"`);
});

test('sums in log space', () => {
  near(lnSumExp([0, 0, 0, 0]), 1.3862943611198906);
  near(lnSumExp([1000, 1000 - Math.LN2]), 1000.4054651081082);
  expect(lnSumExp([-Infinity, -3])).toBe(-3);
  expect(lnSumExp([-Infinity])).toBe(-Infinity);
  expect(() => lnSumExp([])).toThrow('no values');
  near(lnAddExp(-2, -3), -1.6867383124817894);
  expect(lnAddExp(-Infinity, 4)).toBe(4);
  expect(lnAddExp(-Infinity, -Infinity)).toBe(-Infinity);
  near(lnOnePlusExp(0), Math.LN2);
  near(lnOnePlusExp(-30), 9.357622968839737e-14);
  expect([lnOnePlusExp(800), lnOnePlusExp(-800)]).toEqual([800, 0]);
  near(lnQuotient(3, 2), 0.4054651081081644);
  near(lnQuotient(1e-3, 7), -8.85366542803745);
});

test.each([
  [0.001, 6.907178885383853],
  [0.5, 0.5723649429247001],
  [1.5, -0.12078223763524522],
  [3, Math.LN2],
  [7.25, 7.0521854507385395],
  [100, 359.1342053695754],
  [1e6, 12815504.569147611],
  [25e6, 400859651.9725572],
])('lnGamma %d', (x, expected) => near(lnGamma(x), expected));

test('lnGamma at its zeros, and refusing what it is not for', () => {
  expect(Math.abs(lnGamma(1))).toBeLessThan(1e-14);
  expect(Math.abs(lnGamma(2))).toBeLessThan(1e-14);
  expect(() => lnGamma(0)).toThrow('positive');
});

test('vectors: special functions to 60 digits', () => {
  for (const { fn, args, expected } of vectorCases('special-functions.json')) {
    const [a = 0, b = 0] = args as number[];
    if (fn === 'gammaln') near(lnGamma(a), expected);
    if (fn === 'betaln') near(lnGamma(a) + lnGamma(b) - lnGamma(a + b), expected);
  }
});
