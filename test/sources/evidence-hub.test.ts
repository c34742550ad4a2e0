import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EvidenceHub } from '../../src/adapters/sources/evidence-hub.ts';
import type { Interval } from '../../src/core/evidence/interval.ts';
import type { MeasuredPlan } from '../../src/engine/ports.ts';
import { evidenceSourceContract } from '../contract/evidence-source.ts';
import { SplitterRig } from '../splitter/splitter-rig.ts';
import { ERRORS, LATENCY, measuredPlan } from './measured-plan.ts';

const INTERVAL_MS = 100;
const EDGES = [5, 100, 1_000];
const NO_SERVER = {
  url: 'http://127.0.0.1:1',
  bearerFile: null,
  basicFile: null,
  deadlineMs: 1_000,
};
const work = mkdtempSync(join(tmpdir(), 'aurora-sources-'));
let rig: SplitterRig;
let url = '';
let hub: EvidenceHub;

beforeAll(async () => {
  rig = new SplitterRig({ intervalMs: INTERVAL_MS });
  const { port } = await rig.start();
  url = `http://127.0.0.1:${port}`;
  hub = new EvidenceHub({ servicesFolder: rig.services, workFolder: work });
  await places();
});
afterAll(async () => {
  hub.close();
  await rig.stop();
  rmSync(work, { recursive: true });
});

