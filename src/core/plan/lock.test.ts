import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { present } from '../../base/assert.ts';
import { parsePlan } from './check-plan.ts';
import { changedSince, formatLock, lockPlan, parseLock } from './lock.ts';
import type { Plan } from './plan.ts';

const FILE = join(import.meta.dirname, '../../../plans/smoke.yaml');
const plan = present(parsePlan('smoke.yaml', readFileSync(FILE, 'utf8'), {}).plan, 'it is a plan');

test('a lock names what changed, and cannot be edited', () => {
  const text = formatLock(lockPlan(plan));
  const read = parseLock(text);
  expect(read).toEqual({ ok: true, value: lockPlan(plan) });
  const changed: Plan = { ...plan, goMaxAgeMs: 1, phases: plan.phases.slice(0, 5) };
  const found = read.ok ? changedSince(read.value, changed) : [];
  expect(found.map(({ path }) => path)).toEqual(['goMaxAgeMs', 'phases[watch]']);
  expect(found[0]).toEqual({ path: 'goMaxAgeMs', before: plan.goMaxAgeMs, after: 1 });
  expect(read.ok && changedSince(read.value, plan)).toEqual([]);
  expect(parseLock(text.replace('"intervalMs": 5000', '"intervalMs": 6000'))).toMatchObject({
    ok: false,
    problem: { code: 'integrity' },
  });
  for (const bad of ['', '[]', '{"kind":"PlanLock"}', 'null']) {
    expect(parseLock(bad)).toMatchObject({ ok: false, problem: { code: 'invalid-file' } });
  }
});
