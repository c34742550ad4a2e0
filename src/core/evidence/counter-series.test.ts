import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CounterSeries, countBetween, type Sample, type Span } from './counter-series.ts';

const INTERVAL_MS = 10;
/** (100, 110], scraped every 5. */
const SPAN: Span = { startMs: 100, endMs: 110, intervalMs: INTERVAL_MS };
const TIMES = [94, 99, 104, 109, 114];

function series(
  values: readonly (number | null)[],
  labels: Record<string, string> = {},
): CounterSeries {
  const samples = values.flatMap((value, i): Sample[] =>
    value === null ? [] : [[TIMES[i] ?? 0, value]],
  );
  return { labels: { __name__: 'n', instance: 'a:1', ...labels }, samples };
}

function counted(...groups: CounterSeries[][]): readonly number[] | string {
  const found = countBetween(groups, SPAN);
  return found.kind === 'counted' ? found.totals : `${found.kind}: ${found.reason}`;
}

const A = '["","a:1"]';
const steady = series([0, 0, 0, 0, 0], { x: 'steady' });

test.each<[string, CounterSeries[], number | string]>([
  ['the sum of its steps', [series([1, 3, 6, 10, 15])], 7],
  ['of all series', [series([1, 3, 6, 10, 15]), series([5, 5, 6, 7, 9], { x: '1' })], 9],
  ['a restart counts whole', [series([1, 30, 4, 6, 7])], 6],
  ['a restart at each scrape', [series([9, 9, 4, 3, 7])], 7],
  [
    'a new series of a known instance began at 0',
    [steady, series([null, null, 4, 6, 7], { x: '1' })],
    6,
  ],
  ['a missed scrape within', [series([1, 3, null, 10, 15])], 7],
  [
    'a missed scrape at the start',
    [series([null, null, 6, 10, 15])],
    `absent: ${A} has no sample at the start of the interval`,
  ],
  [
    'a missed scrape at the end',
    [series([1, 3, null, null, 15])],
    `absent: ${A} has no sample at the end of the interval`,
  ],
  [
    'an instance that came',
    [series([1, 3, 6, 10, 15]), series([null, null, 6, 10, 15], { instance: 'b' })],
    'absent: ["","b"] has no sample at the start of the interval',
  ],
  [
    'an instance that went',
    [series([1, 3, 6, 10, 15]), series([1, 3, null, null, null], { instance: 'b' })],
    'absent: ["","b"] has no sample at the end of the interval',
  ],
  [
    'no scrape since',
    [series([1, 3, 6, 10, null])],
    `pending: ${A} was not scraped since the end of the interval`,
  ],
  [
    'NaN',
    [series([1, 3, Number.NaN, 10, 15])],
    'absent: n{instance="a:1"} is NaN, which is no count',
  ],
  [
    'an infinity',
    [series([1, 3, 4, Number.POSITIVE_INFINITY, 15])],
    'absent: n{instance="a:1"} is Infinity, which is no count',
  ],
  [
    'a negative one',
    [series([-1, 3, 6, 10, 15])],
    'absent: n{instance="a:1"} is -1, which is no count',
  ],
  ['NaN afterwards', [series([1, 3, 6, 10, Number.NaN])], 7],
  [
    'a series that vanished',
    [steady, series([1, 3, null, null, null], { x: '1' })],
    'absent: n{instance="a:1",x="1"} vanished',
  ],
  [
    'a series that vanished in a restart',
    [series([4, 9, 1, 3, 3]), series([1, 3, null, null, null], { x: '1' })],
    3,
  ],
  [
    'one fell, another did not',
    [series([4, 9, 1, 3, 3]), series([1, 3, 4, 5, 5], { x: '1' })],
    'absent: n{instance="a:1",x="1"} may have been set back, or not',
  ],
  ['one fell, another was at 0', [series([4, 9, 1, 3, 3]), series([0, 0, 4, 5, 5], { x: '1' })], 8],
  [
    'one fell, another of another instance did not',
    [series([4, 9, 1, 3, 3]), series([1, 3, 4, 5, 5], { instance: 'b' })],
    5,
  ],
  ['nothing', [], 'absent: there is no series of a counter that it needs'],
])('%s', (_, some, wanted) => {
  expect(counted(some)).toEqual(typeof wanted === 'number' ? [wanted] : wanted);
});

test('counters that fall at each scrape cost no more than others', () => {
  const count = 40_000;
  const samples = Array.from({ length: count }, (_, i): Sample => [1_000 + i, i % 2]);
  const falling = (x: string): CounterSeries => {
    const ends: readonly Sample[] = [[999, 0], ...samples, [1_000 + count, 0]];
    return { labels: { __name__: x, instance: 'a:1' }, samples: ends };
  };
  const span: Span = { startMs: 999, endMs: 999 + count, intervalMs: INTERVAL_MS };
  const startedMs = performance.now();
  const found = countBetween([[falling('a')], [falling('b')]], span);
  expect(found).toEqual({ kind: 'counted', totals: [count / 2, count / 2] });
  expect(performance.now() - startedMs).toBeLessThan(3_000);
});

test('a series that ended before is past', () => {
  const labels = { __name__: 'n', instance: 'a:1', x: 'old' };
  expect(counted([steady, { labels, samples: [[85, 40]] }])).toEqual([0]);
});

