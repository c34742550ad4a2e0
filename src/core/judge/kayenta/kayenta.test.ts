/**
 * Kayenta's judge against what Kayenta itself says (its own test arrays, issues with its verdicts),
 * and the rank-sum test against another implementation.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { vectorCases } from '../../../../test/judge/vectors.ts';
import { prng } from '../../../base/prng.ts';
import { normalCdf } from '../../../base/special-functions.ts';
import { classify, KAYENTA_RULE, type KayentaLabel, type KayentaRule } from './classify.ts';
import { outliersOf, percentile } from './clean.ts';
import { cohenD, effectSize } from './effect-size.ts';
import { exactInterval } from './exact-interval.ts';
import { ascending, brentInterval, rankSumTest, shiftStatistic, zOf } from './mann-whitney.ts';
import { score } from './score.ts';

function within(actual: number, expected: number, tol: number, what: string): void {
  expect(Math.abs(actual - expected), `${what}: ${actual} for ${expected}`).toBeLessThanOrEqual(
    tol,
  );
}

function statistic(x: readonly number[], y: readonly number[], shift: number): number {
  return shiftStatistic(ascending(x), ascending(y), shift);
}

interface Sample {
  x: number[];
  y: number[];
}

test('kayenta-mannwhitney.json', () => {
  const cases = vectorCases('kayenta-mannwhitney.json');
  let sample: Sample = { x: [], y: [] };
  for (const { fn, args, expected, tol } of cases) {
    if (fn === 'wilcoxonDiff') {
      const { x, y, mu, quantile } = args as Sample & { mu: number; quantile: number };
      if (Array.isArray(x)) sample = { x, y };
      within(statistic(sample.x, sample.y, mu) - quantile, expected, tol, fn);
    } else if (fn === 'mannWhitneyCi') {
      const { conf, canary, baseline } = args as {
        conf: number;
        canary: number[];
        baseline: number[];
      };
      const told = brentInterval(baseline, canary, conf);
      const { ci, ...rest } = expected as { ci: [number, number] } & Record<string, number>;
      within(told.lower, ci[0], tol, 'lower');
      within(told.upper, ci[1], tol, 'upper');
      for (const [name, value] of Object.entries(rest)) {
        within(told.estimate, value, name === 'estimateTol1e4' ? 1e-4 : tol, name);
      }
    } else {
      expect(fn).toBe('mannWhitneyIntermediate');
      intermediate(args as Sample & { conf: number }, expected, tol);
    }
  }
  if (cases.length > 0) console.log(`kayenta-mannwhitney.json: ${cases.length} cases`);
});

/** Every number on the way to an interval whose lower end comes out above its upper one. */
function intermediate(
  { x, y, conf }: Sample & { conf: number },
  expected: Readonly<Record<string, number>>,
  tol: number,
): void {
  const least = Math.min(...x) - Math.max(...y);
  const most = Math.max(...x) - Math.min(...y);
  const z = zOf(conf);
  const told = brentInterval(y, x, conf);
  const actual: Record<string, number> = {
    muMin: least,
    muMax: most,
    zq: z,
    fLower1: statistic(x, y, least) - z,
    fUpper1: statistic(x, y, most) - z,
    fLower2: statistic(x, y, least) + z,
    fUpper2: statistic(x, y, most) + z,
    ciLower: told.lower,
    ciUpper: told.upper,
    estimate: told.estimate,
  };
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [name, value] of Object.entries(expected)) {
    within(actual[name] ?? Number.NaN, value, tol, name);
  }
}

interface ClassifierArgs {
  canary: number[];
  baseline: number[];
  tolerance: number;
  confLevel: number;
  direction: KayentaRule['direction'];
  effectSizeThresholds?: [number, number];
  criticalThresholds?: [number, number];
  measure?: KayentaRule['effect'];
  critical?: boolean;
  nanStrategy?: KayentaRule['nan'];
  dataRequired?: boolean;
}

