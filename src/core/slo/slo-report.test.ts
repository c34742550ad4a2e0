import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../base/canonical-json.ts';
import type { Interval, Measurement } from '../evidence/interval.ts';
import { ABOVE_LAST_EDGE, type Check } from '../gate/check.ts';
import type { Plan } from '../plan/plan.ts';
import { sloMarkdown } from './slo-markdown.ts';
import { sloReport } from './slo-report.ts';

const MINUTE_MS = 60_000;
const METRICS = [
  { name: 'errors', kind: 'rate', edges: [] },
  { name: 'latency', kind: 'histogram', edges: [10, 50, 100] },
  { name: 'load', kind: 'value', edges: [] },
] as unknown as Plan['metrics'];

function check(metric: string, statistic: string, rule: object, over: object = {}): Check {
  return {
    ...{ name: `${statistic} of ${metric}`, hint: '', maxAgeMs: 120_000, samplesMin: 1 },
    ...{ advisory: false, ...rule, ...over },
    evidence: { source: 'metric', metric, track: 'candidate', statistic, windowMs: MINUTE_MS },
  } as unknown as Check;
}

const UNDER = { kind: 'threshold', op: '<=', limit: 0.1, warnLimit: null };
const file = { ...check('x', 'rate', UNDER), name: 'archive', evidence: { source: 'file' } };

function planOf(...checks: readonly unknown[]): Plan {
  const gates = [{ name: 'slo', checks }];
  return {
    name: 'p',
    service: 'shop',
    intervalMs: MINUTE_MS,
    metrics: METRICS,
    gates,
  } as unknown as Plan;
}

type Told = Record<string, Measurement>;

function report(plan: Plan, told: readonly (Told | null)[], coverageMinPct = 95) {
  const rows = told.flatMap((metrics, seq) => {
    if (metrics === null) return [];
    const times = { seq, startMs: seq * MINUTE_MS, endMs: (seq + 1) * MINUTE_MS };
    const candidate = { up: true, requests: 1, metrics };
    const interval: Interval = { ...times, candidatePct: 10, stable: null, candidate };
    return [{ interval, body: canonicalJson(interval) }];
  });
  const time = { fromMs: 0, toMs: told.length * MINUTE_MS };
  const about = { plan, planSha256: '0a', promotion: 'p1', synthetic: false, coverageMinPct };
  return sloReport({ ...about, ...time, rows });
}

const errors = (events: number, total = 100): Told => ({
  errors: { kind: 'rate', events, total },
});
const latency = (...counts: number[]): Told => ({ latency: { kind: 'histogram', counts } });
const load = (value: number): Told => ({ load: { kind: 'value', value } });

describe('an objective', () => {
  test('is told with value, samples, compliance and the worst interval', () => {
    const told = report(
      planOf(check('errors', 'rate', UNDER)),
      [2, 30, 1, 3].map((n) => errors(n)),
    );
    expect(told.objectives).toMatchObject([
      {
        compliant: true,
        observed: '0.09',
        samples: 400,
        coveredPct: 100,
        compliancePct: 75,
        worst: { startMs: MINUTE_MS, endMs: 2 * MINUTE_MS, value: 0.3 },
      },
    ]);
    expect(told.compliant).toBe(true);
    expect(told.rows).toMatchObject({ count: 4, fromSeq: 0, toSeq: 3 });
  });

  test.each<[string, object, string, Told[], boolean, number]>([
    [
      'an upper limit',
      { ...UNDER, limit: 50 },
      'p95',
      [latency(9, 9, 0, 0), latency(9, 0, 9, 0)],
      false,
      100,
    ],
    [
      'a lower limit',
      { ...UNDER, op: '>=', limit: 5 },
      'mean',
      [load(9), load(4), load(6)],
      true,
      4,
    ],
    ['a range', { kind: 'range', min: 2, max: 8 }, 'mean', [load(7), load(1), load(5)], true, 1],
    ['an equality', { ...UNDER, op: '==', limit: 5 }, 'mean', [load(5), load(5)], true, 5],
    [
      'a breach that must not last',
      { kind: 'sustained', op: '>', limit: 5, forMs: 2 * MINUTE_MS },
      'mean',
      [load(1), load(9), load(9), load(9)],
      false,
      9,
    ],
    [
      'a number of failures',
      { kind: 'failures', op: '<', limit: 5, failuresMax: 1, countMin: null },
      'mean',
      [load(9), load(3), load(8)],
      true,
      3,
    ],
  ])('by %s', (_, rule, statistic, told, compliant, worst) => {
    const metric = statistic === 'p95' ? 'latency' : 'load';
    const [objective] = report(planOf(check(metric, statistic, rule)), told).objectives;
    expect(objective).toMatchObject({ compliant, worst: { value: worst } });
  });

  test('above the last edge is no number that JSON lacks', () => {
    const told = report(planOf(check('latency', 'p99', { ...UNDER, limit: 99 })), [
      latency(1, 0, 0, 9),
    ]);
    expect(told.objectives).toMatchObject([
      { compliant: false, observed: 'above the last edge', worst: { value: ABOVE_LAST_EDGE } },
    ]);
    expect(sloMarkdown(told)).toContain('| above the last edge at ');
  });
});

describe('what was not measured', () => {
  const plan = planOf(check('errors', 'rate', UNDER));

  test.each<[string, (Told | null)[]]>([
    ['nothing at all', []],
    ['no interval', [null, null]],
    ['another metric', [load(1), load(1)]],
    ['no requests', [errors(0, 0), errors(0, 0)]],
    ['more errors than requests', [errors(3, 2)]],
    ['nothing lately', [errors(0), errors(0), errors(0), null, null, null]],
  ])('is not compliant: %s', (_, told) => {
    const made = report(plan, told, 0);
    expect(made.compliant).toBe(false);
    expect(made.objectives.map(({ compliant }) => compliant)).toEqual([false]);
    expect(sloMarkdown(made)).toContain('Not all objectives were met');
  });

  test('counts against compliance, and below the coverage that is wanted the objective is not met', () => {
    const told = [errors(0), errors(0), null, errors(0)];
    const strict = report(plan, told);
    expect(strict.objectives).toMatchObject([
      {
        compliant: false,
        coveredPct: 75,
        compliancePct: 75,
        reason: expect.stringMatching(/75\.0 %/),
      },
    ]);
    expect(report(plan, told, 75).compliant).toBe(true);
  });
});

test('a warning is not met, advisory checks and checks on files are left out, none is no yes', () => {
  const warns = check('errors', 'rate', { ...UNDER, warnLimit: 0.5 });
  expect(report(planOf(warns), [errors(30)]).compliant).toBe(false);
  const advisory = check('load', 'mean', UNDER, { advisory: true });
  const told = report(planOf(advisory, file), [load(1)]);
  expect(told).toMatchObject({
    compliant: false,
    objectives: [],
    leftOut: ['mean of load', 'archive'],
  });
});

test('names from the world cannot break out of their cells', () => {
  const told = report(planOf({ ...check('errors', 'rate', UNDER), name: 'a|b\n# c' }), [
    errors(50),
  ]);
  expect(sloMarkdown(told)).not.toMatch(/^# c/m);
  expect(sloMarkdown(told)).toContain('a\\|b # c');
});
