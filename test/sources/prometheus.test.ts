/** The prometheus source against a real server that scrapes pages whose counts the test knows. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EvidenceHub } from '../../src/adapters/sources/evidence-hub.ts';
import { prometheusRange } from '../../src/adapters/sources/prometheus-range.ts';
import type { Interval, Measurement, Track } from '../../src/core/evidence/interval.ts';
import type { EvidenceQuery, PrometheusServer } from '../../src/core/gate/check.ts';
import type { Metric } from '../../src/core/judge/settings.ts';
import type { MetricSeries } from '../../src/core/plan/plan.ts';
import { PrometheusRig, type ScrapeTarget } from '../rig/prometheus.ts';
import { SplitterRig } from '../splitter/splitter-rig.ts';
import { ERRORS, measuredPlan } from './measured-plan.ts';
import { MetricsPages, type Page, type Scraped } from './prometheus-page.ts';

const STEP_MS = 2_000;
const SCRAPES = 14;
const TRACKS = ['stable', 'candidate'] as const;

/** Each scrape counts otherwise than the one before, so that a wrong boundary shows. */
const bad = (scrape: number): number => scrape + Math.floor(scrape / 3);
const all = (scrape: number): number => 10 * scrape + scrape * scrape;
const counts = (scrape: number) => ({ bad_total: bad(scrape), all_total: all(scrape) });
const buckets = (scrape: number, ...edges: string[]) =>
  Object.fromEntries(edges.map((le, i) => [`took_bucket{le="${le}"}`, scrape * (i + 1) * (i + 2)]));

const PAGES: Record<string, Page> = {
  '/steady': counts,
  '/restart': (scrape) => counts(scrape < 7 ? scrape + 50 : scrape - 6),
  '/down': (scrape) => (scrape >= 7 && scrape < 10 ? null : counts(scrape)),
  '/first': (scrape) => ({
    all_total: all(scrape),
    'bad_total{code="503"}': 0,
    ...(scrape < 7 ? {} : { 'bad_total{code="500"}': scrape }),
  }),
  '/took': (scrape) => buckets(scrape, '0.1', '0.5', '+Inf'),
  '/odd': (scrape) => buckets(scrape, '0.1', '0.5', '+Inf'),
  '/depth': (scrape) => ({ depth: scrape / 4, void: Number.NaN, 'q{x="1"}': 1, 'q{x="2"}': 2 }),
};
const OTHERS: Record<Track, Record<string, Page>> = {
  stable: {},
  candidate: { '/odd': (scrape) => buckets(scrape, '0.1', '0.25', '+Inf') },
};

const work = mkdtempSync(join(tmpdir(), 'aurora-prometheus-test-'));
let pages: Record<Track, MetricsPages>;
let prometheus: PrometheusRig;
let rig: SplitterRig;
let hub: EvidenceHub;
let server: PrometheusServer;

beforeAll(async () => {
  rig = new SplitterRig({ intervalMs: 500 });
  await rig.start();
  const [stable, candidate] = await Promise.all(
    TRACKS.map((track) => MetricsPages.start({ ...PAGES, ...OTHERS[track] })),
  );
  if (stable === undefined || candidate === undefined) throw new Error('no pages');
  pages = { stable, candidate };
  const targets = TRACKS.flatMap((track) =>
    Object.keys(PAGES).map((path): ScrapeTarget => {
      return { job: path.slice(1), address: pages[track].address, path, labels: { track } };
    }),
  );
  prometheus = await PrometheusRig.start(targets);
  server = { url: prometheus.url, bearerFile: null, basicFile: null, deadlineMs: 5_000 };
  hub = new EvidenceHub({ servicesFolder: rig.services, workFolder: work });
  const place = (track: Track) => rig.track(`${track}-1`, (_, response) => response.end('ok'));
  await rig.tracks(await place('stable'), await place('candidate'));
});
afterAll(async () => {
  hub?.close();
  await Promise.all([prometheus?.stop(), pages?.stable.stop(), pages?.candidate.stop()]);
  await rig?.stop();
  rmSync(work, { recursive: true });
});

