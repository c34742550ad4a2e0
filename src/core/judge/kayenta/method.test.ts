import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { vectorCases } from '../../../../test/judge/vectors.ts';
import { prng } from '../../../base/prng.ts';
import type { Interval, Measurement } from '../../evidence/interval.ts';
import { METRIC_DEFAULTS } from '../defaults.ts';
import type { Metric } from '../settings.ts';
import { explainKayenta } from './explain.ts';
import { judgeKayenta, type KayentaState, observeKayenta, startKayenta } from './method.ts';
import { bucketQuantile, pointOf } from './point.ts';
import { KAYENTA_DEFAULTS, type KayentaSettings, kayentaFaults, POINTS_MAX } from './settings.ts';

const SETTINGS: KayentaSettings = { method: 'kayenta', ...KAYENTA_DEFAULTS };
const EDGES = [10, 20, 50, 100];
const MINUTE_MS = 60_000;

function metric(name: string, weight: number, more: Partial<Metric> = {}): Metric {
  return { ...METRIC_DEFAULTS, name, kind: 'rate', unit: '', edges: [], weight, ...more };
}

const ERRORS = [metric('errors', 1)];
const BOTH = [
  metric('errors', 0.2),
  metric('latency', 0.8, { kind: 'histogram', unit: 'ms', edges: EDGES }),
];

type Measured = Readonly<Record<string, Measurement>>;

function interval(seq: number, stable: Measured | null, candidate: Measured | null): Interval {
  const track = (metrics: Measured | null) =>
    metrics === null ? null : { up: true, requests: 1_000, metrics };
  const times = { startMs: seq * MINUTE_MS, endMs: (seq + 1) * MINUTE_MS };
  return { seq, ...times, candidatePct: 50, stable: track(stable), candidate: track(candidate) };
}

const errors = (events: number): Measured => ({ errors: { kind: 'rate', events, total: 1_000 } });

/** Errors around 1 % at stable, and around `pct` at the candidate. */
function course(length: number, pct: number, seed = 1): Interval[] {
  const random = prng(seed);
  const around = (mean: number): Measured => errors(10 * mean + random.below(7) - 3);
  return Array.from({ length }, (_, seq) => interval(seq, around(1), around(pct)));
}

function run(
  intervals: readonly Interval[],
  settings = SETTINGS,
  metrics: readonly Metric[] = ERRORS,
): KayentaState {
  let state = startKayenta(settings, metrics);
  for (const one of intervals) state = observeKayenta(settings, metrics, state, one);
  return state;
}

function verdict(
  intervals: readonly Interval[],
  settings = SETTINGS,
  metrics: readonly Metric[] = ERRORS,
) {
  return judgeKayenta(settings, metrics, run(intervals, settings, metrics));
}

