import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { draw, EDGES, interval, metric, plainSettings } from '../../../test/judge/tracks.ts';
import type { Interval, Measurement } from '../evidence/interval.ts';
import { comparisonAt } from './comparison-columns.ts';
import { defaultSettings } from './defaults.ts';
import { explain } from './explain.ts';
import { type JudgeState, judge, observe, startJudge } from './judge.ts';
import type { JudgeSettings, Metric } from './settings.ts';
import { settingsFaults } from './settings-faults.ts';

const SETTINGS = plainSettings(4320);
const ERRORS = metric('errors');

function rate(events: number, total = 600): Measurement {
  return { kind: 'rate', events, total };
}

function play(
  settings: JudgeSettings,
  metrics: readonly Metric[],
  intervals: readonly Interval[],
  from = startJudge(settings, metrics),
): JudgeState {
  return intervals.reduce(
    (state, one) => observe(settings, metrics, state, one, one.candidatePct),
    from,
  );
}

/** Errors of both tracks, interval after interval. */
function errorsOf(stable: readonly number[], candidate: readonly number[], first = 0): Interval[] {
  return stable.map((events, i) =>
    interval(first + i, { errors: rate(events) }, { errors: rate(candidate[i] ?? 0) }),
  );
}

function verdictOf(intervals: readonly Interval[], settings = SETTINGS, metrics = [ERRORS]) {
  return judge(settings, metrics, play(settings, metrics, intervals));
}

const TEN = (events: number, times = 10): number[] => new Array<number>(times).fill(events);

