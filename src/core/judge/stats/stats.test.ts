/**
 * The e-processes against values computed elsewhere, and against their one promise: an expectation
 * of at most 1 under the null, here summed over every outcome, not simulated.
 */
import { describe, expect, test } from 'vitest';
import { builtCases, type VectorCase } from '../../../../test/judge/vectors.ts';
import { exp, ln, lnGamma } from '../../../base/math.ts';
import { lnCombined } from './combine.ts';
import type { Counts } from './counts.ts';
import { advance, lnHybrid, lnHybridAtMost, lnMean, startEProcess } from './e-process.ts';
import { advanceBelow, lnBelow, lnJoined, lnNotWorse, NOTHING_BELOW } from './non-inferiority.ts';
import { lnRateRatio } from './rate-ratio.ts';
import { advanceRelevance, NOT_RELEVANT } from './relevance.ts';
import { advanceSplit, lnDirichletMultinomial, lnSplit, NO_SPLIT } from './split.ts';
import { advanceScale, LAMBDAS, lnSymmetric, NO_SCALE } from './symmetric.ts';
import { lnTwoSampleBernoulli, oddsOf } from './two-sample-bernoulli.ts';

const GRID = [1.05, 1.1, 1.2, 1.35, 1.5, 2, 3, 5, 10];

function counts(eC: number, nC: number, eB: number, nB: number): Counts {
  return { eC, nC, eB, nB };
}

const isOf =
  (...names: string[]) =>
  ({ fn }: VectorCase): boolean =>
    names.includes(fn);

function isMultinomial({ fn, expected }: VectorCase): boolean {
  const { logBayesFactor } = (expected ?? {}) as { logBayesFactor?: number[] };
  if (fn === 'dirichletMultinomialSequence') return logBayesFactor !== undefined;
  return fn === 'logBayesFactor' || fn === 'sequentialPValue';
}

function lnBelowMargin(events: number, total: number, margin: number): number {
  return lnBelow(advanceBelow(NOTHING_BELOW, events, total, 1), margin);
}

function lnRatios(one: Counts): number[] {
  return GRID.map((psi) => lnRateRatio(one, psi, ln(psi)));
}

/** Probabilities of 0..n hits. */
function binomial(n: number, p: number): number[] {
  return Array.from({ length: n + 1 }, (_, k) => {
    const lnWays = lnGamma(n + 1) - lnGamma(k + 1) - lnGamma(n - k + 1);
    return exp(lnWays + k * ln(p) + (n - k) * ln(1 - p));
  });
}

/** Over all outcomes of both tracks. */
function expectation(
  shares: { candidate: number; stable: number },
  totals: { candidate: number; stable: number },
  lnE: (one: Counts) => number,
): number {
  let sum = 0;
  binomial(totals.candidate, shares.candidate).forEach((p, c) => {
    binomial(totals.stable, shares.stable).forEach((q, s) => {
      sum += p * q * exp(lnE(counts(c, totals.candidate, s, totals.stable)));
    });
  });
  return sum;
}

const TOTALS = [
  { candidate: 12, stable: 12 },
  { candidate: 4, stable: 20 },
  { candidate: 17, stable: 5 },
];
const SHARES = [0.02, 0.2, 0.5, 0.9];