/** Reads on until the rows are as wanted; a loaded machine may miss some scrapes. */
async function rowsUntil(
  plan: MeasuredPlan,
  afterSeq: number,
  wanted: (rows: readonly Interval[]) => boolean,
): Promise<readonly Interval[]> {
  const deadline = performance.now() + 15_000;
  for (;;) {
    const rows = await hub.intervals(plan, afterSeq, 1_000);
    if (!rows.ok) throw new Error(rows.problem.message);
    if (wanted(rows.value)) return rows.value;
    if (performance.now() > deadline) throw new Error(JSON.stringify(rows.value.at(-1)));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function newest(plan: MeasuredPlan): Promise<number> {
  const seen = await hub.newest(plan);
  if (!seen.ok) throw new Error(seen.problem.message);
  return seen.value;
}

async function closed(intervals: number): Promise<void> {
  const { lastSeq } = await rig.until(() => true);
  await rig.until((state) => state.lastSeq >= lastSeq + intervals);
}

async function places(): Promise<void> {
  let scrapes = 0;
  const stable = await rig.track('stable-1', (request, response) => {
    if (request.url !== '/metrics') return response.end('ok');
    scrapes += 1;
    return response.end(
      `# TYPE jobs_total counter\njobs_total{kind="a"} ${scrapes * 7}\njobs_total{kind="b"} 3\ndepth ${scrapes}\n`,
    );
  });
  const candidate = await rig.track('candidate-1', (request, response) => {
    // Its metrics are not for the asking.
    response.writeHead(request.url === '/metrics' ? 404 : 500).end();
  });
  await rig.tracks(stable, candidate);
}

evidenceSourceContract('hub', async () => {
  writeFileSync(join(work, 'report.json'), '{"lines": 91.5}');
  return {
    source: hub,
    plan: measuredPlan(INTERVAL_MS, { errors: [{}, ERRORS] }),
    wait: (intervals) => closed(intervals),
    found: { source: 'file', path: 'report.json', field: 'lines' },
    missing: [
      { source: 'file', path: 'no-such.json', field: 'lines' },
      { source: 'http', url: 'http://127.0.0.1:1/', field: 'status' },
      { source: 'command', run: 'no-such-program', field: 'exit', timeoutMs: 1_000 },
      { source: 'prometheus', query: 'up', server: NO_SERVER, form: 'number' },
      { source: 'sessions', statistic: 'success_ratio' },
    ],
  };
});

test('requests, failures and latencies of both tracks come as they were counted', async () => {
  await rig.weights(50);
  await closed(1);
  for (let i = 0; i < 40; i += 1) await (await fetch(url)).text();
  await closed(1);
  const plan = measuredPlan(INTERVAL_MS, {
    errors: [{}, ERRORS],
    latency: [{ kind: 'histogram', unit: 'ms', edges: EDGES }, LATENCY],
  });
  const rows = await hub.intervals(plan, -1, 1_000);
  if (!rows.ok) throw new Error(rows.problem.message);
  const sums = { requests: 0, failed: 0, slow: 0, timed: 0 };
  for (const { stable, candidate } of rows.value) {
    for (const track of [stable, candidate]) {
      sums.requests += track?.requests ?? 0;
      const { errors, latency } = track?.metrics ?? {};
      if (errors?.kind === 'rate') sums.failed += errors.events;
      if (latency?.kind !== 'histogram') continue;
      expect(latency.counts).toHaveLength(EDGES.length + 1);
      sums.timed += latency.counts.reduce((a, b) => a + b, 0);
      sums.slow += latency.counts.at(-1) ?? 0;
    }
  }
  expect(sums).toEqual({ requests: 40, failed: 20, slow: 0, timed: 40 });
  expect(rows.value.at(-1)?.candidatePct).toBe(50);
});

test('a plan interval of several is pooled by number, and only when it is complete', async () => {
  const size = 3;
  const plan = measuredPlan(size * INTERVAL_MS, { errors: [{}, ERRORS] });
  await rig.until(({ lastSeq }) => lastSeq >= 7);
  const last = await newest(plan);
  const { lastSeq } = await rig.until(() => true);
  const rows = await rowsUntil(plan, -1, ({ length }) => length >= 2);
  expect(last).toBeLessThanOrEqual(Math.floor((lastSeq - 1) / size));
  expect(last).toBeGreaterThanOrEqual(2);
  expect(rows.map(({ seq }) => seq).slice(0, 2)).toEqual([0, 1]);
  // A timer that came late makes the interval after it shorter: only the sum is about right.
  for (const { startMs, endMs } of rows) {
    expect(endMs - startMs).toBeGreaterThan((size - 1) * INTERVAL_MS);
  }
  expect(rows[1]?.startMs).toBe(rows[0]?.endMs);
  const odd = { ...plan, intervalMs: 250 };
  const refused = await hub.intervals(odd, -1, 100);
  expect(refused.ok ? '' : refused.problem.code).toBe('refused');
  expect(hub.faults(odd)).toHaveLength(1);
  expect(hub.faults(plan)).toEqual([]);
});

test('a number beyond the newest is a problem: the splitter lost its rows', async () => {
  const plan = measuredPlan(INTERVAL_MS, { errors: [{}, ERRORS] });
  const rows = await hub.intervals(plan, 10_000, 100);
  expect(rows.ok ? '' : rows.problem.code).toBe('unavailable');
});

const SCRAPED_MS = 3 * INTERVAL_MS;

test('scraped counters are of the same interval; without a scrape they are absent', async () => {
  const events = 'jobs_total{kind="a"}';
  const plan = measuredPlan(SCRAPED_MS, {
    jobs: [{}, { source: 'scrape', series: { kind: 'rate', events, total: 'jobs_total' } }],
    depth: [{ kind: 'value' }, { source: 'scrape', series: { kind: 'value', value: 'depth' } }],
  });
  await rig.until(({ lastSeq }) => lastSeq >= 6);
  const before = await rowsUntil(plan, -1, ({ length }) => length >= 1);
  expect(before.every(({ stable }) => stable?.metrics.jobs === undefined)).toBe(true);
  const afterSeq = before.at(-1)?.seq ?? -1;
  const measured = (rows: readonly Interval[]) =>
    rows.filter(({ stable }) => stable?.metrics.jobs !== undefined);
  const rows = await rowsUntil(plan, afterSeq, (some) => measured(some).length >= 2);
  for (const { stable, candidate } of measured(rows)) {
    expect(stable?.metrics.jobs).toEqual({ kind: 'rate', events: 7, total: 7 });
    expect(stable?.metrics.depth?.kind).toBe('value');
    expect(candidate?.metrics).toEqual({});
  }
  expect(hub.metricProblems('sample').join()).toMatch(/^candidate: GET .* answered 404$/);
  const again = await hub.intervals(plan, afterSeq, rows.length);
  expect(again.ok && again.value).toEqual(rows);
});

test('counters are never compared between two instances of a track', async () => {
  const plan = measuredPlan(SCRAPED_MS, {
    jobs: [{}, { source: 'scrape', series: { kind: 'rate', events: 'n', total: 'n' } }],
  });
  const page = (instance: string, text: string) =>
    rig.track(instance, (_, response) => response.end(text));
  const measured = (rows: readonly Interval[]) =>
    rows.flatMap(({ stable }) => stable?.metrics.jobs ?? []);
  const nothing = { kind: 'rate', events: 0, total: 0 };
  await rig.tracks(await page('one', 'n 5\n'), null);
  const first = await rowsUntil(plan, -1, (rows) => measured(rows).length >= 1);
  await rig.tracks(await page('two', 'n 9\n'), null);
  const switched = first.at(-1)?.seq ?? -1;
  const then = await rowsUntil(plan, switched, (rows) => measured(rows.slice(2)).length >= 1);
  expect(
    new Set([...measured(first), ...measured(then)].map((one) => JSON.stringify(one))),
  ).toEqual(new Set([JSON.stringify(nothing)]));
  expect(then.some(({ stable }) => stable?.metrics.jobs === undefined)).toBe(true);
});
