import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Statistic } from '../gate/check.ts';
import type { Metric } from '../judge/settings.ts';
import type { Interval, Measurement } from './interval.ts';
import { statisticOf } from './statistic.ts';

const EDGES = [100, 200];

function metricOf(kind: Measurement['kind']): Metric {
  return { name: 'm', kind, edges: kind === 'histogram' ? EDGES : [] } as unknown as Metric;
}

function intervals(measured: readonly (Measurement | null)[]): Interval[] {
  return measured.map((one, seq) => ({
    seq,
    startMs: seq * 1_000,
    endMs: (seq + 1) * 1_000,
    candidatePct: 10,
    stable: null,
    candidate: { up: true, requests: 1, metrics: one === null ? {} : { m: one } },
  }));
}

const rate = (events: number, total: number): Measurement => ({ kind: 'rate', events, total });
const histogram = (...counts: number[]): Measurement => ({ kind: 'histogram', counts });
const gauge = (value: number): Measurement => ({ kind: 'value', value });

type Row = [string, Statistic, (Measurement | null)[], { value: number; samples: number } | null];

test.each<Row>([
  [
    'rates are pooled, not averaged',
    'rate',
    [rate(1, 10), rate(0, 90)],
    { value: 0.01, samples: 100 },
  ],
  ['no request is no rate', 'rate', [rate(0, 0)], null],
  ['nothing measured', 'rate', [null, null], null],
  ['a rate has no quantile', 'p95', [rate(1, 10)], null],
  ['a gauge has no rate', 'rate', [gauge(1)], null],
  ['upper edge of the bucket', 'p50', [histogram(5, 5, 0)], { value: 100, samples: 10 }],
  [
    'quantile of the pooled',
    'p95',
    [histogram(90, 0, 0), histogram(4, 6, 0)],
    { value: 200, samples: 100 },
  ],
  ['above the last edge', 'p99', [histogram(0, 0, 9)], { value: Infinity, samples: 9 }],
  ['other edges', 'p50', [histogram(1, 2)], null],
  ['mean', 'mean', [gauge(1), gauge(4)], { value: 2.5, samples: 2 }],
  ['max', 'max', [gauge(1), gauge(4), gauge(2)], { value: 4, samples: 3 }],
  ['min', 'min', [gauge(3), gauge(1), gauge(2)], { value: 1, samples: 3 }],
  ['last', 'last', [gauge(3), null, gauge(2)], { value: 2, samples: 2 }],
  ['count of requests', 'count', [rate(1, 10), rate(0, 5)], { value: 15, samples: 2 }],
  ['a counter that was reset was not measured', 'rate', [rate(-5, 100)], null],
  ['and the others still are', 'rate', [rate(-5, 100), rate(1, 10)], { value: 0.1, samples: 10 }],
  ['a total that is no number', 'rate', [rate(1, Number.NaN)], null],
  ['a bucket below nothing', 'p50', [histogram(100, -99, 50)], null],
  ['a gauge that is no number', 'last', [gauge(Number.NaN)], null],
])('%s', (_, statistic, measured, expected) => {
  const kind = measured.find((one) => one !== null)?.kind ?? 'rate';
  expect(statisticOf(metricOf(kind), intervals(measured), 'candidate', statistic)).toEqual(
    expected,
  );
});

test('a quantile is the edge below which that share of a sorted list lies', () => {
  const counts = fc.tuple(fc.nat(400), fc.nat(400), fc.nat(400));
  const statistics = fc.constantFrom<[Statistic, number]>(['p50', 50], ['p95', 95], ['p99', 99]);
  fc.assert(
    fc.property(counts, statistics, (buckets, [statistic, pct]) => {
      const values = buckets.flatMap((n, i) => Array<number>(n).fill([...EDGES, Infinity][i] ?? 0));
      const rank = Math.ceil(Number((BigInt(pct) * BigInt(values.length) + 99n) / 100n));
      const found = statisticOf(
        metricOf('histogram'),
        intervals([histogram(...buckets)]),
        'candidate',
        statistic,
      );
      expect(found?.value ?? null).toBe(values[rank - 1] ?? null);
    }),
  );
});

test('the longest window is no call with too many arguments', () => {
  const many = intervals(Array.from({ length: 200_000 }, (_, i) => gauge(i)));
  expect(statisticOf(metricOf('value'), many, 'candidate', 'max')?.value).toBe(199_999);
});
