import { expect, test } from 'vitest';
import type { Metric } from '../judge/settings.ts';
import type { CounterSeries } from './counter-series.ts';
import { layoutFault, seriesMeasurement } from './series-measurement.ts';

const SPAN = { startMs: 100, endMs: 110, intervalMs: 10 };
const METRIC: Metric = {
  ...{ name: 'm', kind: 'histogram', unit: 's', edges: [0.1, 0.5], worse: 'higher', weight: 1 },
  ...{ required: true, advisory: false, marginRelative: 0, marginAbsolute: 0, relevanceFloor: 0 },
};

function bucket(le: string, before: number, after: number, x = ''): CounterSeries {
  const labels = { __name__: 'took_bucket', instance: 'a', le, x };
  return {
    labels,
    samples: [
      [95, before],
      [105, after],
      [115, after],
    ],
  };
}

const histogram = (...counts: number[]): CounterSeries[] =>
  ['0.1', '0.5', '+Inf'].map((le, i) => bucket(le, 10, 10 + (counts[i] ?? 0)));

test('cumulative buckets become counts between the edges', () => {
  const buckets = histogram(3, 5, 6);
  expect(seriesMeasurement(METRIC, { kind: 'histogram', buckets }, SPAN)).toEqual({
    kind: 'measured',
    measurement: { kind: 'histogram', counts: [3, 2, 1] },
  });
});

test('buckets that are not cumulative are absent', () => {
  const buckets = histogram(3, 2, 6);
  expect(seriesMeasurement(METRIC, { kind: 'histogram', buckets }, SPAN)).toEqual({
    kind: 'absent',
    reason: 'its buckets are not cumulative',
  });
});

test('a rate is events of a total', () => {
  const [events = [], total = []] = [[bucket('', 1, 4)], [bucket('', 10, 30, 'y')]];
  expect(seriesMeasurement(METRIC, { kind: 'rate', events, total }, SPAN)).toEqual({
    kind: 'measured',
    measurement: { kind: 'rate', events: 3, total: 20 },
  });
});

const good = histogram(1, 2, 3);
const written = histogram(1, 2, 3).map((one) => ({
  ...one,
  labels: { ...one.labels, le: one.labels.le === '+Inf' ? '+Inf' : `${one.labels.le}00` },
}));
const old = { ...bucket('0.7', 1, 1), samples: [[40, 1]] as const };

test.each<[string, CounterSeries[], CounterSeries[], string | null]>([
  ['the same', good, good, null],
  ['numbers, however they are written', good, written, null],
  ['one side has nothing', good, [], null],
  ['what was scraped long ago', good, [...good, old], null],
  [
    'one lacks an edge',
    good,
    good.slice(1),
    'stable end at 0.1, 0.5, +Inf, of candidate at 0.5, +Inf',
  ],
  [
    'one has an edge more',
    [...good, bucket('0.2', 1, 1)],
    good,
    'stable end at 0.1, 0.2, 0.5, +Inf, of candidate at 0.1, 0.5, +Inf',
  ],
  [
    'a series of several',
    good,
    [...good, bucket('+Inf', 1, 1, 'y')],
    'stable end at 0.1, 0.5, +Inf, of candidate at 0.1, 0.5, +Inf and +Inf',
  ],
  ['no +Inf', good.slice(0, 2), good, 'stable end at 0.1, 0.5, of candidate at 0.1, 0.5, +Inf'],
  ['no le', [bucket('', 1, 1)], good, 'stable end at NaN, of candidate at 0.1, 0.5, +Inf'],
])('layouts: %s', (_, stable, candidate, wanted) => {
  const fault = layoutFault(METRIC, { stable, candidate }, SPAN);
  expect(fault).toBe(wanted && `the buckets of ${wanted}; the plan's edges are 0.1, 0.5, +Inf`);
});