const rate = (job: string, more = ''): MetricSeries => ({
  kind: 'rate',
  events: `bad_total{job="${job}",track="$track"${more}}`,
  total: `all_total{job="${job}",track="$track"}`,
});
const histogram = (job: string): MetricSeries => ({
  kind: 'histogram',
  buckets: `took_bucket{job="${job}",track="$track"}`,
});

function measured(series: MetricSeries, deadlineMs = 5_000) {
  const from = { source: 'prometheus', series, server: { ...server, deadlineMs } } as const;
  const edges = series.kind === 'histogram' ? [0.1, 0.5] : [];
  return measuredPlan(STEP_MS, { m: [{ kind: series.kind, edges } as Partial<Metric>, from] });
}

async function until<T>(look: () => Promise<T | null> | T | null): Promise<T> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > deadline) throw new Error('it never came');
    await sleep(50);
  }
}

/** Reads on from `afterSeq` until the rows are as wanted. */
async function rowsUntil(
  plan: ReturnType<typeof measured>,
  afterSeq: number,
  wanted: (rows: readonly Interval[]) => boolean,
): Promise<readonly Interval[]> {
  return await until(async () => {
    const rows = await hub.intervals(plan, afterSeq, 100);
    if (!rows.ok) throw new Error(rows.problem.message);
    return wanted(rows.value) ? rows.value : null;
  });
}
const hasAll = ({ stable, candidate }: Interval): boolean =>
  stable?.metrics.m !== undefined && candidate?.metrics.m !== undefined;

describe('intervals as they are counted', () => {
  test('rows of the splitter carry what both tracks counted, each scrape once', async () => {
    const plan = measured(rate('steady'));
    const first = await rowsUntil(plan, -1, (rows) => rows.some(hasAll));
    const afterSeq = first.findLast((row) => !hasAll(row))?.seq ?? -1;
    const rows = await rowsUntil(plan, afterSeq, ({ length }) => length >= 3);
    expect(rows.every(hasAll)).toBe(true);
    for (const track of TRACKS) {
      const sums = { events: 0, total: 0 };
      for (const row of rows) {
        const one = row[track]?.metrics.m;
        if (one?.kind !== 'rate') throw new Error('it is no rate');
        sums.events += one.events;
        sums.total += one.total;
      }
      // Between some two scrapes exactly so much was counted, and they are as far apart as the rows.
      const seen = Array.from({ length: 40 }, (_, scrape) => scrape);
      const spans = seen.flatMap((from) => seen.map((to) => [from, to] as const));
      const span = spans.find(
        ([from, to]) => all(to) - all(from) === sums.total && bad(to) - bad(from) === sums.events,
      );
      const scrapes = (span?.[1] ?? 0) - (span?.[0] ?? 0);
      expect(Math.abs(scrapes - (STEP_MS / 1_000) * rows.length)).toBeLessThanOrEqual(1);
    }
    expect((await hub.intervals(plan, afterSeq, rows.length)).ok).toBe(true);
    expect(await hub.intervals(plan, afterSeq, rows.length)).toEqual({ ok: true, value: rows });
  });
});

/** Waits until each page was scraped often enough. */
async function scraped(): Promise<void> {
  await until(() => {
    const counted = TRACKS.flatMap((track) =>
      Object.keys(PAGES).map((path) => pages[track].scrapes(path).length),
    );
    return Math.min(...counted) > SCRAPES + 1 ? true : null;
  });
}

/**
 * Intervals of a page's track whose ends lie midway between two scrapes, the first of them after
 * scrape `first`: two scrapes in each.
 */
