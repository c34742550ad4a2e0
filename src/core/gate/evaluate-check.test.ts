import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ABOVE_LAST_EDGE,
  type Check,
  type CheckRule,
  type Evidence,
  type EvidenceValue,
} from './check.ts';
import { evaluateCheck } from './evaluate-check.ts';
import { evaluateGate } from './evaluate-gate.ts';

const NOW = 1_000_000_000;

function check(rule: CheckRule, parts: Partial<Check> = {}): Check {
  const evidence = { source: 'file', path: 'x.json', field: 'x' } as const;
  const base = { name: 'c', hint: '', evidence, maxAgeMs: 60_000, samplesMin: 5, advisory: false };
  return { ...base, ...parts, ...rule } as Check;
}

function evidence(value: EvidenceValue, parts: Partial<Evidence> = {}): Evidence {
  const base = { check: 'c', atMs: NOW - 1_000, samples: 10, inputSha256: '00', reducer: 'test/1' };
  return { ...base, ...value, ...parts } as Evidence;
}

const upTo: CheckRule = { kind: 'threshold', op: '<=', limit: 0.05, warnLimit: 0.08 };
const number = (value: number): EvidenceValue => ({ kind: 'number', value });

describe('each kind of check', () => {
  const points = (...values: number[]): EvidenceValue => ({
    kind: 'series',
    points: values.map((value, i) => [NOW - 600_000 + i * 60_000, value] as const),
  });
  const ratio: CheckRule = { kind: 'ratio', op: '>=', limit: 0.95, denominatorMin: 20 };
  const sustained: CheckRule = { kind: 'sustained', op: '>', limit: 400, forMs: 180_000 };
  test.each<[string, CheckRule, EvidenceValue, string]>([
    ['below', upTo, number(0.04), 'pass'],
    ['at the limit', upTo, number(0.05), 'pass'],
    ['in the warning zone', upTo, number(0.06), 'warn'],
    ['above', upTo, number(0.081), 'fail'],
    ['not a number', upTo, number(Number.NaN), 'error'],
    ['infinite', upTo, number(Number.POSITIVE_INFINITY), 'error'],
    ['in the range', { kind: 'range', min: 1, max: 2 }, number(2), 'pass'],
    ['out of the range', { kind: 'range', min: 1, max: 2 }, number(0.999), 'fail'],
    ['ratio met', ratio, { kind: 'ratio', numerator: 19, denominator: 20 }, 'pass'],
    ['ratio missed', ratio, { kind: 'ratio', numerator: 18, denominator: 20 }, 'fail'],
    ['ratio of too few', ratio, { kind: 'ratio', numerator: 19, denominator: 19 }, 'inconclusive'],
    ['ratio of nothing', ratio, { kind: 'ratio', numerator: 0, denominator: 0 }, 'inconclusive'],
    ['sustained breach', sustained, points(500, 500, 500, 500), 'fail'],
    ['interrupted breach', sustained, points(500, 500, 300, 500, 500), 'pass'],
    ['more than all', ratio, { kind: 'ratio', numerator: 30, denominator: 20 }, 'error'],
    ['less than none', ratio, { kind: 'ratio', numerator: -1, denominator: 20 }, 'error'],
    ['all breach, too short to tell', sustained, points(500, 500), 'inconclusive'],
    ['healthy at last', sustained, points(500, 300), 'pass'],
    ['breach right up to its time', sustained, points(300, 500, 500, 500, 500), 'fail'],
    [
      'points out of order',
      sustained,
      {
        kind: 'series',
        points: [
          [NOW, 500],
          [NOW - 180_000, 500],
          [NOW - 60_000, 300],
        ],
      },
      'error',
    ],
    ['fewer than none', { kind: 'count', op: '<=', limit: 2 }, number(-1), 'error'],
    ['no points', sustained, points(), 'inconclusive'],
    ['a point that is no number', sustained, points(1, Number.NaN), 'error'],
    ['no items', { kind: 'count', op: '==', limit: 0 }, { kind: 'items', items: [] }, 'pass'],
    ['one item', { kind: 'count', op: '==', limit: 0 }, { kind: 'items', items: ['a'] }, 'fail'],
    ['counted elsewhere', { kind: 'count', op: '<=', limit: 2 }, number(2), 'pass'],
    ['present', { kind: 'presence' }, { kind: 'items', items: [] }, 'pass'],
    ['of the wrong kind', ratio, number(1), 'error'],
    ['nothing there', upTo, { kind: 'none', reason: 'empty' }, 'inconclusive'],
    ['could not look', upTo, { kind: 'error', reason: 'refused' }, 'error'],
  ])('%s', (_, rule, value, outcome) => {
    expect(evaluateCheck(check(rule), evidence(value), NOW).outcome).toBe(outcome);
  });
});

