import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CheckOutcome } from '../gate/check.ts';
import type { Colour, Gate, GateResult, Impact } from '../gate/gate.ts';
import { decide } from './decide.ts';

const NOW = 1_000_000;
const MAX_AGE_MS = 86_400_000;

function gate(name: string, impact: Impact, colour: Colour = 'GREEN', conditionWithinMs = 0): Gate {
  return { name, title: name, impact, colour, conditionWithinMs, checks: [] };
}

function result(name: string, outcome: CheckOutcome, evaluatedAtMs = NOW): GateResult {
  return { gate: name, outcome, checks: [], evaluatedAtMs };
}

describe('the matrix', () => {
  test.each<[Impact, CheckOutcome, number, string]>([
    ['CRITICAL', 'pass', 0, 'GO'],
    ['CRITICAL', 'fail', 3_600_000, 'NO-GO'],
    ['HIGH', 'fail', 3_600_000, 'NO-GO'],
    ['HIGH', 'warn', 3_600_000, 'CONDITIONAL'],
    ['HIGH', 'warn', 0, 'NO-GO'],
    ['MEDIUM', 'fail', 3_600_000, 'CONDITIONAL'],
    ['MEDIUM', 'fail', 0, 'NO-GO'],
    ['MEDIUM', 'inconclusive', 3_600_000, 'CONDITIONAL'],
    ['CRITICAL', 'inconclusive', 3_600_000, 'NO-GO'],
    ['CRITICAL', 'error', 3_600_000, 'NO-GO'],
    ['LOW', 'fail', 0, 'GO'],
  ])('%s gate that is %s, with %i ms to pass in: %s', (impact, outcome, withinMs, expected) => {
    const gates = [gate('g', impact, 'GREEN', withinMs), gate('ok', 'CRITICAL')];
    const results = [result('g', outcome), result('ok', 'pass')];
    const decision = decide('matrix', gates, results, [], NOW, MAX_AGE_MS);
    expect(decision.outcome).toBe(expected);
    if (outcome !== 'pass') expect(decision.reasons).not.toEqual([]);
    const conditions =
      expected === 'CONDITIONAL' ? [{ gate: 'g', expiresAtMs: NOW + withinMs }] : [];
    expect(decision.conditions).toEqual(conditions);
  });

  test('stale and missing results count as failed', () => {
    const gates = [gate('g', 'CRITICAL')];
    const old = [result('g', 'pass', NOW - MAX_AGE_MS - 1)];
    expect(decide('matrix', gates, old, [], NOW, MAX_AGE_MS).outcome).toBe('NO-GO');
    expect(decide('matrix', gates, [], [], NOW, MAX_AGE_MS).outcome).toBe('NO-GO');
    expect(decide('matrix', [], [], [], NOW, MAX_AGE_MS).outcome).toBe('NO-GO');
    for (const evaluatedAtMs of [NOW + 60_001, Number.NaN, Number.NEGATIVE_INFINITY]) {
      const undated = [result('g', 'pass', evaluatedAtMs)];
      expect(decide('matrix', gates, undated, [], NOW, MAX_AGE_MS).outcome).toBe('NO-GO');
    }
    const fresh = [result('g', 'pass')];
    expect(decide('matrix', gates, fresh, [], NOW, Number.NaN).outcome).toBe('NO-GO');
  });
});

describe('green, yellow, red', () => {
  const yellows = ['y1', 'y2', 'y3'].map((name) => gate(name, 'LOW', 'YELLOW'));
  const failing = (count: number) =>
    yellows.map(({ name }, i) => result(name, i < count ? 'fail' : 'pass'));

  test.each([
    [2, 0, 'GO'],
    [3, 0, 'NO-GO'],
    [3, 1, 'GO'],
  ])('%i failing YELLOW, %i mitigated: %s', (count, mitigated, expected) => {
    const notes = yellows
      .slice(0, mitigated)
      .map(({ name }) => ({ gate: name, by: 'p', reason: 'r' }));
    const decision = decide('green-yellow-red', yellows, failing(count), notes, NOW, MAX_AGE_MS);
    expect(decision.outcome).toBe(expected);
  });

  test('one GREEN that does not pass, or one RED that fails, is NO-GO', () => {
    for (const [colour, outcome] of [
      ['GREEN', 'warn'],
      ['GREEN', 'fail'],
      ['RED', 'fail'],
      ['RED', 'error'],
    ] as const) {
      const gates = [gate('g', 'LOW', colour)];
      const decision = decide(
        'green-yellow-red',
        gates,
        [result('g', outcome)],
        [],
        NOW,
        MAX_AGE_MS,
      );
      expect(decision.outcome).toBe('NO-GO');
      expect(decision.reasons).not.toEqual([]);
    }
  });
});

test('what is not shown never helps: dropping or weakening a result never improves the outcome', () => {
  const rank = { GO: 2, CONDITIONAL: 1, 'NO-GO': 0 } as const;
  const anyGate = fc.record({
    impact: fc.constantFrom<Impact>('CRITICAL', 'HIGH', 'MEDIUM', 'LOW'),
    colour: fc.constantFrom<Colour>('GREEN', 'YELLOW', 'RED'),
    withinMs: fc.constantFrom(0, 1_000),
    outcome: fc.constantFrom<CheckOutcome>('pass', 'warn', 'fail', 'inconclusive', 'error'),
    change: fc.constantFrom('keep', 'drop', 'age', 'inconclusive', 'error'),
  });
  const rule = fc.constantFrom('matrix' as const, 'green-yellow-red' as const);
  fc.assert(
    fc.property(rule, fc.array(anyGate, { minLength: 1, maxLength: 6 }), (by, list) => {
      const gates = list.map(({ impact, colour, withinMs }, i) =>
        gate(`g${i}`, impact, colour, withinMs),
      );
      const results = list.map(({ outcome }, i) => result(`g${i}`, outcome));
      const weaker = results.flatMap((one, i): GateResult[] => {
        const change = list[i]?.change;
        if (change === 'drop') return [];
        if (change === 'age') return [{ ...one, evaluatedAtMs: NOW - MAX_AGE_MS - 1 }];
        if (change === 'inconclusive' || change === 'error') return [{ ...one, outcome: change }];
        return [one];
      });
      const before = decide(by, gates, results, [], NOW, MAX_AGE_MS).outcome;
      const after = decide(by, gates, weaker, [], NOW, MAX_AGE_MS).outcome;
      return rank[after] <= rank[before];
    }),
  );
});