async function intervalsOf(
  track: Track,
  path: string,
  series: MetricSeries,
): Promise<{ first: number; found: (Measurement | null)[] }> {
  const log: readonly Scraped[] = pages[track].scrapes(path);
  const gap = (i: number): number => (log[i + 1]?.atMs ?? 0) - (log[i]?.atMs ?? 0);
  const first = log.findIndex((_, i) => i > 1 && Math.abs(gap(i) - 1_000) < 150);
  if (first < 0) throw new Error('this machine is too busy to tell two scrapes apart');
  const fromMs = Math.round((log[first]?.atMs ?? 0) + gap(first) / 2);
  const count = Math.floor((SCRAPES - first) / 2) - 1;
  const range = { fromMs, toMs: fromMs + count * STEP_MS, stepMs: STEP_MS };
  const { measurements, metrics } = measured(series);
  const rows = await prometheusRange(server, measurements, metrics, range);
  if (!rows.ok) throw new Error(rows.problem.message);
  expect(rows.value.map(({ seq }) => seq)).toEqual(rows.value.map((_, i) => i));
  return { first, found: rows.value.map((row) => row[track]?.metrics.m ?? null) };
}

describe('a range of the past', () => {
  const ratesBetween = (from: number, to: number): Measurement => {
    return { kind: 'rate', events: bad(to) - bad(from), total: all(to) - all(from) };
  };

  beforeAll(scraped, 60_000);

  test.each(TRACKS)('rates of %s are what was counted', async (track) => {
    const { first, found } = await intervalsOf(track, '/steady', rate('steady'));
    expect(found.length).toBeGreaterThanOrEqual(3);
    expect(found).toEqual(found.map((_, i) => ratesBetween(first + 2 * i, first + 2 * i + 2)));
  });

  test('a restart counts from 0, and only what was counted since', async () => {
    const { first, found } = await intervalsOf('stable', '/restart', rate('restart'));
    const total = (scrape: number) => all(scrape < 7 ? scrape + 50 : scrape - 6);
    for (const [i, one] of found.entries()) {
      const [from, to] = [first + 2 * i, first + 2 * i + 2];
      const steps = [from + 1, to].map((scrape) =>
        scrape === 7 ? total(scrape) : total(scrape) - total(scrape - 1),
      );
      expect(one?.kind === 'rate' ? one.total : null).toBe((steps[0] ?? 0) + (steps[1] ?? 0));
    }
  });

  test('a target that was down is absent from the intervals around it', async () => {
    const { first, found } = await intervalsOf('candidate', '/down', rate('down'));
    const log = pages.candidate.scrapes('/down');
    for (const [i, one] of found.entries()) {
      const [from, to] = [first + 2 * i, first + 2 * i + 2];
      const isSeen = (...scrapes: number[]): boolean =>
        scrapes.some((scrape) => log[scrape]?.values !== null);
      // Within an interval before each end; and after the second, or some of it may be yet to come.
      const isTold = isSeen(from - 1, from) && isSeen(to - 1, to) && isSeen(to + 1, to + 2, to + 3);
      if (isTold) expect(one).toEqual(sumsOf(log, from, to));
      else expect(one).toBeNull();
    }
    expect(found.filter((one) => one === null).length).toBeGreaterThanOrEqual(2);
    expect(found.some((one) => one !== null)).toBe(true);
  });

  test('a series that begins later began at 0', async () => {
    const { found } = await intervalsOf('stable', '/first', rate('first'));
    const events = found.map((one) => (one?.kind === 'rate' ? one.events : null));
    expect(events[0]).toBe(0);
    expect(events.filter((count) => count !== null && count >= 7)).toHaveLength(1);
  });

  test('a counter that is not there is not zero', async () => {
    const { found } = await intervalsOf('stable', '/first', rate('first', ',code="200"'));
    expect(new Set(found)).toEqual(new Set([null]));
  });

  test('buckets become counts between the edges; of other layouts nothing is told', async () => {
    const { found } = await intervalsOf('stable', '/took', histogram('took'));
    expect(found.length).toBeGreaterThanOrEqual(3);
    for (const one of found) expect(one).toEqual({ kind: 'histogram', counts: [4, 8, 12] });
    const odd = await intervalsOf('stable', '/odd', histogram('odd'));
    expect(new Set(odd.found)).toEqual(new Set([null]));
  });

  test('a value is that of the end', async () => {
    const value = (query: string): MetricSeries => ({ kind: 'value', value: query });
    const { first, found } = await intervalsOf(
      'stable',
      '/depth',
      value('max(depth{track="$track"})'),
    );
    const wanted = found.map((_, i) => ({ kind: 'value', value: (first + 2 * i + 2) / 4 }));
    expect(found).toEqual(wanted);
    for (const query of ['q{track="$track"}', 'void{track="$track"}', 'none{track="$track"}']) {
      const other = await intervalsOf('stable', '/depth', value(query));
      expect(new Set(other.found)).toEqual(new Set([null]));
    }
  });

  test('asked for twice, or in other pieces, it is the same', async () => {
    const { measurements, metrics } = measured(rate('steady'));
    const fromMs = pages.stable.scrapes('/steady')[3]?.atMs ?? 0;
    const range = { fromMs, toMs: fromMs + 8_000, stepMs: STEP_MS };
    const whole = await prometheusRange(server, measurements, metrics, range);
    expect(await prometheusRange(server, measurements, metrics, range)).toEqual(whole);
    const later = { ...range, fromMs: fromMs + 2 * STEP_MS };
    const rest = await prometheusRange(server, measurements, metrics, later);
    const times = ({ startMs, stable, candidate }: Interval) => ({ startMs, stable, candidate });
    expect(rest.ok && rest.value.map(times)).toEqual(whole.ok && whole.value.slice(2).map(times));
  });

  test.each<[string, Partial<{ fromMs: number; toMs: number; stepMs: number }>]>([
    ['no interval', { toMs: 1_000 }],
    ['a step of nothing', { stepMs: 0 }],
    ['too many', { toMs: 1e13, stepMs: 1 }],
  ])('%s is refused', async (_, range) => {
    const { measurements, metrics } = measured(rate('steady'));
    const asked = { fromMs: 0, toMs: 10_000, stepMs: 2_000, ...range };
    const rows = await prometheusRange(server, measurements, metrics, asked);
    expect(rows.ok ? '' : rows.problem.code).toBe('usage');
  });
});

