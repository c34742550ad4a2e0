/** What the controller answers: active and ended promotions, history, checklist, metrics, stop. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Result } from '../../src/base/result.ts';
import type { HistoryEntry, PromotionView } from '../../src/protocol/controller.ts';
import { controllerMetrics } from '../../src/server/metrics.ts';
import { serveMetrics } from '../../src/server/metrics-server.ts';
import { controllerRoutes } from '../../src/server/routes.ts';
import { VirtualClock } from '../sim/clock.ts';
import { type Fleet, fleetPlan, MINUTE_MS, must, openFleet } from './fleet.ts';

const state = mkdtempSync(join(tmpdir(), 'aurora-server-'));
const clock = new VirtualClock(1_780_000_020_000);
let fleet: Fleet;
const ids: Record<'promoted' | 'back' | 'rehearsal' | 'withdrawn' | 'active', string> = {
  ...{ promoted: '', back: '', rehearsal: '', withdrawn: '', active: '' },
};

/** A promotion that begins now, after so many minutes. */
async function minutes(count: number, bad = 0): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    clock.advance(MINUTE_MS);
    await fleet.round(bad);
  }
}

beforeAll(async () => {
  fleet = await openFleet(state, clock);
  ids.promoted = await fleet.promote(fleetPlan('web', '1.0.0'), 'alice');
  await minutes(8);
  ids.back = await fleet.promote(fleetPlan('web', '1.1.0', 60 * MINUTE_MS), 'bob');
  await minutes(3, 1);
  await fleet.order(ids.back, 'rollback');
  ids.rehearsal = await fleet.promote(fleetPlan('shop', '3.0.0', 60 * MINUTE_MS), 'bob', true);
  await minutes(2, 1);
  await fleet.order(ids.rehearsal, 'rollback');
  ids.withdrawn = await fleet.promote(fleetPlan('shop', '3.1.0', 60 * MINUTE_MS), 'carol');
  await fleet.order(ids.withdrawn, 'withdraw');
  ids.active = await fleet.promote(fleetPlan('web', '1.2.0', 60 * MINUTE_MS), 'alice');
  await minutes(2);
});
afterAll(() => {
  fleet.close();
  rmSync(state, { recursive: true });
});

let stops = 0;
async function ask<T>(route: string, query: Record<string, string> = {}, body: unknown = null) {
  const about = { pid: 1, version: 'x', term: 1, startedAtMs: 0, metricsPort: null };
  const routes = controllerRoutes(fleet.controller, {
    wake: () => {},
    stop: () => {
      stops += 1;
    },
    about: { ...about, metricsProblem: null },
  });
  const answer = await routes[route]?.(body, new URLSearchParams(query));
  return answer as Result<T>;
}
const view = (id: string) => ask<PromotionView>('GET /promotion', { id });
const history = async (query: Record<string, string> = {}) =>
  must(await ask<HistoryEntry[]>('GET /history', query));

test('an ended promotion is found by its id, with its last state', async () => {
  expect(must(await view(ids.promoted))).toMatchObject({
    id: ids.promoted,
    version: '1.0.0',
    phases: [{ standing: 'done' }, { standing: 'done' }],
    waiting: [],
    outcome: { kind: 'promoted', cause: null },
  });
  expect(must(await view(ids.back))).toMatchObject({
    back: 'rollback by rm-1: a test',
    outcome: { kind: 'rolled-back', cause: 'rollback by rm-1: a test' },
  });
});

test.each<[string, () => string, () => string]>([
  ['a service: its active one', () => 'web', () => ids.active],
  ['a service: its newest, where none is active', () => 'shop', () => ids.withdrawn],
  ['nothing: the only active one', () => '', () => ids.active],
  ['the beginning of one id', () => 'web-1.1', () => ids.back],
  ['the beginning of the active one', () => 'web-1.2', () => ids.active],
])('named by %s', async (_, word, id) => {
  expect(must(await view(word())).id).toBe(id());
});

test('what fits several is refused, naming them; what fits none is not found', async () => {
  const several = await view('web-1');
  expect(several).toMatchObject({ problem: { code: 'usage' } });
  const message = several.ok ? '' : several.problem.message;
  for (const id of [ids.promoted, ids.back, ids.active]) expect(message).toContain(id);
  expect(message).not.toContain(ids.withdrawn);
  for (const none of ['we', "x' OR 1=1", 'web-1.0.0-0-more', '%']) {
    const code = none === 'we' ? 'usage' : 'not-found';
    expect(await view(none), none).toMatchObject({ problem: { code } });
  }
});

test('orders and signatures for what has ended are refused', async () => {
  const order = { id: ids.back, command: 'pause', by: 'rm-1', reason: 'late' };
  const refused = { problem: { code: 'conflict', message: expect.stringContaining('has ended') } };
  expect(await ask('POST /command', {}, order)).toMatchObject(refused);
  expect(await ask('GET /request', { id: ids.back })).toMatchObject(refused);
  const unknown = await ask('POST /command', {}, { ...order, id: 'none' });
  expect(unknown).toMatchObject({ problem: { code: 'not-found' } });
});