function ruleOf(args: ClassifierArgs): KayentaRule {
  const [allowedDecrease, allowedIncrease] = args.effectSizeThresholds ?? [1, 1];
  const [criticalDecrease, criticalIncrease] = args.criticalThresholds ?? [1, 1];
  return {
    ...KAYENTA_RULE,
    tolerance: args.tolerance,
    confidence: args.confLevel,
    direction: args.direction,
    allowedDecrease,
    allowedIncrease,
    criticalDecrease,
    criticalIncrease,
    effect: args.measure ?? 'meanRatio',
    critical: args.critical ?? false,
    nan: args.nanStrategy ?? 'remove',
    mustHaveData: args.dataRequired ?? false,
  };
}

test('kayenta-classifier.json', () => {
  const all = vectorCases('kayenta-classifier.json');
  // One case names an array of Kayenta's tests that the file does not hold.
  const cases = all.filter(({ args }) => Array.isArray((args as ClassifierArgs).baseline));
  for (const { args, expected, tol, ...rest } of cases) {
    const { name } = rest as unknown as { name: string };
    const told = args as ClassifierArgs;
    const found = classify(ruleOf(told), told.baseline, told.canary);
    const want = expected as { classification: string; critical?: boolean; ratio?: number };
    expect(found.label, name).toBe(want.classification);
    if (want.critical !== undefined) expect(found.critical, name).toBe(want.critical);
    if (want.ratio !== undefined) within(found.effect ?? Number.NaN, want.ratio, tol, name);
  }
  const left = all.length - cases.length;
  if (all.length > 0) {
    console.log(`kayenta-classifier.json: ${cases.length} cases, ${left} without its data`);
  }
});

/** `High(critical)` is a High that fails everything. */
function labelled(groups: Readonly<Record<string, readonly string[]>>) {
  return Object.entries(groups).flatMap(([group, labels]) =>
    labels.map((text) => ({
      groups: [group],
      label: text.replace('(critical)', '') as KayentaLabel,
      critical: text.endsWith('(critical)'),
    })),
  );
}

const SCORER: Readonly<Record<string, (args: never, expected: never, tol: number) => void>> = {
  iqrDetector: (args: { data: number[]; factor: number; reduceSensitivity: boolean }, expected) =>
    expect(outliersOf(args.data, args.factor, args.reduceSensitivity)).toEqual(expected),
  percentileR7: (args: { data: number[]; p: number }, expected, tol) =>
    within(percentile(args.data, args.p), expected, Math.max(tol, 1e-15), 'percentile'),
  meanRatio: (args: { baseline: number[]; canary: number[] }, expected: number | 'NaN', tol) => {
    const told = effectSize('meanRatio', args.baseline, args.canary);
    if (expected === 'NaN') expect(told).toBe(null);
    else within(told ?? Number.NaN, expected, tol, 'meanRatio');
  },
  cohenD: (args: { a: number[]; b: number[] }, expected, tol) =>
    within(cohenD(args.a, args.b) ?? Number.NaN, expected, tol, 'cohenD'),
  cles: (args: { baseline: number[]; canary: number[] }, expected, tol) =>
    within(effectSize('cles', args.baseline, args.canary) ?? Number.NaN, expected, tol, 'cles'),
  weightedSumScore: (
    args: { groups: Record<string, string[]>; weights: Record<string, number> },
    expected: { groupScores?: Record<string, number>; summary: number },
    tol,
  ) => {
    const rule = { pass: 95, marginal: 75, groupWeights: args.weights };
    const told = score(rule, labelled(args.groups));
    within(told.score, expected.summary, tol, 'summary');
    for (const [group, value] of Object.entries(expected.groupScores ?? {})) {
      within(told.groupScores[group] ?? Number.NaN, value, tol, group);
    }
  },
};

test('kayenta-scorer.json', () => {
  const cases = vectorCases('kayenta-scorer.json');
  for (const { fn, args, expected, tol } of cases) {
    expect(SCORER[fn], fn).toBeDefined();
    SCORER[fn]?.(args, expected, tol);
  }
  if (cases.length > 0) console.log(`kayenta-scorer.json: ${cases.length} cases`);
});