describe('expectation at most 1 under the null, over every outcome', () => {
  test.each(TOTALS)('rate ratio and two-sample, %o', (totals) => {
    for (const p of SHARES) {
      for (const candidate of [p, p / 2]) {
        for (const psi of GRID) {
          const shares = { candidate, stable: p };
          const rate = expectation(shares, totals, (one) => lnRateRatio(one, psi, ln(psi)));
          expect(rate, `rate ${p} ${psi}`).toBeLessThanOrEqual(1 + 1e-12);
          for (const odds of [0.1, 1, 5]) {
            const two = expectation(shares, totals, (one) => lnTwoSampleBernoulli(one, psi, odds));
            expect(two, `two-sample ${p} ${psi} ${odds}`).toBeLessThanOrEqual(1 + 1e-12);
          }
        }
      }
    }
  });

  test.each(TOTALS)('not worse than the margin, %o', (totals) => {
    for (const stable of [0.02, 0.2, 0.5, 0.79]) {
      for (const ratio of [1.25, 1.26]) {
        const lnE = (one: Counts): number => lnNotWorse(one, 1.25, ln(1.25));
        const found = expectation({ candidate: stable * ratio, stable }, totals, lnE);
        expect(found).toBeLessThanOrEqual(1 + 1e-12);
      }
    }
  });

  test('below an absolute margin', () => {
    for (const share of [0.1, 0.15, 0.5]) {
      let sum = 0;
      binomial(30, share).forEach((p, events) => {
        sum += p * exp(lnBelowMargin(events, 30, 0.1));
      });
      expect(sum).toBeLessThanOrEqual(1 + 1e-12);
      expect(sum).toBeGreaterThan(0);
    }
  });

  test('the split, exactly 1, and again after a change of the weight', () => {
    let sum = 0;
    binomial(9, 0.1).forEach((p, first) => {
      const one = advanceSplit(NO_SPLIT, 0, 10, 9 - first, first);
      binomial(11, 0.5).forEach((q, second) => {
        sum += p * q * exp(lnSplit(advanceSplit(one, 1, 50, 11 - second, second)));
      });
    });
    expect(sum).toBeCloseTo(1, 10);
  });

  test('dividing the logarithm by phi keeps it', () => {
    const shares = { candidate: 0.3, stable: 0.3 };
    const lnE = (one: Counts): number => lnRateRatio(one, 3, ln(3)) / 2.5;
    expect(expectation(shares, { candidate: 10, stable: 10 }, lnE)).toBeLessThanOrEqual(1);
  });

  test('the restart term joined: at most 1 over the whole horizon, whatever the start', () => {
    const totals = { candidate: 3, stable: 3 };
    const outcomes = binomial(3, 0.3).flatMap((p, c) =>
      binomial(3, 0.3).map((q, s) => ({ p: p * q, lnRatios: lnRatios(counts(c, 3, s, 3)) })),
    );
    expect(totals.candidate).toBe(3);
    const walk = (process: ReturnType<typeof startEProcess>, step: number): number => {
      if (step === 3) return exp(lnHybrid(process, 2));
      let sum = 0;
      for (const one of outcomes) {
        sum += one.p * walk(advance(process, one.lnRatios, step < 2), step + 1);
      }
      return sum;
    };
    const found = walk(startEProcess(GRID.length), 0);
    expect(found).toBeLessThanOrEqual(1 + 1e-12);
    expect(found).toBeGreaterThan(0.5);
  });
});

describe('plain values', () => {
  test('rate ratio: the first interval of a series', () => {
    const process = advance(startEProcess(9), lnRatios(counts(5, 574, 8, 598)), true);
    expect(lnMean(process)).toBeCloseTo(-0.8714680834332529, 12);
    expect(lnHybrid(process, 4320)).toBeCloseTo(-1.5643838092994211, 12);
    expect(lnNotWorse(counts(5, 574, 8, 598), 1.25, ln(1.25))).toBeCloseTo(0.3858489378930142, 12);
  });

  test('nothing happened: nothing is shown', () => {
    const quiet = counts(0, 100, 0, 100);
    expect(lnRateRatio(quiet, 2, ln(2))).toBe(0);
    expect(lnMean(advance(startEProcess(9), lnRatios(quiet), true))).toBeCloseTo(0, 14);
  });

  test('after the horizon the restarts that run go on and none begins', () => {
    const first = advance(startEProcess(1), [1], true);
    expect(first.lnRestart).toEqual([1]);
    expect(advance(first, [1], false).lnRestart).toEqual([2]);
    expect(advance(first, [1], true).lnRestart[0]).toBeCloseTo(1 + ln(1 + Math.E), 12);
    expect(advance(startEProcess(1), [1], false).lnRestart).toEqual([]);
  });

  test('the quick bound is never below the e-value', () => {
    let process = startEProcess(9);
    for (let i = 0; i < 50; i += 1) {
      process = advance(process, lnRatios(counts(i % 7, 100, i % 5, 90)), true);
      expect(lnHybrid(process, 60)).toBeLessThanOrEqual(lnHybridAtMost(process, ln(60)));
    }
  });

  test('an absolute margin promotes where no error ever happens', () => {
    expect(lnBelowMargin(0, 6000, 0.001)).toBeGreaterThan(ln(20));
    expect(lnBelowMargin(12, 6000, 0.001)).toBeLessThan(0);
    expect(lnJoined(0, ln(3))).toBeCloseTo(ln(2), 14);
    expect(lnJoined(1.5, null)).toBe(1.5);
  });

  test('the window of relevance opens above 0 and closes at 0', () => {
    const add = (a: number, b: number): number => a + b;
    const open = advanceRelevance(NOT_RELEVANT, 0.5, 7, add);
    expect(open).toEqual({ cusum: 0.5, since: 7 });
    expect(advanceRelevance(open, 0.25, 5, add)).toEqual({ cusum: 0.75, since: 12 });
    expect(advanceRelevance(open, -0.5, 5, add)).toEqual({ cusum: 0, since: null });
  });

  test('a split of 30 to 70 where halves were ordered', () => {
    const split = advanceSplit(advanceSplit(NO_SPLIT, 0, 50, 30, 20), 1, 50, 40, 10);
    expect(lnSplit(split)).toBeCloseTo(3.6997595965385983, 10);
    expect(split).toMatchObject({ total: 100, candidate: 30, expected: 50 });
  });

  test('what the split showed once stays the most it showed', () => {
    let split = advanceSplit(NO_SPLIT, 0, 50, 900, 100);
    const most = split.lnMost;
    for (let i = 0; i < 50; i += 1) split = advanceSplit(split, i + 1, 50, 40, 60);
    expect(lnSplit(split)).toBeLessThan(most);
    expect(split.lnMost).toBeGreaterThanOrEqual(most);
  });

  test('an absurd difference makes no number infinite', () => {
    const scale = advanceScale(NO_SCALE, 1e-200);
    expect(lnSymmetric(1e200, scale, 1)).toBeCloseTo(ln(2), 12);
    expect(lnSymmetric(-1e200, scale, 1)).toBeLessThan(-1e5);
    expect(Number.isFinite(lnSymmetric(-1e200, scale, 1))).toBe(true);
    expect(lnSymmetric(0, NO_SCALE, 1)).toBe(0);
  });

  test('combined: weights in any order give the same bits', () => {
    const parts = [0.1, 0.2, 0.3, 0.4].map((weight, i) => ({
      weight,
      lnE: [0.3, 9, -4, 2][i] ?? 0,
    }));
    const mixed = [parts[2], parts[0], parts[3], parts[1]].filter((one) => one !== undefined);
    expect(lnCombined(mixed)).toBe(lnCombined(parts));
    expect(lnCombined([{ weight: 0, lnE: 5 }])).toBe(-Infinity);
  });
});

