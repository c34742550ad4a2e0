import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parsePlan } from './check-plan.ts';
import { durationOf } from './phase-time.ts';
import type { Plan } from './plan.ts';
import { rehearsalOf } from './rehearsal.ts';
import { withLoad } from './with-load.ts';

const PATH = join(import.meta.dirname, '../../../plans/bridge-72h.yaml');
const HOUR_MS = 3_600_000;

function plan(): Plan {
  const { plan: parsed } = parsePlan('bridge-72h.yaml', readFileSync(PATH, 'utf8'), {});
  if (parsed === null) throw new Error('the plan is unsound');
  return parsed;
}

const roadMs = ({ phases }: Plan): number =>
  phases.reduce((sum, phase) => sum + durationOf(phase), 0);

test('the road takes what it was given, its parts in proportion', () => {
  const full = plan();
  const scaled = rehearsalOf(full, { totalMs: HOUR_MS, tickMs: 250 });
  expect(roadMs(full)).toBe((168 + 72 + 18 + 168) * HOUR_MS);
  expect(Math.abs(roadMs(scaled) - HOUR_MS)).toBeLessThan(10);
  const share = (one: Plan, kind: string): number => {
    const phase = one.phases.find((found) => found.kind === kind);
    return (phase === undefined ? 0 : durationOf(phase)) / roadMs(one);
  };
  for (const kind of ['soak', 'canary', 'rollout', 'watch']) {
    expect(share(scaled, kind)).toBeCloseTo(share(full, kind), 5);
  }
});

test('nothing is shorter than what the service counts in, and what is zero stays zero', () => {
  const scaled = rehearsalOf(plan(), { totalMs: 20_000, tickMs: 250 });
  expect(scaled.intervalMs).toBe(250);
  for (const trigger of scaled.triggers) {
    if (trigger.kind !== 'incident') expect(trigger.forMs).toBe(250);
  }
  const lasting = scaled.phases.map((phase) => durationOf(phase)).filter((ms) => ms > 0);
  expect(Math.min(...lasting)).toBeGreaterThanOrEqual(750);
  expect(scaled.phases.filter(({ kind }) => kind === 'decision').map(durationOf)).toEqual([0]);
});

test("machines' and people's time, freezes, budgets and floors are as they were", () => {
  const full = plan();
  const scaled = rehearsalOf(full, { totalMs: 60_000, tickMs: 1_000 });
  expect(scaled.judge).toEqual(full.judge);
  expect(scaled.freezes).toEqual(full.freezes);
  expect(scaled.metrics).toEqual(full.metrics);
  for (const [index, phase] of scaled.phases.entries()) {
    const before = full.phases[index];
    expect(phase.deadlineMs ?? 60_000).toBeGreaterThanOrEqual(60_000);
    if (phase.kind === 'canary' && before?.kind === 'canary') {
      expect(phase.requestsMin).toBe(before.requestsMin);
      expect(Math.max(...phase.checkpointsMs)).toBeLessThanOrEqual(phase.durationMs + 1);
    }
  }
});

test('a plan shorter than the time given is not stretched', () => {
  const full = plan();
  const scaled = rehearsalOf(full, { totalMs: 10_000 * HOUR_MS, tickMs: 1_000 });
  expect(scaled.phases.map(durationOf)).toEqual(full.phases.map(durationOf));
});

test('load stands in for live requests, and runs on while people decide', () => {
  const load = { ratePerSecond: 200, path: '/order' };
  const loaded = withLoad(plan(), load);
  const seen = loaded.phases.map(({ kind, traffic, load: one }) => [kind, traffic, one?.path]);
  expect(seen).toEqual([
    ['perimeter', 'none', undefined],
    // The plan's own load stays.
    ['soak', 'load', '/aurora/order'],
    ['canary', 'load', '/order'],
    ['decision', 'load', '/order'],
    ['rollout', 'load', '/order'],
    ['watch', 'load', '/order'],
  ]);
});