/** P(U <= u) without ties: the number of ways to choose n of n + m ranks, by sum. */
function exactAtMost(n: number, m: number, u: number): number {
  const ways = Array.from({ length: n + 1 }, () => new Float64Array(n * m + 1));
  const none = ways[0];
  if (none !== undefined) none[0] = 1;
  for (let rank = 0; rank < n + m; rank += 1) {
    for (let chosen = Math.min(n, rank + 1); chosen >= 1; chosen -= 1) {
      const [to, from] = [ways[chosen], ways[chosen - 1]];
      // The chosen-th of x at this rank has rank + 1 - chosen of y below it.
      const gain = rank + 1 - chosen;
      if (gain > m || to === undefined || from === undefined) continue;
      for (let at = n * m; at >= gain; at -= 1) to[at] = (to[at] ?? 0) + (from[at - gain] ?? 0);
    }
  }
  const all = ways[n]?.reduce((sum, one) => sum + one, 0) ?? 0;
  const below = ways[n]?.subarray(0, Math.floor(u) + 1).reduce((sum, one) => sum + one, 0) ?? 0;
  return below / all;
}

test('mann-whitney-scipy.json', () => {
  const cases = vectorCases('mann-whitney-scipy.json');
  const counted = { exact: 0, asymptotic: 0 };
  for (const { args, expected, tol } of cases) {
    const { x, y, method, alternative } = args as Sample & { method: string; alternative: string };
    const want = expected as Readonly<Record<string, number>>;
    const { u, pValue } = rankSumTest(y, x);
    expect(u).toBe(want.U);
    const greater = 1 - exactAtMost(x.length, y.length, u - 1);
    const twoSided = Math.min(1, 2 * Math.min(greater, exactAtMost(x.length, y.length, u)));
    if (method === 'exact') {
      within(alternative === 'greater' ? greater : twoSided, want.p ?? 0, tol, 'exact');
      counted.exact += 1;
      continue;
    }
    within(pValue, want['two-sided'] ?? 0, tol, 'two-sided');
    within(exactInterval(y, x, 0.9).estimate, want.hodgesLehmann ?? 0, 1e-12, 'Hodges-Lehmann');
    if (want.exactTwoSided !== undefined) within(twoSided, want.exactTwoSided, tol, 'exact');
    // Half a rank towards 0 is right for both sides at once; one side corrects its own way.
    const off = u - (x.length * y.length) / 2;
    const z = statistic(x, y, 0);
    if (off > 0) within(1 - normalCdf(z), want.greater ?? 0, tol, 'greater');
    if (off < 0) within(normalCdf(z), want.less ?? 0, tol, 'less');
    counted.asymptotic += 1;
  }
  const { exact, asymptotic } = counted;
  if (cases.length > 0) {
    console.log(`mann-whitney-scipy.json: ${asymptotic} by the normal law, ${exact} exact`);
  }
});

const TEN = Array.from({ length: 10 }, () => 1);

describe('plain numbers', () => {
  const hundreds = (count: number): number[] => TEN.map((one, i) => (i < count ? 100 : one));
  const strict: KayentaRule = { ...KAYENTA_RULE, allowedIncrease: 1.05 };

  test.each<[string, KayentaRule, number[], number[], KayentaLabel]>([
    ['7 of 10 a hundred times higher', strict, TEN, hundreds(7), 'Pass'],
    ['8 of 10 a hundred times higher', strict, TEN, hundreds(8), 'High'],
    ['sparse new errors', KAYENTA_RULE, [0, 0, 0, 0, 0, 0], [0, 1, 2, 1, 0, 0], 'Pass'],
    ['the same values in another order', KAYENTA_RULE, [3, 1, 2], [2, 3, 1], 'Pass'],
    ['constants that differ', KAYENTA_RULE, [0, 0], [10, 10, 10], 'High'],
    ['constants that differ, downwards', KAYENTA_RULE, [10, 10], [9, 9], 'Low'],
    ['no canary', KAYENTA_RULE, [1, 2], [Number.NaN, Infinity], 'Nodata'],
    ['no canary, replaced', { ...KAYENTA_RULE, nan: 'replace' }, [1, 2], [], 'Pass'],
    ['no canary, required', { ...KAYENTA_RULE, mustHaveData: true }, [1], [], 'NodataFailMetric'],
  ])('%s', (_, rule, baseline, canary, label) => {
    expect(classify(rule, baseline, canary).label).toBe(label);
  });

  test('the published interval, both ways', () => {
    const told = brentInterval([1, 2, 3, 4], [10, 20, 30, 40], 0.95);
    within(told.lower, 6, 1e-6, 'lower');
    within(told.upper, 39, 1e-6, 'upper');
    const exact = exactInterval([1, 2, 3, 4], [10, 20, 30, 40], 0.95);
    expect(exact).toEqual({ lower: 6, upper: 39, estimate: 22.5 });
  });

  test('a critical failure, and too little data, score nothing; no metric at all neither', () => {
    const rule = { pass: 95, marginal: 75, groupWeights: {} };
    const told = (groups: Record<string, string[]>) => score(rule, labelled(groups));
    expect(told({ a: ['Pass', 'High(critical)'] })).toMatchObject({ score: 0, outcome: 'fail' });
    expect(told({ a: ['Nodata', 'Pass'] })).toMatchObject({ score: 0, outcome: 'fail' });
    expect(told({})).toMatchObject({ score: 0, outcome: 'fail' });
    expect(told({ a: ['Pass', 'Pass', 'Pass', 'High'] })).toMatchObject({ outcome: 'marginal' });
    expect(told({ a: ['Pass', 'Pass'], b: ['Nodata'] })).toMatchObject({ outcome: 'pass' });
  });
});