/** What the page was told to say between two scrapes, over a target that was down meanwhile. */
function sumsOf(log: readonly Scraped[], from: number, to: number): Measurement {
  const there = (end: number): number => {
    for (let scrape = end; scrape >= 0; scrape -= 1)
      if (log[scrape]?.values !== null) return scrape;
    throw new Error('it was never there');
  };
  const [a, b] = [there(from), there(to)];
  return { kind: 'rate', events: bad(b) - bad(a), total: all(b) - all(a) };
}

describe('checks', () => {
  const ask = async (query: string, form: object): Promise<unknown> => {
    const asked = { source: 'prometheus', query, server, ...form } as EvidenceQuery;
    const [found] = await hub.collect('sample', [{ check: 'c', query: asked }]);
    if (found === undefined) throw new Error('no answer');
    return 'reason' in found ? `${found.kind}: ${found.reason}` : found;
  };
  const depth = 'depth{track="stable"}';
  const step = { windowMs: 8_000, stepMs: 1_000 };

  beforeAll(scraped, 60_000);

  test.each<[string, string, unknown]>([
    ['a vector of one', `count(up{job="steady"})`, { kind: 'number', value: 2, samples: 1 }],
    ['a scalar', 'scalar(vector(4.5))', { kind: 'number', value: 4.5 }],
    ['nothing', 'no_such_metric', 'none: the query found no series'],
    ['NaN', 'vector(0) / 0', 'none: what the query found is NaN'],
    ['an infinity', 'vector(1) / 0', 'error: the query found a value that is infinite'],
    ['two series', 'q{track="stable"}', 'error: the query found 2 series, one is needed'],
    ['a range', 'up[5m]', 'error: the query is a range of samples, one value is needed'],
  ])('a number: %s', async (_, query, wanted) => {
    const found = await ask(query, { form: 'number' });
    if (typeof wanted === 'string') expect(found).toBe(wanted);
    else expect(found).toMatchObject(wanted as object);
  });

  test('what Prometheus says of a query that it can not read', async () => {
    expect(await ask('sum(', { form: 'number' })).toMatch(
      /^error: http:\S+\/api\/v1\/query: it answered 400, bad_data: .*parse error/,
    );
  });

  test('a course of time, with its points', async () => {
    const found = await ask(`${depth} > bool 1000`, { form: 'series', ...step, gapMaxMs: 4_000 });
    expect(found).toMatchObject({ kind: 'series', samples: 9, reducer: 'prometheus-query@2' });
    const { points } = found as { points: [number, number][] };
    expect(points.map(([atMs], i) => atMs - (points[0]?.[0] ?? 0) - i * 1_000)).toEqual(
      points.map(() => 0),
    );
    expect(new Set(points.map(([, value]) => value))).toEqual(new Set([0]));
  });

  test('what is not known for as long as a breach lasts is none', async () => {
    const form = { form: 'series', windowMs: 600_000, stepMs: 1_000, gapMaxMs: 300_000 };
    expect(await ask(depth, form)).toMatch(
      /^none: nothing is known for 9m.*, at most 5m may be unknown$/,
    );
  });

  test('a ratio counts 0 and 1', async () => {
    const form = { form: 'ratio', ...step };
    expect(await ask(`${depth} >= bool 0`, form)).toMatchObject({
      kind: 'ratio',
      numerator: 9,
      denominator: 9,
    });
    expect(await ask(`${depth} * 0 + 0.5`, form)).toBe(
      'error: a ratio counts values of 0 and 1, the query found 0.5: compare with bool',
    );
  });
});