test('values and conditions are told as people read them', () => {
  const told = (value: number, limit = 1) =>
    evaluateCheck(
      check({ kind: 'threshold', op: '<=', limit, warnLimit: null }),
      evidence(number(value)),
      NOW,
    );
  expect(told(0.1 + 0.2)).toMatchObject({ observed: '0.3', expected: '<= 1' });
  expect(told(ABOVE_LAST_EDGE)).toMatchObject({ outcome: 'fail', observed: 'above the last edge' });
  // Rounded it would read as met.
  expect(told(0.1 + 0.2, 0.3)).toMatchObject({ outcome: 'fail', observed: '0.30000000000000004' });
  const late = evaluateCheck(check(upTo), evidence(number(0), { atMs: NOW + 120_000 }), NOW);
  expect(late.reason).toBe('the evidence is dated 2m in the future');
});

describe('evidence that cannot be judged never passes', () => {
  const rules: CheckRule[] = [upTo, { kind: 'presence' }, { kind: 'count', op: '==', limit: 0 }];
  const good: EvidenceValue[] = [number(0), { kind: 'items', items: [] }];
  test.each<[string, Partial<Evidence> | null]>([
    ['missing', null],
    ['stale', { atMs: NOW - 60_001 }],
    ['from the future', { atMs: NOW + 60_001 }],
    ['without a time', { atMs: Number.NaN }],
    ['too thin', { samples: 4 }],
    ['without a sample count', { samples: Number.NaN }],
  ])('%s', (_, parts) => {
    for (const rule of rules) {
      for (const value of good) {
        const given = parts === null ? undefined : evidence(value, parts);
        const result = evaluateCheck(check(rule), given, NOW);
        expect(['inconclusive', 'error']).toContain(result.outcome);
        expect(result.reason).not.toBe('');
      }
    }
  });
});

describe('a gate', () => {
  const gate = (...checks: Check[]) => ({
    name: 'g',
    title: 'G',
    impact: 'CRITICAL' as const,
    colour: 'GREEN' as const,
    conditionWithinMs: 0,
    checks,
  });

  test('is inconclusive when nothing counts', () => {
    expect(evaluateGate(gate(), [], NOW).outcome).toBe('inconclusive');
    const shown = gate(check(upTo, { advisory: true }));
    expect(evaluateGate(shown, [evidence(number(0))], NOW).outcome).toBe('inconclusive');
  });

  test('an advisory check shows and never acts', () => {
    const both = gate(check(upTo), check(upTo, { name: 'loud', advisory: true }));
    const given = [evidence(number(0)), evidence(number(9), { check: 'loud' })];
    expect(evaluateGate(both, given, NOW).outcome).toBe('pass');
    expect(evaluateGate(both, given, NOW).checks.map(({ outcome }) => outcome)).toEqual([
      'pass',
      'fail',
    ]);
  });

  test('evidence twice is one; two that differ are an error in either order', () => {
    const [good, bad] = [evidence(number(0)), evidence(number(9))];
    expect(evaluateGate(gate(check(upTo)), [good, { ...good }], NOW).outcome).toBe('pass');
    expect(evaluateGate(gate(check(upTo)), [good, bad], NOW).outcome).toBe('error');
    expect(evaluateGate(gate(check(upTo)), [bad, good], NOW).outcome).toBe('error');
  });

  test('is as bad as its worst check: fail, error, inconclusive, warn, pass', () => {
    const values: EvidenceValue[] = [
      number(9),
      { kind: 'error', reason: 'refused' },
      { kind: 'none', reason: 'empty' },
      number(0.06),
      number(0),
    ];
    const order = values.map((_, i) => {
      const rest = values.slice(i).map((value, n) => evidence(value, { check: `c${n}` }));
      const checks = rest.map((one) => check(upTo, { name: one.check }));
      return evaluateGate(gate(...checks.toReversed()), rest, NOW).outcome;
    });
    expect(order).toEqual(['fail', 'error', 'inconclusive', 'warn', 'pass']);
  });

  test('taking evidence away never makes it pass', () => {
    const names = ['a', 'b', 'c'];
    const whole = gate(...names.map((name) => check(upTo, { name })));
    const values = fc.tuple(fc.double(), fc.double(), fc.double());
    const kept = fc.tuple(fc.boolean(), fc.boolean(), fc.boolean());
    fc.assert(
      fc.property(values, kept, (measured, stays) => {
        const all = names.map((name, i) => evidence(number(measured[i] ?? 0), { check: name }));
        const fewer = all.filter((_, i) => stays[i]);
        const passed = (given: readonly Evidence[]) =>
          evaluateGate(whole, given, NOW).outcome === 'pass';
        return passed(all) || !passed(fewer);
      }),
    );
  });
});