describe('verdicts', () => {
  test('no interval, or one with a single track: inconclusive', () => {
    expect(verdictOf([])).toMatchObject({
      kind: 'inconclusive',
      reason: 'no interval has both tracks yet',
      lnE: expect.closeTo(Math.log(0.5), 12),
      split: { observedPct: null },
    });
    expect(verdictOf([interval(0, { errors: rate(3) }, null)]).kind).toBe('inconclusive');
    expect(verdictOf([interval(0, { errors: rate(3) }, {})]).pairs).toBe(0);
  });

  test('nothing shown yet: continue, which is not a pass', () => {
    const verdict = verdictOf(errorsOf([6, 5, 7], [6, 7, 5]));
    expect(verdict.kind).toBe('continue');
    expect(verdict.reason).toMatch(
      /^neither is shown after 3 intervals: rollback E 0\.\d+ of 100; promotion errors E [\d.]+ of 20$/,
    );
    expect(verdict.metrics[0]?.outcome).toBe('inconclusive');
  });

  test('three times the errors: rollback, with what showed it', () => {
    const verdict = verdictOf(errorsOf(TEN(6), TEN(18)));
    expect(verdict.kind).toBe('rollback');
    expect(verdict.reason).toMatch(
      /^the candidate is worse than stable: errors 3 % of \d+ against stable's 1 % of \d+ since it last looked no worse \(E [\d.]+ at interval \d, needed 100\)$/,
    );
    expect(verdict.crossedSeq).toBeLessThan(9);
    expect(verdict.metrics[0]).toMatchObject({ outcome: 'fail', ratio: 3 });
  });

  test('a crossing stands, even when the candidate mends itself', () => {
    const state = play(SETTINGS, [ERRORS], errorsOf(TEN(6), TEN(18)));
    const mended = play(SETTINGS, [ERRORS], errorsOf(TEN(6, 200), TEN(3, 200), 10), state);
    expect(judge(SETTINGS, [ERRORS], mended)).toMatchObject({
      kind: 'rollback',
      crossedSeq: state.crossed?.seq,
    });
    expect(judge(SETTINGS, [ERRORS], mended).lnE).toBeLessThan(Math.log(100));
  });

  test('shown not worse: promote, and only while it is so', () => {
    const healthy = errorsOf(TEN(6, 120), TEN(6, 120));
    const state = play(SETTINGS, [ERRORS], healthy);
    expect(judge(SETTINGS, [ERRORS], state)).toMatchObject({ kind: 'promote' });
    const worse = play(SETTINGS, [ERRORS], errorsOf(TEN(6, 40), TEN(8, 40), 120), state);
    expect(judge(SETTINGS, [ERRORS], worse).kind).not.toBe('promote');
  });

  test('shown, but not in the newest interval: continue', () => {
    const state = play(SETTINGS, [ERRORS], errorsOf(TEN(6, 120), TEN(6, 120)));
    const blind = observe(SETTINGS, [ERRORS], state, interval(120, { errors: rate(6) }, {}), 50);
    expect(judge(SETTINGS, [ERRORS], blind)).toMatchObject({
      kind: 'continue',
      reason: expect.stringContaining('not in the newest interval'),
    });
  });

  test('no error at all: the absolute margin promotes', () => {
    expect(verdictOf(errorsOf(TEN(0, 20), TEN(0, 20)))).toMatchObject({ kind: 'promote' });
  });

  test('significant, but below the floor: no rollback', () => {
    const floor = [metric('errors', { relevanceFloor: 0.05 })];
    const verdict = verdictOf(errorsOf(TEN(6), TEN(18)), SETTINGS, floor);
    expect(verdict).toMatchObject({ kind: 'continue', lnERelevant: null, crossedSeq: null });
    expect(verdict.reason).toContain('the excess is not above its floor');
    expect(verdict.metrics[0]?.outcome).toBe('warn');
  });

  test('a tripped split blocks promotion and does not excuse a rollback', () => {
    const skewed = (all: readonly Interval[]): Interval[] =>
      all.map((one) => ({
        ...one,
        candidate: one.candidate && { ...one.candidate, requests: 300 },
      }));
    const healthy = verdictOf(skewed(errorsOf(TEN(6, 120), TEN(6, 120))));
    expect(healthy).toMatchObject({
      kind: 'inconclusive',
      split: { tripped: true, expectedPct: 50 },
    });
    expect(healthy.reason).toMatch(
      /^the candidate got 33\.3 % of 108000 requests, ordered were 50 %/,
    );
    expect(verdictOf(skewed(errorsOf(TEN(6), TEN(18)))).kind).toBe('rollback');
  });

  test('requests counted at the tracks show what went around the split', () => {
    const counted = { ...SETTINGS, splitMetric: 'served' };
    const metrics = [ERRORS, metric('served', { required: false, advisory: true, weight: 0 })];
    const served = (count: number): Measurement => ({ kind: 'histogram', counts: [count - 1, 1] });
    const all = (atCandidate: Measurement | null): Interval[] =>
      errorsOf(TEN(6, 120), TEN(6, 120)).map(({ seq, stable, candidate }) => ({
        ...interval(seq, stable?.metrics ?? null, candidate?.metrics ?? null),
        stable: stable && { ...stable, metrics: { ...stable.metrics, served: served(600) } },
        candidate: candidate && {
          ...candidate,
          metrics: { ...candidate.metrics, ...(atCandidate && { served: atCandidate }) },
        },
      }));
    const around = verdictOf(all(served(900)), counted, metrics);
    expect(around).toMatchObject({
      kind: 'inconclusive',
      split: { tripped: true, metric: 'served', requests: 180_000, observedPct: 60 },
    });
    expect(around.reason).toMatch(
      /^the candidate got 60 % of 180000 requests counted at the tracks, ordered were 50 %/,
    );
    expect(explain(around)).toContain('; counted at the tracks by served');
    expect(verdictOf(all(served(600)), counted, metrics).kind).toBe('promote');
    // The splitter's own count says nothing of it, and what the tracks did not count is not known.
    expect(verdictOf(all(served(900)), SETTINGS, metrics)).toMatchObject({
      kind: 'promote',
      split: { tripped: false, metric: null },
    });
    for (const none of [null, { kind: 'value', value: 600 } as const]) {
      expect(verdictOf(all(none), counted, metrics)).toMatchObject({
        kind: 'inconclusive',
        reason: expect.stringContaining('the split was never measured'),
      });
    }
    // What stopped being counted may have gone wrong since: missing evidence never helps.
    const whole = all(served(600));
    const from = (first: number): Interval[] => [
      ...whole.slice(0, first),
      ...all(null).slice(first),
    ];
    expect(verdictOf(from(30), counted, metrics)).toMatchObject({
      kind: 'inconclusive',
      reason: expect.stringContaining('the split was measured in 30 of the 120 intervals'),
    });
    expect(verdictOf(from(119), counted, metrics)).toMatchObject({
      kind: 'inconclusive',
      reason: 'the split was not measured in the newest interval',
    });
    const late = [...all(null).slice(0, 60), ...whole.slice(60)];
    expect(verdictOf(late, counted, metrics)).toMatchObject({
      kind: 'promote',
      split: { intervals: 60, current: true },
    });
    const gauge = metric('served', { kind: 'value' });
    expect(settingsFaults(counted, [gauge])).toEqual(['the split is counted by "served", a gauge']);
  });

  test('a split never measured under one weight promotes nothing', () => {
    const moving = errorsOf(TEN(6, 120), TEN(6, 120)).map((one) => ({
      ...one,
      candidatePct: null,
    }));
    expect(verdictOf(moving)).toMatchObject({ kind: 'inconclusive' });
  });

  test('a required metric that was never measured: inconclusive, by name', () => {
    const metrics = [metric('errors', { weight: 0.5 }), metric('timeouts', { weight: 0.5 })];
    const verdict = verdictOf(errorsOf(TEN(6, 120), TEN(6, 120)), SETTINGS, metrics);
    expect(verdict).toMatchObject({
      kind: 'inconclusive',
      reason: 'timeouts is required and was never measured on both tracks',
    });
  });

  test('an advisory metric shows and never acts', () => {
    const metrics = [ERRORS, metric('cpu-errors', { advisory: true, weight: 0 })];
    const all = TEN(6).map((_, i) =>
      interval(
        i,
        { errors: rate(6), 'cpu-errors': rate(1) },
        { errors: rate(6), 'cpu-errors': rate(90) },
      ),
    );
    const verdict = verdictOf(all, SETTINGS, metrics);
    expect(verdict.kind).toBe('continue');
    expect(verdict.metrics[1]).toMatchObject({ outcome: 'fail', lnEPromote: null });
  });

  test('the horizon: restarts begin within it, and it is said when it is spent', () => {
    const short = plainSettings(5);
    const verdict = verdictOf(errorsOf(TEN(6), TEN(6)), short);
    expect(verdict).toMatchObject({ horizonSpent: true, elapsedIntervals: 10 });
    expect(verdict.reason).toContain('the horizon of 5 intervals is spent');
    expect(verdictOf(errorsOf(TEN(6, 5), TEN(6, 5)), short).horizonSpent).toBe(false);
  });

  test('rows that never came spend the horizon too', () => {
    const verdict = verdictOf([...errorsOf([6], [6]), ...errorsOf([6], [6], 900)]);
    expect(verdict).toMatchObject({ pairs: 2, elapsedIntervals: 901 });
  });
});