// The last one: the others need the server.
test('while it is gone metrics are absent, rows go on, and it comes back', async () => {
  await scraped();
  const series = rate('steady');
  const from = { source: 'prometheus', series, server: { ...server, deadlineMs: 500 } } as const;
  const plan = measuredPlan(STEP_MS, { m: [{}, from], errors: [{}, ERRORS] });
  const before = await rowsUntil(plan, -1, (rows) => rows.some(hasAll));
  await prometheus.kill();
  const last = before.at(-1)?.seq ?? -1;
  const during = await rowsUntil(plan, last, (rows) => rows.some((row) => !hasAll(row)));
  const gone = during.find((row) => !hasAll(row));
  expect(gone?.stable?.metrics).toEqual({ errors: { kind: 'rate', events: 0, total: 0 } });
  expect(hub.metricProblems('sample').join('\n')).toMatch(
    /^stable m: http:\/\/127\.0\.0\.1:\d+\/api\/v1\/query: connect ECONNREFUSED/,
  );
  expect(hub.faults(plan)).toEqual([]);
  const goneMs = (during.at(-1)?.endMs ?? 0) - (before.at(-1)?.endMs ?? 0);
  await prometheus.resume();
  const resumedMs = Date.now();
  const after = await rowsUntil(plan, gone?.seq ?? -1, (rows) => rows.some(hasAll));
  // Nothing that was counted meanwhile is added to the first interval that is known again.
  const again = after.find(hasAll)?.stable?.metrics.m;
  const most = all(pages.stable.scrapes('/steady').length);
  expect(again?.kind === 'rate' && again.total < most / 2).toBe(true);
  // Prometheus carries a value over the time in which it was down; its raw samples do not.
  const windowMs = Date.now() - resumedMs + goneMs + 10_000;
  const form = { form: 'series', windowMs, stepMs: 1_000, gapMaxMs: 1_500 };
  const course = await Promise.all(
    ['depth{track="stable"}', 'max(depth{track="stable"})'].map(async (query) => {
      const asked = { source: 'prometheus', query, server, ...form } as EvidenceQuery;
      const [found] = await hub.collect('sample', [{ check: 'c', query: asked }]);
      return found?.kind;
    }),
  );
  expect(course).toEqual(['none', 'series']);
});
