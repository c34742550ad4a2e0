/** When an interval is told, and when it is held back: a server whose samples the test chooses. */
import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { PooledInterval, PooledTrack } from '../../src/adapters/sources/pool.ts';
import { PrometheusFollower } from '../../src/adapters/sources/prometheus-follower.ts';
import { prometheusMetrics } from '../../src/adapters/sources/prometheus-readings.ts';
import { portOf } from '../splitter/splitter-rig.ts';
import { measuredPlan } from './measured-plan.ts';

const INTERVAL_MS = 1_000;
const START_MS = 1_700_000_000_000;
/** Scraped half an interval after each of its ends; `to` is the newest scrape. */
const newest = { stable: 0, candidate: 0 };
let [isSlow, asked, now] = [false, 0, 0];
/** So many questions are answered with an error. */
let failing = 0;
/** Asked for more time than this it sends more samples than are read. */
let timeMaxMs = Number.POSITIVE_INFINITY;
let server: Server;

beforeAll(async () => {
  server = createServer((request, response) => {
    asked += 1;
    if (isSlow) return;
    if (failing > 0) {
      failing -= 1;
      response.writeHead(500).end();
      return;
    }
    const query = new URL(request.url ?? '', 'http://x').searchParams.get('query') ?? '';
    const isLong = Number(/\[(\d+)ms\]$/.exec(query)?.[1]) > timeMaxMs;
    const track = query.includes('candidate') ? 'candidate' : 'stable';
    const values = Array.from({ length: isLong ? 200_001 : newest[track] + 2 }, (_, i) => [
      (START_MS + (i - 0.5) * INTERVAL_MS) / 1_000,
      String(i * 5),
    ]);
    const result = [{ metric: { __name__: 'n', instance: track }, values }];
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
beforeEach(() => {
  [isSlow, asked, now] = [false, 0, START_MS];
  [newest.stable, newest.candidate] = [0, 0];
  [failing, timeMaxMs] = [0, Number.POSITIVE_INFINITY];
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function followerOf(deadlineMs = 5_000): PrometheusFollower {
  const url = `http://127.0.0.1:${portOf(server)}`;
  const place = { url, bearerFile: null, basicFile: null, deadlineMs };
  const series = { kind: 'rate', events: 'n{t="$track"}', total: 'n{t="$track"}' } as const;
  const from = { source: 'prometheus', series, server: place } as const;
  const plan = measuredPlan(INTERVAL_MS, { m: [{}, from] });
  const metrics = prometheusMetrics(plan.measurements, plan.metrics);
  return new PrometheusFollower({
    metrics,
    intervalMs: INTERVAL_MS,
    workFolder: '/',
    now: () => now,
  });
}

const track = (up: boolean): PooledTrack => {
  const counted = { requests: 0, connectErrors: 0, timeouts: 0, serverErrors: 0, truncated: 0 };
  const others = { clientErrors: 0, aborts: 0, mirrored: 0, byRule: 0, retried: 0 };
  const sizes = { stickyAssigned: 0, bytesIn: 0, bytesOut: 0, latency: [] };
  return { instance: 'i', up, ...counted, ...others, ...sizes };
};

function rows(count: number, candidateUp = true): PooledInterval[] {
  return Array.from({ length: count }, (_, number) => ({
    number,
    startMs: START_MS + number * INTERVAL_MS,
    endMs: START_MS + (number + 1) * INTERVAL_MS,
    candidatePct: 50,
    stable: track(true),
    candidate: track(candidateUp),
  }));
}

async function until(look: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!(await look())) {
    if (performance.now() > deadline) throw new Error('it never came');
    await sleep(20);
  }
}

const FIVE = { m: { kind: 'rate', events: 5, total: 5 } };

test('an interval is told once a later scrape of both tracks is there', async () => {
  const follower = followerOf();
  [newest.stable, newest.candidate] = [2, 1];
  await until(async () => (await follower.decided(rows(2), -1)) === 0);
  expect(await follower.decided(rows(2), -1)).toBe(0);
  newest.candidate = 2;
  await until(async () => (await follower.decided(rows(2), -1)) === 1);
  expect(follower.measurements(1, 'stable')).toEqual(FIVE);
  expect(follower.measurements(1, 'candidate')).toEqual(FIVE);
  expect(follower.measurements(2, 'candidate')).toEqual({});
});

test('what no scrape follows in time is absent, on that track alone', async () => {
  const follower = followerOf();
  [newest.stable, newest.candidate] = [2, 0];
  now = START_MS + 2 * INTERVAL_MS + 999;
  expect(await follower.decided(rows(1), -1)).toBe(-1);
  now += 2;
  await until(async () => (await follower.decided(rows(1), -1)) === 0);
  expect(follower.measurements(0, 'stable')).toEqual(FIVE);
  expect(follower.measurements(0, 'candidate')).toEqual({});
  expect(follower.problems.join()).toMatch(/^candidate m: .* not scraped since the end/);
});

test('a track that is down is told at once', async () => {
  const follower = followerOf();
  [newest.stable, newest.candidate] = [2, 0];
  expect(await follower.decided(rows(1, false), -1)).toBe(0);
  expect(follower.measurements(0, 'stable')).toEqual(FIVE);
});

test('a clock that was set back holds nothing back for ever', async () => {
  const follower = followerOf();
  now = START_MS - 3_600_000;
  expect(await follower.decided(rows(1), -1)).toBe(-1);
  await until(async () => (await follower.decided(rows(1), -1)) === 0);
  expect(follower.measurements(0, 'stable')).toEqual({});
});

test('a server that is slow holds up no round, and its metrics are absent at the deadline', async () => {
  isSlow = true;
  const follower = followerOf(1_000);
  const startedMs = performance.now();
  expect(await follower.decided(rows(3), -1)).toBe(-1);
  expect(performance.now() - startedMs).toBeLessThan(900);
  await until(async () => (await follower.decided(rows(3), -1)) === 2);
  expect(follower.measurements(2, 'stable')).toEqual({});
  expect(follower.problems.join()).toMatch(/no whole answer within/);
});

test('many rows are asked for together, and what was told stays as it was told', async () => {
  const follower = followerOf();
  [newest.stable, newest.candidate] = [200, 200];
  now = START_MS + 3_600_000;
  await until(async () => (await follower.decided(rows(150), -1)) === 149);
  // Two series on two tracks, for sixty rows at once.
  expect(asked).toBe(3 * 4);
  [newest.stable, newest.candidate] = [3, 3];
  expect(await follower.decided(rows(150), -1)).toBe(149);
  expect(follower.measurements(149, 'candidate')).toEqual(FIVE);
});

test('a question that failed is asked again while the interval may wait', async () => {
  failing = 2;
  [newest.stable, newest.candidate] = [2, 2];
  const follower = followerOf();
  expect(await follower.decided(rows(1), -1)).toBe(-1);
  await until(async () => (await follower.decided(rows(1), -1)) === 0);
  expect(follower.measurements(0, 'stable')).toEqual(FIVE);
  expect(follower.measurements(0, 'candidate')).toEqual(FIVE);
});

test('a server that fails hides no track that is down', async () => {
  failing = 100;
  const follower = followerOf();
  await until(async () => (await follower.decided(rows(1, false), -1)) === 0);
  // At the first failure of its four questions.
  expect(asked).toBe(4);
  expect(follower.problems.join()).toMatch(/it answered 500/);
});

test('what breaks down in asking is a fault of the metrics, and the rows go on', async () => {
  // No timer takes it: an error that nobody expected.
  const follower = followerOf(Number.POSITIVE_INFINITY);
  now = START_MS + 3_600_000;
  await until(async () => (await follower.decided(rows(3), -1)) === 2);
  expect(follower.measurements(2, 'stable')).toEqual({});
  expect(follower.problems[0]).toBe('stable m: the prometheus source broke down: RangeError');
});

test('what is too much for one answer is asked for in parts', async () => {
  [newest.stable, newest.candidate] = [200, 200];
  now = START_MS + 3_600_000;
  // Two intervals, and what is read before and after them.
  timeMaxMs = 300_000 + 4 * INTERVAL_MS + 1_000;
  const follower = followerOf(60_000);
  await until(async () => (await follower.decided(rows(4), -1)) === 3);
  for (const { number } of rows(4)) {
    expect(follower.measurements(number, 'candidate')).toEqual(FIVE);
  }
});