describe('what enters', () => {
  test('an interval enters once: repeated and older ones change nothing', () => {
    const state = play(SETTINGS, [ERRORS], errorsOf([6, 7], [6, 9]));
    for (const again of errorsOf([60, 60], [6, 6])) {
      expect(observe(SETTINGS, [ERRORS], state, again, 50)).toBe(state);
    }
  });

  test.each<[string, Measurement]>([
    ['more events than total', rate(601)],
    ['no whole number', rate(1.5)],
    ['below 0', rate(-1)],
    ['no number', rate(Number.NaN)],
    ['nothing counted', rate(0, 0)],
    ['another kind', { kind: 'value', value: 3 }],
    ['a histogram', { kind: 'histogram', counts: [1, 2] }],
  ])('malformed: %s', (_, measurement) => {
    const state = play(
      SETTINGS,
      [ERRORS],
      [interval(0, { errors: rate(6) }, { errors: measurement })],
    );
    expect(state.metrics.errors).toMatchObject({ pairs: 0, refused: 1 });
    expect(judge(SETTINGS, [ERRORS], state).kind).toBe('inconclusive');
  });

  test('a histogram with other edges, and a value beyond all bounds, are refused', () => {
    const metrics = [
      metric('latency', { kind: 'histogram', edges: EDGES, weight: 0.5 }),
      metric('queue', { kind: 'value', weight: 0.5 }),
    ];
    const bad = {
      latency: { kind: 'histogram', counts: [1, 2] },
      queue: { kind: 'value', value: Infinity },
    } as const;
    const state = play(SETTINGS, metrics, [interval(0, bad, bad)]);
    expect(state.metrics.latency?.refused).toBe(1);
    expect(state.metrics.queue?.refused).toBe(1);
  });

  test('a metric named like a property of every object is not found where it is not', () => {
    const odd = [metric('constructor')];
    const state = play(SETTINGS, odd, [interval(0, {}, {})]);
    expect(state.metrics.constructor).toMatchObject({ pairs: 0, refused: 0 });
  });

  test('values enter only while both tracks carry the same load', () => {
    const cpu = [metric('cpu', { kind: 'value' })];
    const one = interval(
      0,
      { cpu: { kind: 'value', value: 1 } },
      { cpu: { kind: 'value', value: 1 } },
    );
    expect(observe(SETTINGS, cpu, startJudge(SETTINGS, cpu), one, 10).pairs).toBe(0);
    expect(observe(SETTINGS, cpu, startJudge(SETTINGS, cpu), one, 50).pairs).toBe(1);
  });

  test('settings that void the guarantee are refused', () => {
    expect(() => startJudge(SETTINGS, [metric('a', { weight: 0.5 })])).toThrow('sum to 1');
    expect(() => startJudge({ ...SETTINGS, alpha: 0 }, [ERRORS])).toThrow('alpha lies');
    expect(() => startJudge({ ...SETTINGS, psiGrid: [0.9] }, [ERRORS])).toThrow('psiGrid');
    expect(() => startJudge(plainSettings(0), [ERRORS])).toThrow('horizonIntervals');
    expect(() => startJudge(plainSettings(9, 0.5), [ERRORS])).toThrow('dispersion');
    expect(() => startJudge(SETTINGS, [metric('h', { kind: 'histogram' })])).toThrow('edge');
  });
});

