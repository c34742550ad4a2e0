/** What of a check's query is read, and what is not: a server that answers as the test says. */
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { EvidenceHub } from '../../src/adapters/sources/evidence-hub.ts';
import { prometheusRange } from '../../src/adapters/sources/prometheus-range.ts';
import type { Evidence, PrometheusForm, PrometheusServer } from '../../src/core/gate/check.ts';
import { portOf } from '../splitter/splitter-rig.ts';
import { measuredPlan } from './measured-plan.ts';

const NOW = 1_700_000_000_000;
const STEP_MS = 1_000;
const WINDOW = { windowMs: 10 * STEP_MS, stepMs: STEP_MS };
const COURSE: PrometheusForm = { form: 'series', ...WINDOW, gapMaxMs: 4 * STEP_MS };
const RATIO: PrometheusForm = { form: 'ratio', ...WINDOW };

type Points = readonly (readonly [atMs: number, value: number])[];

/** By query: `values` of the one series. */
let answers: Record<string, Points> = {};
let asked: string[] = [];
let server: Server;
let hub: EvidenceHub;

beforeAll(async () => {
  server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
    const query = searchParams.get('query') ?? '';
    asked.push(`${pathname.split('/').at(-1)} ${query}`);
    const points = answers[query] ?? [];
    const isList = pathname.endsWith('query_range') || query.endsWith(']');
    const samples = points.map(([atMs, value]) => [atMs / 1_000, String(value)]);
    const series = isList ? { metric: {}, values: samples } : { metric: {}, value: samples.at(-1) };
    const result = points.length === 0 ? [] : [series];
    const data = { resultType: isList ? 'matrix' : 'vector', result };
    response.end(JSON.stringify({ status: 'success', data }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  hub = new EvidenceHub({ servicesFolder: '/', workFolder: '/', now: () => NOW });
});
beforeEach(() => {
  [answers, asked] = [{}, []];
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function place(): PrometheusServer {
  const url = `http://127.0.0.1:${portOf(server)}`;
  return { url, bearerFile: null, basicFile: null, deadlineMs: 10_000 };
}

async function ask(query: string, form: PrometheusForm): Promise<Evidence> {
  const asking = { source: 'prometheus', query, server: place(), ...form } as const;
  const [found] = await hub.collect('sample', [{ check: 'c', query: asking }]);
  if (found === undefined) throw new Error('no answer');
  return found;
}
const reasonOf = (found: Evidence): string =>
  'reason' in found ? `${found.kind}: ${found.reason}` : found.kind;

/** So many milliseconds before now. */
const ago = (ms: number, value = 1) => [NOW - ms, value] as const;
const every = (ms: number, count: number, value = 1): Points =>
  Array.from({ length: count }, (_, i) => ago((count - 1 - i) * ms, value));

test('the value of a selector is dated by its sample, of an expression by its evaluation', async () => {
  const sampleAtMs = NOW - 240_000;
  answers = {
    'timestamp(queue{t="a"})': [[NOW, sampleAtMs / 1_000]],
    'queue{t="a"}': [ago(0, 7)],
    'max(queue)': [ago(0, 7)],
  };
  expect(await ask('queue{t="a"}', { form: 'number' })).toMatchObject({
    ...{ kind: 'number', value: 7, atMs: sampleAtMs, samples: 1 },
  });
  expect(asked).toEqual(['query timestamp(queue{t="a"})', 'query queue{t="a"}']);
  expect(await ask('max(queue)', { form: 'number' })).toMatchObject({ value: 7, atMs: NOW });
});

test('a value whose time is not known is none', async () => {
  answers = { queue: [ago(0, 7)] };
  expect(reasonOf(await ask('queue', { form: 'number' }))).toBe('none: the query found no series');
});

test('the course of a selector is its raw samples, the newest of each step', async () => {
  // Scraped four times a step; the newest of a step breaches.
  const samples = every(STEP_MS / 4, 40).map(([atMs], i) => [atMs, i % 4 === 3 ? 9 : 1] as const);
  answers = { [`queue[${WINDOW.windowMs}ms]`]: samples };
  const found = await ask(' queue ', COURSE);
  expect(reasonOf(found)).toBe('none: the query found no series');
  const course = await ask('queue', COURSE);
  expect(course).toMatchObject({ kind: 'series', samples: 10, atMs: NOW });
  expect(course.kind === 'series' && course.points).toEqual(every(STEP_MS, 10, 9));
  answers = { [`queue[${WINDOW.windowMs}ms]`]: every(STEP_MS / 4, 40) };
  expect(await ask('queue', RATIO)).toMatchObject({
    kind: 'ratio',
    numerator: 10,
    denominator: 10,
  });
});

test('a gap between raw samples is told, though the server would carry a value over it', async () => {
  const samples = [...every(500, 20)].filter(([atMs]) => atMs < NOW - 6_000 || atMs > NOW - 1_000);
  answers = {
    [`queue[${WINDOW.windowMs}ms]`]: samples,
    'max(queue)': every(STEP_MS, 11),
  };
  expect(reasonOf(await ask('queue', COURSE))).toBe(
    'none: nothing is known for 6s, at most 4s may be unknown',
  );
  expect(await ask('max(queue)', COURSE)).toMatchObject({ kind: 'series', samples: 11 });
});

test('a gauge is not carried on over an interval in which nobody scraped it', async () => {
  const series = { kind: 'value', value: 'queue{t="$track"}' } as const;
  const from = { source: 'prometheus', series, server: place() } as const;
  const { measurements, metrics } = measuredPlan(STEP_MS, { m: [{ kind: 'value' }, from] });
  const samples = [ago(2_900, 3), ago(2_400, 4), ago(400, 5)];
  // Three intervals, two more in which they are proved whole, and what is read before them.
  answers = { 'queue{t="stable"}[306000ms]': samples };
  const range = { fromMs: NOW - 3_000, toMs: NOW, stepMs: STEP_MS };
  const rows = await prometheusRange(place(), measurements, metrics, range);
  const found = rows.ok ? rows.value.map(({ stable }) => stable?.metrics.m ?? null) : [];
  expect(found).toEqual([{ kind: 'value', value: 4 }, null, { kind: 'value', value: 5 }]);
});

test.each<[string, string, Points, string]>([
  [
    'more points than steps',
    'max(queue)',
    every(10, 500),
    'error: it answered 500 points, at most 11 were asked for',
  ],
  [
    'points before the window',
    'max(queue)',
    [ago(10_001), ...every(STEP_MS, 10)],
    'error: it answered of another time than was asked for',
  ],
  [
    'points after it',
    'max(queue)',
    [...every(STEP_MS, 10), ago(-1)],
    'error: it answered of another time than was asked for',
  ],
  [
    'raw samples before it',
    `queue[${WINDOW.windowMs}ms]`,
    [ago(10_001), ...every(STEP_MS, 10)],
    'error: it answered of another time than was asked for',
  ],
])('%s are refused', async (_, query, points, wanted) => {
  answers = { [query]: points };
  const name = query.replace(/\[.*/, '');
  expect(reasonOf(await ask(name, COURSE))).toBe(wanted);
  expect(reasonOf(await ask(name, RATIO))).toBe(wanted);
});

test('as many samples as are read at all are gone through', async () => {
  const form: PrometheusForm = { ...COURSE, windowMs: 1_000_000, gapMaxMs: 1_000_000 };
  answers = { 'queue[1000000ms]': every(6, 150_000) };
  expect(await ask('queue', form)).toMatchObject({ kind: 'series', samples: 900 });
});