type RateArgs = {
  psiGrid: number[];
  horizonIntervals: number;
  intervals: Record<'canaryErrors' | 'canaryTotal' | 'baselineErrors' | 'baselineTotal', number>[];
};
type RateExpected = {
  perInterval: Record<'logE' | 'logSR' | 'logHybrid' | 'logNonInferiority125', number>[];
  firstCrossingHybridAlpha01?: number | null;
};

test('vectors: rate ratio, restarts, hybrid, margin', () => {
  for (const one of builtCases('rate-ratio-eprocess.json', isOf('rateRatioEProcess'))) {
    const { psiGrid, horizonIntervals, intervals } = one.args as RateArgs;
    const expected = one.expected as RateExpected;
    let process = startEProcess(psiGrid.length);
    let margin = 0;
    let crossed: number | null = null;
    intervals.forEach((row, index) => {
      const table = counts(
        row.canaryErrors,
        row.canaryTotal,
        row.baselineErrors,
        row.baselineTotal,
      );
      process = advance(
        process,
        psiGrid.map((psi) => lnRateRatio(table, psi, ln(psi))),
        true,
      );
      margin += lnNotWorse(table, 1.25, ln(1.25));
      const wanted = expected.perInterval[index];
      expect(lnMean(process)).toBeCloseTo(wanted?.logE ?? Number.NaN, 9);
      expect(lnHybrid(process, horizonIntervals)).toBeCloseTo(wanted?.logHybrid ?? Number.NaN, 9);
      expect(margin).toBeCloseTo(wanted?.logNonInferiority125 ?? Number.NaN, 9);
      if (crossed === null && lnHybrid(process, horizonIntervals) >= ln(100)) crossed = index + 1;
    });
    const { firstCrossingHybridAlpha01: first } = expected;
    if (first !== undefined) expect(crossed).toBe(first);
  }
});

type TwoArgs = {
  oddsRatio: number;
  intervals: Record<'canaryHits' | 'canaryTotal' | 'baselineHits' | 'baselineTotal', number>[];
};