describe('measured dispersion', () => {
  const measured: JudgeSettings = {
    ...defaultSettings(4320),
    dispersion: { kind: 'measured', blocks: [1, 5], intervalsMin: 20 },
  };
  const alone = (n: number): Interval[] =>
    TEN(0, n).map((_, i) => interval(i, { errors: rate(i % 2 === 0 ? 2 : 10) }, null));

  test('too little of stable: inconclusive, and nothing is compared', () => {
    const verdict = verdictOf([...alone(5), ...errorsOf(TEN(6, 3), TEN(300, 3), 5)], measured);
    expect(verdict).toMatchObject({
      kind: 'inconclusive',
      reason:
        'the dispersion of errors rests on 8 of 20 intervals of stable, and nothing is compared before that',
      phi: null,
      pairs: 0,
    });
  });

  test('enough of it: phi of the past alone divides both ratios', () => {
    const state = play(measured, [ERRORS], [...alone(20), ...errorsOf([60], [9], 20)]);
    const { phi } = judge(measured, [ERRORS], state);
    // Not the 60 errors of the very interval that is compared.
    expect(phi).toBeCloseTo((16 / 6) * (20 / 19), 12);
    const assumed = plainSettings(4320, phi ?? Number.NaN);
    const same = play(assumed, [ERRORS], errorsOf([60], [9]));
    const body = same.metrics.errors?.body;
    expect(state.metrics.errors?.body).toMatchObject({
      comparisons: body?.kind === 'counted' ? body.comparisons : null,
    });
  });

  test('stable goes on teaching, and the candidate never does', () => {
    const quiet = play(measured, [ERRORS], alone(20));
    const wild = play(measured, [ERRORS], errorsOf([60, 0, 60, 0], [6, 6, 6, 6], 20), quiet);
    const calm = play(measured, [ERRORS], errorsOf([6, 6, 6, 6], [60, 0, 60, 0], 20), quiet);
    const phiOf = (state: JudgeState): number => judge(measured, [ERRORS], state).phi ?? 0;
    expect(phiOf(wild)).toBeGreaterThan(10);
    expect(phiOf(calm)).toBeLessThan(2.9);
  });
});