describe('what it says', () => {
  const worse = metric('errors', 0.2);
  const slow = BOTH[1] ?? worse;
  const both = (pct: number, counts: readonly number[]) =>
    course(60, pct).map((one) => {
      const latency: Measurement = { kind: 'histogram', counts };
      const at = (track: Interval['stable']) =>
        track === null ? null : { ...track, metrics: { ...track.metrics, latency } };
      return { ...one, stable: at(one.stable), candidate: at(one.candidate) };
    });
  const sliding: KayentaSettings = { ...SETTINGS, windowIntervals: 60 };

  test.each<[string, Interval[], KayentaSettings, Metric[], string, RegExp]>([
    ['nothing yet', [], SETTINGS, ERRORS, 'inconclusive', /no interval with both tracks/],
    [
      'one track only',
      course(80, 1).map((one) => ({ ...one, candidate: null })),
      SETTINGS,
      ERRORS,
      'inconclusive',
      /no interval with both tracks/,
    ],
    [
      'before its first look',
      course(59, 9),
      SETTINGS,
      ERRORS,
      'inconclusive',
      /after 60 intervals, 59/,
    ],
    ['no worse', course(60, 1), SETTINGS, ERRORS, 'promote', /scores 100 of 100 over 60 intervals/],
    [
      'three times the errors',
      course(60, 3),
      SETTINGS,
      ERRORS,
      'rollback',
      /scores 0 of 100 .* errors High, 3.* against stable's 1.* % \(moved by 1.* to 2.* % at 98 %/,
    ],
    ['fewer errors', course(60, 0.5), SETTINGS, ERRORS, 'promote', /100 of 100/],
    [
      'one of two metrics, of little weight',
      both(3, [9, 9, 1, 0, 0]),
      SETTINGS,
      [worse, slow],
      'continue',
      /scores 80 .* marginal .* errors High/,
    ],
    [
      'one of two never measured',
      course(60, 1),
      SETTINGS,
      BOTH,
      'inconclusive',
      /latency has 0 values of stable and 0/,
    ],
    [
      'one of two never measured, the other worse',
      course(60, 3),
      SETTINGS,
      BOTH,
      'rollback',
      /errors High/,
    ],
    [
      '49 values',
      course(49, 9),
      { ...SETTINGS, everyIntervals: 49 },
      ERRORS,
      'inconclusive',
      /49 values of stable .* each needs 50/,
    ],
    [
      'worse, and well again',
      [...course(60, 3), ...later(60, course(300, 1))],
      sliding,
      ERRORS,
      'rollback',
      /up to interval 59/,
    ],
    [
      'worse after a day',
      [...course(1_440, 1), ...later(1_440, course(60, 2))],
      sliding,
      ERRORS,
      'rollback',
      /up to interval 1499/,
    ],
    [
      'nothing required',
      course(60, 1),
      SETTINGS,
      [metric('errors', 1, { required: false })],
      'inconclusive',
      /no metric is required/,
    ],
    [
      'advisory only',
      course(60, 9),
      SETTINGS,
      [metric('errors', 0, { advisory: true })],
      'inconclusive',
      /no metric has a weight/,
    ],
    [
      'no candidate for an hour and more',
      [...course(60, 1), ...later(60, course(61, 1)).map((one) => ({ ...one, candidate: null }))],
      SETTINGS,
      ERRORS,
      'inconclusive',
      /61 intervals old/,
    ],
    [
      'malformed',
      Array.from({ length: 60 }, (_, seq) => interval(seq, errors(-1), errors(2_000))),
      SETTINGS,
      ERRORS,
      'inconclusive',
      /no interval with both tracks/,
    ],
  ])('%s', (_, intervals, settings, metrics, kind, reason) => {
    const told = verdict(intervals, settings, metrics);
    expect(told.reason).toMatch(reason);
    expect(told.kind).toBe(kind);
  });

  test('a fall is worse where the metric says so', () => {
    const fill = [metric('errors', 1, { worse: 'lower' })];
    expect(verdict(course(60, 0.5), SETTINGS, fill).kind).toBe('rollback');
    expect(verdict(course(60, 3), SETTINGS, fill).kind).toBe('promote');
  });

  test('what was refused is counted', () => {
    const bad = interval(60, errors(-1), errors(2));
    expect(run([...course(60, 1), bad]).metrics.errors?.refused).toBe(1);
    expect(run([interval(0, errors(-1), errors(2_000))]).metrics.errors?.refused).toBe(1);
  });
});

function later(seq: number, intervals: readonly Interval[]): Interval[] {
  return intervals.map((one) => ({ ...one, seq: one.seq + seq }));
}

test('the same bits from a state saved at any interval; a repeated interval changes nothing', () => {
  const settings = { ...SETTINGS, everyIntervals: 7, windowIntervals: 50 };
  const intervals = course(150, 1.2, 5);
  let through = startKayenta(settings, ERRORS);
  let saved = startKayenta(settings, ERRORS);
  for (const one of intervals) {
    through = observeKayenta(settings, ERRORS, through, one);
    saved = observeKayenta(settings, ERRORS, JSON.parse(JSON.stringify(saved)), one);
    expect(observeKayenta(settings, ERRORS, through, one)).toBe(through);
    expect(saved).toEqual(through);
    const told = judgeKayenta(settings, ERRORS, saved);
    expect(JSON.stringify(told)).toBe(JSON.stringify(judgeKayenta(settings, ERRORS, through)));
  }
});

test('keeps no more than its window, and a growing one says what it left out', () => {
  expect(
    run(course(200, 1), { ...SETTINGS, windowIntervals: 50 }).metrics.errors?.stable,
  ).toHaveLength(50);
  const settings = { ...SETTINGS, everyIntervals: 4_380 };
  const state = run(course(POINTS_MAX + 60, 1), settings);
  expect(state.metrics.errors?.stable).toHaveLength(POINTS_MAX);
  expect(judgeKayenta(settings, ERRORS, state).reason).toContain('newest 4320 intervals');
  expect(JSON.stringify(state).length).toBeLessThan(100_000);
});