test('vectors: two-sample Bernoulli', () => {
  for (const { fn, args, expected } of builtCases(
    'two-sample-bernoulli.json',
    isOf('twoSampleBernoulliEProcess', 'twoSampleEValueExpectation'),
  )) {
    if (fn === 'twoSampleBernoulliEProcess') {
      const { oddsRatio, intervals } = args as TwoArgs;
      let past = counts(0, 0, 0, 0);
      let lnE = 0;
      intervals.forEach((row, index) => {
        const { canaryHits, canaryTotal, baselineHits, baselineTotal } = row;
        const odds = oddsOf(past);
        const table = counts(canaryHits, canaryTotal, baselineHits, baselineTotal);
        if (odds !== null) lnE += lnTwoSampleBernoulli(table, oddsRatio, odds);
        expect(lnE).toBeCloseTo((expected as number[])[index] ?? Number.NaN, 9);
        past = counts(
          past.eC + canaryHits,
          past.nC + canaryTotal,
          past.eB + baselineHits,
          past.nB + baselineTotal,
        );
      });
    }
    if (fn === 'twoSampleEValueExpectation') {
      const { thetaC, thetaB, nC, nB, altC, altB } = args as Record<string, number>;
      const oddsC = (altC ?? 0) / (1 - (altC ?? 0));
      const oddsB = (altB ?? 0) / (1 - (altB ?? 0));
      const shares = { candidate: thetaC ?? 0, stable: thetaB ?? 0 };
      const found = expectation(shares, { candidate: nC ?? 0, stable: nB ?? 0 }, (one) =>
        lnTwoSampleBernoulli(one, oddsC / oddsB, Math.sqrt(oddsC * oddsB)),
      );
      expect(found).toBeCloseTo((expected as { expectation: number }).expectation, 9);
    }
  }
});

test('vectors: multinomial', () => {
  type Args = Record<'counts' | 'theta0' | 'alpha0', number[]> & { data: number[][] };
  for (const { fn, args, expected, tol } of builtCases(
    'multinomial-eprocess.json',
    isMultinomial,
  )) {
    const { counts: seen, theta0, alpha0, data } = args as Args;
    if (fn === 'logBayesFactor') {
      expect(lnDirichletMultinomial(seen, theta0, alpha0)).toBeCloseTo(expected as number, 7);
    }
    if (fn === 'sequentialPValue') {
      const p = exp(-lnDirichletMultinomial(seen, theta0, alpha0));
      expect(Math.abs(Math.min(1, p) - (expected as number))).toBeLessThan(tol);
    }
    const { logBayesFactor } = expected as { logBayesFactor?: number[] };
    if (fn !== 'dirichletMultinomialSequence' || logBayesFactor === undefined) continue;
    const sum = theta0.map(() => 0);
    data.forEach((row, index) => {
      row.forEach((value, i) => {
        sum[i] = (sum[i] ?? 0) + value;
      });
      const wanted = logBayesFactor[index] ?? Number.NaN;
      expect(Math.abs(lnDirichletMultinomial(sum, theta0, alpha0) - wanted)).toBeLessThan(tol);
    });
  }
});

test('vectors: e-detectors and the symmetric e-process', () => {
  for (const { args, expected } of builtCases('e-detectors.json', isOf('bernoulliEDetectors'))) {
    const { p, lambda_: lambda, obs } = args as { p: number; lambda_: number; obs: number[] };
    const { logSR, logCUSUM, logST } = expected as Record<string, number[]>;
    let process = startEProcess(1);
    let relevance = advanceRelevance(NOT_RELEVANT, 0, 0, () => 0);
    obs.forEach((x, index) => {
      const lnRatio = lambda * x - ln(1 - p + p * exp(lambda));
      process = advance(process, [lnRatio], true);
      relevance = advanceRelevance(relevance, lnRatio, 1, (a, b) => a + b);
      expect(process.lnRestart[0]).toBeCloseTo(logSR?.[index] ?? Number.NaN, 9);
      expect(process.lnE[0]).toBeCloseTo(logST?.[index] ?? Number.NaN, 9);
      // Theirs is cut at 0 before the next step, ours after this one.
      expect(relevance.cusum).toBeCloseTo(Math.max(0, logCUSUM?.[index] ?? Number.NaN), 9);
    });
  }
  for (const { args, expected } of builtCases(
    'robust-eprocesses.json',
    isOf('symmetricEProcess'),
  )) {
    const { differences, lambdas } = args as { differences: number[]; lambdas: number[] };
    expect(lambdas).toEqual(LAMBDAS);
    let process = startEProcess(lambdas.length);
    let scale = NO_SCALE;
    differences.forEach((difference, index) => {
      const ratios = lambdas.map((lambda) => lnSymmetric(difference, scale, lambda));
      process = advance(process, ratios, true);
      scale = advanceScale(scale, difference);
      const { logE } = expected as { logE: number[] };
      expect(lnMean(process)).toBeCloseTo(logE[index] ?? Number.NaN, 9);
    });
  }
});