describe('each kind and direction', () => {
  const many = (n: number, one: (i: number) => readonly [Measurement, Measurement]): Interval[] =>
    TEN(0, n).map((_, i) => {
      const [stable, candidate] = one(i);
      return interval(i, { m: stable }, { m: candidate });
    });
  const kindOf = (change: Partial<Metric>, all: readonly Interval[]): string =>
    verdictOf(all, SETTINGS, [metric('m', change)]).kind;

  test.each([
    ['rare hits that halve', 12, 5],
    ['common hits that become fewer', 597, 585],
    ['a share in the middle that falls', 450, 400],
  ])('lower is worse: %s', (_, stable, candidate) => {
    const worse = many(60, () => [rate(stable), rate(candidate)]);
    const better = many(60, () => [rate(candidate), rate(stable)]);
    const equal = many(400, () => [rate(stable), rate(stable)]);
    expect(kindOf({ worse: 'lower' }, worse)).toBe('rollback');
    expect(kindOf({ worse: 'lower' }, better)).not.toBe('rollback');
    expect(kindOf({ worse: 'lower' }, equal)).toBe('promote');
  });

  test('a histogram: slower rolls back, faster does not, either way round', () => {
    const source = draw(3);
    const slower = many(15, () => [source.histogram(600, 1), source.histogram(600, 1.2)]);
    const faster = many(15, () => [source.histogram(600, 1.2), source.histogram(600, 1)]);
    const latency: Partial<Metric> = { kind: 'histogram', edges: EDGES };
    expect(kindOf(latency, slower)).toBe('rollback');
    expect(kindOf(latency, faster)).not.toBe('rollback');
    expect(kindOf({ ...latency, worse: 'lower' }, faster)).toBe('rollback');
    expect(kindOf({ ...latency, worse: 'lower' }, slower)).not.toBe('rollback');
    const equal = many(150, () => [source.histogram(600, 1), source.histogram(600, 1)]);
    const loose = { ...latency, marginAbsolute: 0.005 };
    expect(kindOf(loose, equal)).toBe('promote');
  });

  test('values: in any unit the same verdict; equal ones promote', () => {
    for (const unit of [1e-6, 1, 1e6]) {
      const source = draw(5);
      const worse = many(60, () => [source.value(3 * unit), source.value(4 * unit)]);
      const equal = many(60, () => [source.value(3 * unit), source.value(3 * unit)]);
      const queue: Partial<Metric> = { kind: 'value' };
      expect(kindOf(queue, worse)).toBe('rollback');
      expect(kindOf(queue, equal)).toBe('promote');
      expect(kindOf({ ...queue, worse: 'lower' }, worse)).not.toBe('rollback');
    }
  });

  test('a value that is 0 at stable and large at the candidate', () => {
    const grown = many(20, (i) => [
      { kind: 'value', value: 0 },
      { kind: 'value', value: 50 + i },
    ]);
    expect(kindOf({ kind: 'value' }, grown)).toBe('rollback');
  });
});