test('any intervals at all leave a state of plain finite numbers', () => {
  const number = fc.oneof(fc.double(), fc.integer({ min: -2, max: 1_000 }));
  const measurement: fc.Arbitrary<Measurement> = fc.oneof(
    fc.record({ kind: fc.constant('rate' as const), events: number, total: number }),
    fc.record({ kind: fc.constant('value' as const), value: number }),
    fc.record({
      kind: fc.constant('histogram' as const),
      counts: fc.array(number, { maxLength: 6 }),
    }),
  );
  const side = fc.option(fc.dictionary(fc.constantFrom('errors', 'latency', 'x'), measurement));
  const settings = { ...SETTINGS, everyIntervals: 2, windowIntervals: 50 };
  fc.assert(
    fc.property(fc.array(fc.tuple(side, side), { maxLength: 20 }), (sides) => {
      const intervals = sides.map(([stable, candidate], seq) => interval(seq, stable, candidate));
      const state = run(intervals, settings, BOTH);
      expect(JSON.parse(JSON.stringify(state))).toEqual(state);
      expect(judgeKayenta(settings, BOTH, state).kind).toBe('inconclusive');
    }),
    {
      numRuns: 200,
      examples: [[[[{}, { latency: { kind: 'histogram', counts: [0, 0, 6.3e306, 0, 0] } }]]]],
    },
  );
});

test('settings that make no sense are named', () => {
  expect(kayentaFaults(SETTINGS)).toEqual([]);
  const faults = (more: Partial<KayentaSettings>): string =>
    kayentaFaults({ ...SETTINGS, ...more }).join();
  expect(faults({ marginal: 96 })).toMatch(/marginal \(96\) is not above pass \(95\)/);
  expect(faults({ pass: 0, marginal: 0 })).toMatch(/every judgement would promote/);
  expect(faults({ windowIntervals: 49 })).toMatch(/holds 50 to 4320/);
  expect(faults({ everyIntervals: 0 })).toMatch(/every/);
  expect(faults({ quantile: 1 })).toMatch(/quantile/);
  expect(faults({ tolerance: 2 })).toMatch(/tolerance/);
  expect(faults({ confidence: Number.NaN })).toMatch(/confidence/);
});

describe('one number an interval', () => {
  test('quantiles of Prometheus', () => {
    let count = 0;
    for (const { fn, args, expected, tol } of vectorCases('prometheus-histogram.json')) {
      if (fn !== 'bucketQuantile') continue;
      const { buckets, q } = args as { buckets: [number, number][]; q: number };
      const counts = buckets.map(([, at], i) => at - (buckets[i - 1]?.[1] ?? 0));
      const told = bucketQuantile(
        buckets.slice(0, -1).map(([edge]) => edge),
        counts,
        q,
      );
      if (expected === 'NaN') expect(told).toBe(null);
      else expect(Math.abs((told ?? 0) - expected)).toBeLessThanOrEqual(Math.max(tol, 1e-9));
      count += 1;
    }
    if (count > 0) console.log(`prometheus-histogram.json: ${count} quantiles`);
  });

  test.each<[readonly number[], number, number | null]>([
    [[10, 5, 0, 0, 0], 0.99, 19.7],
    [[10, 5, 0, 0, 0], 0.5, 7.5],
    [[0, 0, 0, 0, 3], 0.5, 100],
    [[0, 0, 0, 0, 0], 0.5, null],
    [[0, 4, 0, 4, 0], 0.5, 20],
  ])('%o at %d', (counts, quantile, value) => {
    expect(bucketQuantile(EDGES, counts, quantile)).toBe(value);
  });

  const gauge = metric('cpu', 1, { kind: 'value' });
  test.each<[string, Metric, Measurement | undefined, string]>([
    ['of nothing', gauge, undefined, 'absent'],
    ['of no requests', metric('errors', 1), { kind: 'rate', events: 0, total: 0 }, 'absent'],
    [
      'of more events than requests',
      metric('errors', 1),
      { kind: 'rate', events: 2, total: 1 },
      'refused',
    ],
    ['of another kind', gauge, { kind: 'rate', events: 1, total: 2 }, 'refused'],
    ['of no number', gauge, { kind: 'value', value: Number.NaN }, 'refused'],
  ])('%s', (_, one, measurement, kind) => {
    expect(pointOf(one, measurement, 0.95).kind).toBe(kind);
  });
});

test('a verdict for people', () => {
  const slow = metric('latency', 0, {
    kind: 'histogram',
    unit: 'ms',
    edges: EDGES,
    advisory: true,
  });
  const told = verdict(course(60, 3), SETTINGS, [...ERRORS, slow]);
  const text = explainKayenta(told);
  expect(text.split('\n')[0]).toBe(`rollback: ${told.reason}`);
  expect(text).toMatch(/errors +3.* against 1.* % +2.96 +1.9 to 2.1 +60 +High \(weight 1\)/);
  expect(text).toMatch(/latency +not measured +- +- +0 +Nodata \(advisory\)/);
  expect(text).toContain('score 0 of 100 at interval 59; 95 passes, below 75 it rolls back');
});
