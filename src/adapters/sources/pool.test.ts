import { expect, test } from 'vitest';
import type { SplitterInterval, TrackCounts } from '../../protocol/splitter.ts';
import { LATENCY_EDGES_MS } from '../../protocol/splitter.ts';
import { type PooledTrack, pool } from './pool.ts';
import { splitterFaults, splitterMeasurement } from './splitter.ts';

function counts(given: Partial<TrackCounts> = {}): TrackCounts {
  const none = { connectErrors: 0, timeouts: 0, serverErrors: 0, truncated: 0, clientErrors: 0 };
  const more = { aborts: 0, mirrored: 0, byRule: 0, retried: 0, stickyAssigned: 0 };
  const latency = [...LATENCY_EDGES_MS, 0].map(() => 0);
  const bytes = { bytesIn: 0, bytesOut: 0 };
  return { instance: 'a', up: true, requests: 0, ...none, ...more, ...bytes, latency, ...given };
}

function row(seq: number, given: Partial<SplitterInterval> = {}): SplitterInterval {
  const times = { startMs: seq * 1_000, endMs: seq * 1_000 + 1_000 };
  const weights = { stable: 90, candidate: 10 };
  return { seq, ...times, weights, stable: counts({ requests: seq }), candidate: null, ...given };
}

test('groups of k rows are numbered from 0, incomplete ones are left out', () => {
  const pooled = pool(
    [1, 2, 3, 4, 6, 7, 8, 9, 10].map((seq) => row(seq)),
    3,
  );
  expect(pooled.map(({ number }) => number)).toEqual([0, 2]);
  expect(pooled[0]).toMatchObject({ startMs: 1_000, endMs: 4_000, candidatePct: 10 });
  expect(pooled[0]?.stable?.requests).toBe(6);
  expect(pool([row(7)], 1)[0]?.number).toBe(6);
});

test('a group over time that nobody measured is left out', () => {
  const late = row(2, { startMs: 60_000, endMs: 61_000 });
  expect(pool([row(1), late], 2)).toEqual([]);
  expect(pool([row(1), late], 1)).toHaveLength(2);
});

test.each([
  ['two shares', { weights: { stable: 50, candidate: 50 } }],
  ['a share that changed', { weights: null }],
])('%s in a group are none', (_, given) => {
  expect(pool([row(1), row(2, given)], 2)[0]?.candidatePct).toBeNull();
  expect(pool([row(1, given), row(2)], 2)[0]?.candidatePct).toBeNull();
});

test('a track that was there in part is null, unless it was down', () => {
  const up = row(1, { candidate: counts() });
  const down = row(1, { candidate: counts({ up: false, requests: 4 }) });
  expect(pool([up, row(2)], 2)[0]?.candidate).toBeNull();
  expect(pool([down, row(2)], 2)[0]?.candidate).toMatchObject({ up: false, requests: 4 });
  const both = pool([down, row(2, { candidate: counts({ instance: 'b' }) })], 2)[0]?.candidate;
  expect(both).toMatchObject({ up: false, instance: null });
});

const METRIC = {
  ...({
    name: 'latency',
    kind: 'histogram',
    unit: 'ms',
    edges: [5, 100],
    worse: 'higher',
  } as const),
  ...{ weight: 1, required: true, advisory: false },
  ...{ marginRelative: 0.25, marginAbsolute: 0, relevanceFloor: 0 },
};
const RATE = { ...METRIC, name: 'errors', kind: 'rate', edges: [] } as const;

test('failures are of the requests that the client did not give up', () => {
  const track: PooledTrack = counts({
    ...{ requests: 100, aborts: 10, connectErrors: 1, timeouts: 2, serverErrors: 4 },
    ...{ truncated: 8, clientErrors: 16, retried: 32, byRule: 64 },
  });
  expect(splitterMeasurement(RATE, 'errors', track)).toEqual({
    kind: 'rate',
    events: 15,
    total: 90,
  });
  expect(splitterMeasurement(RATE, 'timeouts', track)).toEqual({
    kind: 'rate',
    events: 2,
    total: 90,
  });
});

test.each([
  ['ms', [5, 100]],
  ['s', [0.005, 0.1]],
])('latencies are added up to the edges of the metric, in %s', (unit, edges) => {
  const latency = [...LATENCY_EDGES_MS, Number.POSITIVE_INFINITY].map((edge) => {
    if (edge <= 5) return 1;
    return edge <= 100 ? 100 : 10_000;
  });
  const below = LATENCY_EDGES_MS.filter((edge) => edge <= 5).length;
  const between = LATENCY_EDGES_MS.filter((edge) => edge > 5 && edge <= 100).length;
  const above = LATENCY_EDGES_MS.length + 1 - below - between;
  const measured = splitterMeasurement({ ...METRIC, unit, edges }, 'latency', counts({ latency }));
  expect(measured).toEqual({ kind: 'histogram', counts: [below, between * 100, above * 10_000] });
});

test.each([
  ['ms', [5, 100], ''],
  ['s', [0.0025, 1.25, 75], ''],
  [
    'ms',
    [120],
    'metric latency: the splitter has no bucket that ends at 120 ms; the nearest edges are 100 and 125',
  ],
  [
    's',
    [0.33],
    'metric latency: the splitter has no bucket that ends at 0.33 s; the nearest edges are 0.3 and 0.4',
  ],
  [
    'ms',
    [0.01],
    'metric latency: the splitter has no bucket that ends at 0.01 ms; the nearest edges are 0.1',
  ],
  [
    'ms',
    [90_000],
    'metric latency: the splitter has no bucket that ends at 90000 ms; the nearest edges are 75000',
  ],
  ['minutes', [1], 'metric latency: splitter.latency is in ms or s, not in minutes; undefined'],
])('edges in %s: %j', (unit, edges, wanted) => {
  const from = { source: 'splitter', measure: 'latency' } as const;
  const faults = splitterFaults({
    ...{ service: 's', intervalMs: 1_000, metrics: [{ ...METRIC, unit, edges }] },
    measurements: [{ metric: 'latency', from }],
  });
  expect(faults.map(({ message, hint }) => `${message}; ${hint}`).join()).toBe(wanted);
  expect(faults.every(({ code }) => code === 'invalid-file')).toBe(true);
});