test('history: what ended, the last first, with the highest share', async () => {
  const rows = await history();
  expect(rows.map(({ id, by, highestPct, rehearsal }) => [id, by, highestPct, rehearsal])).toEqual([
    [ids.withdrawn, 'carol', 20, false],
    [ids.rehearsal, 'bob', 20, true],
    [ids.back, 'bob', 20, false],
    [ids.promoted, 'alice', 100, false],
  ]);
  expect(rows[2]).toMatchObject({ plan: 'sim', outcome: { kind: 'rolled-back', ga: false } });
  const took = (rows[2]?.outcome.atMs ?? 0) - (rows[2]?.openedAtMs ?? 0);
  expect(took).toBe(3 * MINUTE_MS);
  expect((await history({ service: 'web' })).map(({ id }) => id)).toEqual([ids.back, ids.promoted]);
  expect((await history({ limit: '1' })).map(({ id }) => id)).toEqual([ids.withdrawn]);
  expect(await history({ service: 'we' })).toEqual([]);
  for (const limit of ['0', '-1', 'x', '1001', '1.5']) {
    expect(await ask('GET /history', { limit })).toMatchObject({ problem: { code: 'usage' } });
  }
});

test('the checklist of an active and of an ended one', async () => {
  type Filled = { id: string; markdown: string };
  const ended = must(await ask<Filled>('GET /checklist', { id: ids.promoted }));
  expect(ended.markdown).toContain('# Release checklist: web 1.0.0-rc.1 to 1.0.0');
  expect(ended.markdown).toContain('Outcome: promoted');
  const open = must(await ask<Filled>('GET /checklist', { id: '' }));
  expect(open).toMatchObject({ id: ids.active });
  expect(open.markdown).toContain('No outcome yet.');
});

/** Lines of the page that are about promotions, without what moves by itself. */
async function promotionMetrics(of: Fleet): Promise<string[]> {
  const text = must(await controllerMetrics(of.controller, { version: 'x' }).text());
  return text.split('\n').filter((line) => /^aurora_(?!controller|ledger)/.test(line));
}

test('metrics: outcomes, failure ratio, detection, exposure', async () => {
  const lines = await promotionMetrics(fleet);
  expect(lines).toEqual(
    expect.arrayContaining([
      'aurora_promotions{service="web",phase="canary"} 1',
      'aurora_source_problem{service="web"} 0',
      'aurora_promotion_outcomes_total{service="web",outcome="promoted"} 1',
      'aurora_promotion_outcomes_total{service="web",outcome="rolled-back"} 1',
      'aurora_promotion_outcomes_total{service="shop",outcome="withdrawn"} 1',
      'aurora_rehearsals_total{service="shop"} 1',
      `aurora_change_failure_ratio ${1 / 3}`,
      'aurora_time_to_detect_seconds_sum{service="web"} 180',
      'aurora_time_to_detect_seconds_count{service="web"} 1',
      // Three minutes at 20 % of 1000 requests, one bad in each minute.
      'aurora_exposure_requests_total{service="web"} 600',
      'aurora_exposure_bad_requests_total{service="web"} 3',
    ]),
  );
});

test('metrics: the same after a restart; what ends later is added, once', async () => {
  const before = await promotionMetrics(fleet);
  const page = controllerMetrics(fleet.controller, { version: 'x' });
  must(await page.text());
  const again = must(await page.text());
  const outcomes = (text: string) => text.split('\n').filter((line) => /_total|ratio/.test(line));
  expect(outcomes(again).filter((line) => line.startsWith('aurora'))).toEqual(
    outcomes(before.join('\n')),
  );
  fleet.close();
  fleet = await openFleet(state, clock);
  expect(await promotionMetrics(fleet)).toEqual(before);
  expect(fleet.controller.term).toBe(2);
});

test('metrics: absent is what has no value; no ledger, no page', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'aurora-server-'));
  const none = await openFleet(empty, clock);
  const lines = await promotionMetrics(none);
  expect(lines).toEqual([]);
  const broken = { code: 'unavailable', message: 'the disk is gone' } as const;
  const past = {
    ...none.controller.past,
    endedAfter: () => ({ ok: false, problem: broken }) as const,
  };
  const page = controllerMetrics({ ...none.controller, past }, { version: 'x' });
  const port = must(await serveMetrics(0, page));
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  expect([answer.status, await answer.text()]).toEqual([503, 'the disk is gone\n']);
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
  const taken = await serveMetrics(port, page);
  expect(taken).toMatchObject({ problem: { message: expect.stringContaining(`:${port}`) } });
  none.close();
  rmSync(empty, { recursive: true });
});

test('stop is refused while a candidate has traffic, naming the fallback', async () => {
  const refused = await ask('POST /stop', {}, { force: false });
  expect(refused).toMatchObject({ problem: { code: 'conflict' } });
  expect(refused.ok ? '' : refused.problem.message).toMatch(
    /^web-1\.2\.0-\d+: its candidate has 20 %; after 3m .* stable 100 %, candidate 0 %$/,
  );
  expect(await ask('POST /stop', {}, { force: 'yes' })).toMatchObject({
    problem: { code: 'usage' },
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(stops).toBe(0);
  for (const body of [{ force: true }, null]) must(await ask('POST /stop', {}, body));
  await new Promise((resolve) => setImmediate(resolve));
  expect(stops).toBe(2);
});

test('with several active ones, no word is not enough', async () => {
  const other = await fleet.promote(fleetPlan('pay', '1.0.0', 60 * MINUTE_MS));
  const found = await view('');
  expect(found).toMatchObject({ problem: { code: 'usage' } });
  expect(found.ok ? '' : found.problem.message).toContain(other);
  expect(must(await ask<{ active: number }>('GET /about')).active).toBe(2);
});