describe('properties', () => {
  const metrics: Metric[] = [
    metric('errors', { weight: 0.4 }),
    metric('latency', { kind: 'histogram', edges: EDGES, weight: 0.4 }),
    metric('fill', { worse: 'lower', weight: 0.1 }),
    metric('cpu', { kind: 'value', weight: 0.1 }),
  ];
  const everything = (seed: number, worse: number, n: number): Interval[] => {
    const source = draw(seed);
    const track = (slower: number): Record<string, Measurement> => ({
      errors: source.rate(600, 0.01 * slower),
      latency: source.histogram(60, slower),
      fill: source.rate(300, 0.7),
      cpu: source.value(slower),
    });
    return TEN(0, n).map((_, i) => interval(i, track(1), track(worse)));
  };
  const scenario = fc.record({
    seed: fc.nat(1e6),
    worse: fc.constantFrom(0.8, 1, 1.3, 2),
    n: fc.integer({ min: 1, max: 30 }),
  });

  test('replayed from a saved state at every interval: the same bits, and plain JSON', () => {
    fc.assert(
      fc.property(scenario, ({ seed, worse, n }) => {
        let live = startJudge(SETTINGS, metrics);
        let loaded = live;
        for (const one of everything(seed, worse, n)) {
          live = observe(SETTINGS, metrics, live, one, 50);
          loaded = JSON.parse(
            JSON.stringify(observe(SETTINGS, metrics, loaded, one, 50)),
          ) as JudgeState;
          expect(JSON.stringify(loaded)).toBe(JSON.stringify(live));
        }
        expect(judge(SETTINGS, metrics, loaded)).toEqual(judge(SETTINGS, metrics, live));
        expect(finite(live)).toBe(true);
        expect(finite(judge(SETTINGS, metrics, live))).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  test('metrics in any order: the same verdict, bit for bit', () => {
    fc.assert(
      fc.property(scenario, fc.shuffledSubarray(metrics, { minLength: 4 }), (one, mixed) => {
        const all = everything(one.seed, one.worse, one.n);
        const straight = judge(SETTINGS, metrics, play(SETTINGS, metrics, all));
        const other = judge(SETTINGS, mixed, play(SETTINGS, mixed, all));
        expect(other.kind).toBe(straight.kind);
        expect([other.lnE, other.lnERelevant, other.crossedSeq]).toEqual([
          straight.lnE,
          straight.lnERelevant,
          straight.crossedSeq,
        ]);
        const byName = (a: { metric: string }, b: { metric: string }): number =>
          a.metric < b.metric ? -1 : 1;
        expect([...other.metrics].sort(byName)).toEqual([...straight.metrics].sort(byName));
      }),
      { numRuns: 25 },
    );
  });

  test('tracks swapped and the direction turned: the same evidence, bit for bit', () => {
    const turned = metrics.map((one) => ({
      ...one,
      worse: one.worse === 'higher' ? ('lower' as const) : ('higher' as const),
    }));
    const values = (all: readonly Metric[]): Metric[] =>
      all.filter(({ kind }) => kind === 'value').map((one) => ({ ...one, weight: 1 }));
    fc.assert(
      fc.property(scenario, ({ seed, worse, n }) => {
        const all = everything(seed, worse, n);
        const swapped = all.map((one) => ({
          ...one,
          stable: one.candidate,
          candidate: one.stable,
        }));
        const straight = judge(SETTINGS, values(metrics), play(SETTINGS, values(metrics), all));
        const other = judge(SETTINGS, values(turned), play(SETTINGS, values(turned), swapped));
        expect(other.lnE).toBe(straight.lnE);
        expect(other.kind === 'rollback').toBe(straight.kind === 'rollback');
      }),
      { numRuns: 25 },
    );
  });

  test('a counter of failures and one of successes say the same where both are seen', () => {
    const failures = [metric('m')];
    const successes = [metric('m', { worse: 'lower' })];
    const all = everything(4, 2, 20);
    const as = (turn: (m: Measurement) => Measurement): Interval[] =>
      all.map((one) => {
        const side = (track: Interval['stable']): Record<string, Measurement> => ({
          m: turn(track?.metrics.errors ?? rate(0)),
        });
        return interval(one.seq, side(one.stable), side(one.candidate));
      });
    const hit = (m: Measurement): Measurement =>
      m.kind === 'rate' ? { ...m, events: m.total - m.events } : m;
    const first = play(
      SETTINGS,
      failures,
      as((m) => m),
    ).metrics.m?.body;
    const second = play(SETTINGS, successes, as(hit)).metrics.m?.body;
    expect(second?.kind === 'counted' && comparisonAt(second.comparisons, 0)).toEqual(
      first?.kind === 'counted' && comparisonAt(first.comparisons, 0),
    );
  });

  test('an old state is never changed', () => {
    const freeze = <T>(value: T): T => {
      if (typeof value === 'object' && value !== null) Object.values(value).forEach(freeze);
      return Object.freeze(value);
    };
    let state = freeze(startJudge(SETTINGS, metrics));
    for (const one of everything(2, 1.5, 10)) {
      state = freeze(observe(SETTINGS, metrics, state, freeze(one), 50));
    }
    expect(state.pairs).toBe(10);
  });
});

/** No number in it that JSON cannot hold. */
function finite(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || value === null) return value !== undefined;
  return Object.values(value).every(finite);
}

test('explained: one sentence first, then the table', () => {
  const metrics = [
    metric('errors', { weight: 0.5 }),
    metric('latency', { kind: 'histogram', edges: [0.1, 1], weight: 0.5, required: false }),
  ];
  const slow = { kind: 'histogram', counts: [500, 90, 10] } as const;
  const all = TEN(6).map((_, i) =>
    interval(i, { errors: rate(6), latency: slow }, { errors: rate(7), latency: slow }),
  );
  expect(explain(verdictOf(all, SETTINGS, metrics))).toMatchInlineSnapshot(`
    "continue: neither is shown after 10 intervals: rollback E 0.203 of 100; promotion errors E 0.367 of 20

    metric   candidate against stable                                  ratio  E back               E go          phi  result
    errors   1.17 % of 6000 against stable's 1 % of 6000               1.17   0.315 (weight 0.5)   0.367 of 20   1    inconclusive
    latency  beyond 1: 1.67 % of 6000 against stable's 1.67 % of 6000  1      0.0901 (weight 0.5)  not required  1    inconclusive

    combined E 0.203, above the floors nothing, rolls back at 100
    split: 50 % of 12000, ordered 50 %, E 1, trips at 100; self-reported
    dispersion: 1, assumed
    A/A test: none, stable is measured as one instance
    interval 9, 10 compared; 10 of 4320 of the horizon
    errors: no excess now, floor 0.1 %; rolls back by itself at E 200
    latency: no excess now, floor 0.1 %; rolls back by itself at E 200"
  `);
});
