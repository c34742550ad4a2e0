/** The plans that come along are clean, locked, and do what their tests say. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../src/base/digest.ts';
import { formatFinding, parsePlan } from '../src/core/plan/check-plan.ts';
import type { Plan } from '../src/core/plan/plan.ts';
import { describeRun, runScenario } from '../src/core/plan-test/run-scenario.ts';
import { parsePlanTest, unknownNames } from '../src/core/plan-test/test-file.ts';

const PLANS = join(import.meta.dirname, '..', 'plans');
const TESTS = join(PLANS, 'tests');

function yamlFiles(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.yaml'));
}

function planOf(path: string, args: Readonly<Record<string, string>> = {}): Plan {
  const { plan, findings } = parsePlan(path, readFileSync(path, 'utf8'), args);
  expect(findings.map(formatFinding)).toEqual([]);
  if (plan === null) throw new Error(`${path} is no plan`);
  return plan;
}

test.each(yamlFiles(PLANS))('%s is as it was locked', (name) => {
  const path = join(PLANS, name);
  const lock = JSON.parse(readFileSync(path.replace('.yaml', '.lock.json'), 'utf8')) as {
    sha256: string;
  };
  expect(digestOf(planOf(path))).toBe(lock.sha256);
});

describe.each(yamlFiles(TESTS))('%s', (name) => {
  const path = join(TESTS, name);
  const { test: file, findings } = parsePlanTest(path, readFileSync(path, 'utf8'));
  if (file === null) throw new Error(findings.map(formatFinding).join('\n'));
  const plan = planOf(join(dirname(path), file.plan), file.arguments);

  test.each(file.scenarios)('$name', (scenario) => {
    const run = runScenario(plan, digestOf(plan), scenario);
    expect(run.outcome, describeRun(run)).toBe(scenario.expect.outcome);
    if (scenario.expect.cause !== undefined) expect(run.cause).toBe(scenario.expect.cause);
    if (scenario.expect.road !== undefined) {
      expect(run.road.map(({ phase }) => phase)).toEqual(scenario.expect.road);
    }
  });
});

describe('a file of plan tests', () => {
  const good = readFileSync(join(TESTS, 'smoke.yaml'), 'utf8');

  test.each<[string, (text: string) => string, RegExp]>([
    [
      'an unknown key',
      (text) => text.replace('signOffs: given', 'signOff: given'),
      /:9:5: scenarios\[0\].*signOff/,
    ],
    ['no scenario', (text) => text.replace(/scenarios:[\s\S]*/, 'scenarios: []\n'), /scenarios/],
    [
      'a wrong outcome',
      (text) => text.replace('outcome: ga', 'outcome: fine'),
      /expected one of ga, promoted/,
    ],
    [
      'a wrong duration',
      (text) => text.replace('for: 30m', 'for: long'),
      /expected a duration such as 90s/,
    ],
    ['no YAML', () => ': :\n\t-', /./],
  ])('with %s is told so, with its place', (_, change, expected) => {
    const { test: file, findings } = parsePlanTest('t.yaml', change(good));
    expect(file).toBeNull();
    expect(findings.map(formatFinding).join('\n')).toMatch(expected);
  });

  test('cannot speak of what the plan does not have', () => {
    const { test: file } = parsePlanTest('t.yaml', good.replace('archive: 1', 'archiv: 1'));
    const [scenario] = file?.scenarios ?? [];
    if (scenario === undefined) throw new Error('no scenario');
    expect(unknownNames(scenario, [], ['archive'], [])).toContain('check archiv');
  });
});