test('a series that came back after a gap is not counted from 0', () => {
  const gone = {
    ...series([]),
    samples: [
      [85, 40],
      [104, 41],
      [109, 42],
      [114, 42],
    ] as const,
  };
  const named = { ...gone, labels: { ...gone.labels, x: 'gone' } };
  expect(counted([steady, named])).toBe('absent: n{instance="a:1",x="gone"} came back after a gap');
});

test('buckets of one histogram restart together', () => {
  const bucket = (le: string, values: number[]) => [series(values, { le })];
  expect(counted(bucket('1', [1, 1, 1, 2, 2]), bucket('+Inf', [9, 9, 1, 2, 2]))).toEqual([2, 2]);
});

test('each group needs a series', () => {
  expect(counted([series([1, 3, 6, 10, 15])], [])).toBe(
    'absent: there is no series of a counter that it needs',
  );
});

/** What a scrape of a process finds: it counts, may restart, and may not be reached. */
interface Life {
  scrapes: { atMs: number; events: number[]; restarts: boolean; isMissed: boolean }[];
  labels: string[];
}

const life = (oftenMissed: number): fc.Arbitrary<Life> =>
  fc.record({
    labels: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }),
    scrapes: fc.array(
      fc.record({
        atMs: fc.integer({ min: 3, max: 6 }),
        events: fc.array(fc.nat(5), { minLength: 3, maxLength: 3 }),
        restarts: fc.integer({ min: 0, max: 15 }).map((n) => n === 0),
        isMissed: fc.integer({ min: 1, max: 100 }).map((n) => n <= oftenMissed),
      }),
      { minLength: 14, maxLength: 30 },
    ),
  });

/** The series that a Prometheus holds of it, and all events that happened, by their time. */
function watch({ scrapes, labels }: Life, instance: string) {
  const values = labels.map(() => 0);
  const samples: Sample[][] = labels.map(() => []);
  const happened: [atMs: number, events: number][] = [];
  let atMs = 0;
  for (const scrape of scrapes) {
    atMs += scrape.atMs;
    for (const i of labels.keys()) {
      const events = scrape.events[i] ?? 0;
      values[i] = (scrape.restarts ? 0 : (values[i] ?? 0)) + events;
      happened.push([atMs, events]);
      if (!scrape.isMissed) samples[i]?.push([atMs, values[i] ?? 0]);
    }
  }
  const found = labels.map((x, i) => ({
    labels: { __name__: 'n', instance, x },
    samples: samples[i] ?? [],
  }));
  return { found, happened, endMs: atMs };
}

const boundaries = fc.uniqueArray(fc.integer({ min: 12, max: 60 }), { minLength: 3, maxLength: 6 });

describe('any process', () => {
  const sumOf = (found: ReturnType<typeof countBetween>): number | null =>
    found.kind === 'counted' ? (found.totals[0] ?? 0) : null;

  test('spans side by side add up to the span of them all', () => {
    let whole = 0;
    fc.assert(
      fc.property(life(1), life(1), boundaries, (one, other, given) => {
        const all = [...watch(one, 'a').found, ...watch(other, 'b').found];
        const marks = given.toSorted((a, b) => a - b);
        const of = (startMs: number, endMs: number) =>
          sumOf(countBetween([all], { startMs, endMs, intervalMs: INTERVAL_MS }));
        const parts = marks.slice(1).map((mark, i) => of(marks[i] ?? 0, mark));
        if (parts.includes(null)) return;
        whole += 1;
        const sum = parts.reduce<number>((total, part) => total + (part ?? 0), 0);
        expect(of(marks[0] ?? 0, marks.at(-1) ?? 0)).toBe(sum);
      }),
      { numRuns: 3_000 },
    );
    // Most of them hold a missed scrape or a doubtful restart; enough do not.
    expect(whole).toBeGreaterThan(100);
  });

  test('the order of series has no effect', () => {
    fc.assert(
      fc.property(life(5), life(5), (one, other) => {
        const all = [...watch(one, 'a').found, ...watch(other, 'b').found];
        const shuffled = all.toReversed();
        const span = { startMs: 20, endMs: 40, intervalMs: INTERVAL_MS };
        const [before, after] = [countBetween([all], span), countBetween([shuffled], span)];
        expect(sumOf(after)).toBe(sumOf(before));
        expect(after.kind).toBe(before.kind);
      }),
    );
  });

  test('no event is counted that did not happen, and without a restart none is lost', () => {
    let exact = 0;
    fc.assert(
      fc.property(
        life(3),
        fc.integer({ min: 10, max: 60 }),
        fc.integer({ min: 1, max: 60 }),
        (one, startMs, lastsMs) => {
          const { found, happened } = watch(one, 'a');
          const endMs = startMs + lastsMs;
          const counted = sumOf(countBetween([found], { startMs, endMs, intervalMs: INTERVAL_MS }));
          if (counted === null) return;
          const times = found[0]?.samples.map(([atMs]) => atMs) ?? [];
          const newest = (beforeMs: number) => times.findLast((atMs) => atMs <= beforeMs) ?? 0;
          const truth = happened
            .filter(([atMs]) => atMs > newest(startMs) && atMs <= newest(endMs))
            .reduce((sum, [, events]) => sum + events, 0);
          expect(counted).toBeLessThanOrEqual(truth);
          const quiet = one.scrapes.every(({ restarts }) => !restarts);
          if (!quiet) return;
          exact += 1;
          expect(counted).toBe(truth);
        },
      ),
      { numRuns: 3_000 },
    );
    expect(exact).toBeGreaterThan(100);
  });
});