describe('the exact interval', () => {
  const values = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 14 });
  const confidence = fc.constantFrom(0.8, 0.95, 0.98);

  /** The definition: all differences in order, and the shifts between them at which it exceeds z. */
  function slow(y: readonly number[], x: readonly number[], level: number) {
    const all = x.flatMap((a) => y.map((b) => a - b)).sort((a, b) => a - b);
    const z = zOf(level);
    const beyond = (one: number, q: number): boolean => statistic(x, y, one + 1 / 64) > q;
    const at = (q: number) => all.find((one) => !beyond(one, q)) ?? all.at(-1) ?? 0;
    const [low, high] = [Math.floor((all.length - 1) / 2), Math.floor(all.length / 2)];
    return { lower: at(z), upper: at(-z), estimate: ((all[low] ?? 0) + (all[high] ?? 0)) / 2 };
  }

  test('is the definition, ties and all', () => {
    fc.assert(
      fc.property(values, values, confidence, (y, x, level) => {
        const told = exactInterval(y, x, level);
        const want = slow(y, x, level);
        for (const key of ['lower', 'upper', 'estimate'] as const) {
          within(told[key], want[key], 0, key);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('keeps its verdict in any unit, and mirrors with the arrays', () => {
    const scale = fc.constantFrom(2 ** -30, 2 ** -10, 1, 2 ** 20);
    fc.assert(
      fc.property(values, values, scale, (y, x, unit) => {
        const plain = exactInterval(y, x, 0.98);
        const scaled = exactInterval(
          y.map((one) => one * unit),
          x.map((one) => one * unit),
          0.98,
        );
        const swapped = exactInterval(x, y, 0.98);
        within(scaled.lower, plain.lower * unit, 0, 'lower in another unit');
        within(scaled.upper, plain.upper * unit, 0, 'upper in another unit');
        within(swapped.lower, -plain.upper, 0, 'mirrored');
        within(swapped.upper, -plain.lower, 0, 'mirrored');
      }),
      { numRuns: 200 },
    );
  });

  test('agrees with the solver where values are large against its tolerance', () => {
    const random = prng(7);
    for (let round = 0; round < 50; round += 1) {
      const y = Array.from({ length: 60 }, () => 1000 * random.next());
      const x = Array.from({ length: 60 }, () => 1100 * random.next());
      const exact = exactInterval(y, x, 0.98);
      const solved = brentInterval(y, x, 0.98);
      within(solved.lower, exact.lower, 2e-4, 'lower');
      within(solved.upper, exact.upper, 2e-4, 'upper');
      // Between the two middle differences every shift is a root.
      within(solved.estimate, exact.estimate, 2, 'estimate');
    }
  });

  test('4,320 points a group take well below a second', () => {
    const random = prng(11);
    const series = (): number[] => Array.from({ length: 4_320 }, () => random.next());
    const [y, x] = [series(), series()];
    const from = performance.now();
    exactInterval(y, x, 0.98);
    brentInterval(y, x, 0.98);
    expect(performance.now() - from).toBeLessThan(2_000);
  });
});
