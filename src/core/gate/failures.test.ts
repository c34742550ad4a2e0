import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { vectorCases } from '../../../test/judge/vectors.ts';
import type { Interval } from '../evidence/interval.ts';
import { evidenceFromIntervals } from '../evidence/window.ts';
import type { Metric } from '../judge/settings.ts';
import { parseCheck } from '../plan/grammar/check.ts';
import type { Check } from './check.ts';
import { evaluateCheck } from './evaluate-check.ts';
import { type FailureRule, standingOf } from './failures.ts';

const MINUTE_MS = 60_000;
const METRICS = [{ name: 'errors', kind: 'rate', edges: [] }] as unknown as readonly Metric[];

/** `F` breaches, `S` does not, `-` is an interval without a measurement. */
function outcome({ failuresMax, countMin }: FailureRule, phases: string): string {
  const check: Check = {
    ...{ name: 'c', hint: '', maxAgeMs: 5 * MINUTE_MS, samplesMin: 1, advisory: false },
    evidence: {
      ...{ source: 'metric', metric: 'errors', track: 'candidate', statistic: 'rate' },
      windowMs: 600 * MINUTE_MS,
    },
    ...{ kind: 'failures', op: '>', limit: 0.02, failuresMax, countMin },
  };
  const intervals = [...phases].map((sign, seq): Interval => {
    const errors = { kind: 'rate', events: sign === 'F' ? 3 : 2, total: 100 } as const;
    const metrics = sign === '-' ? {} : { errors };
    const [startMs, endMs] = [seq * MINUTE_MS, (seq + 1) * MINUTE_MS];
    const candidate = { up: true, requests: 100, metrics };
    return { seq, startMs, endMs, candidatePct: 10, stable: null, candidate };
  });
  const evidence = evidenceFromIntervals(check, METRICS, { intervals, sha256: 'ab' });
  return evaluateCheck(check, evidence, phases.length * MINUTE_MS).outcome;
}

/** Argo's phase of a metric; an analysis that is ended while it is open has succeeded there. */
function argo(rule: FailureRule, failed: number, measured: number, terminating = false): string {
  const standing = standingOf(rule, failed, measured);
  if (standing === 'failed') return 'Failed';
  return standing === 'reached' || terminating ? 'Successful' : 'Running';
}

interface ArgoCase {
  failureLimit: number;
  failed: number;
  count: number;
  terminating: boolean;
}

test('argo-flagger-semantics.json', () => {
  const told = new Map<string, number>();
  for (const { fn, args, expected } of vectorCases('argo-flagger-semantics.json')) {
    told.set(fn, (told.get(fn) ?? 0) + 1);
    if (fn === 'argoAssess') {
      const { failureLimit, failed, count, terminating } = args as ArgoCase;
      const rule = { failuresMax: failureLimit, countMin: null };
      expect(argo(rule, failed, count, terminating)).toBe(expected);
    } else if (fn === 'argoSequence') {
      const { failureLimit, count, phases } = args as Omit<ArgoCase, 'count'> & {
        count: number | null;
        phases: string;
      };
      const rule = { failuresMax: failureLimit, countMin: count };
      const fates = [...phases].map((_, i) => {
        const failed = [...phases.slice(0, i + 1)].filter((sign) => sign === 'F').length;
        return argo(rule, failed, i + 1);
      });
      expect(fates).toEqual(expected);
      const last = fates.at(-1);
      const open = count === null ? 'pass' : 'inconclusive';
      const outcomes = { Failed: 'fail', Successful: 'pass', Running: open };
      expect(outcome(rule, phases)).toBe(outcomes[last as keyof typeof outcomes]);
    } else {
      expect(fn).toBe('flaggerSequence');
      const { threshold, checks } = args as { threshold: number; checks: string };
      // Flagger takes a threshold of 0 for its default of 1.
      const failuresMax = Math.max(threshold, 1) - 1;
      const isBack = outcome({ failuresMax, countMin: null }, checks) === 'fail';
      expect(isBack, String(expected)).toBe(/rollback|default threshold 1/.test(expected));
    }
  }
  const counts = [...told].map(([fn, count]) => `${fn} ${count}`).join(', ');
  if (told.size > 0) console.log(`argo-flagger-semantics.json: ${counts}`);
});

describe('at most so many failures', () => {
  test.each<[number, number | null, string, string]>([
    [0, 5, 'SSSSS', 'pass'],
    [0, 5, 'SSSS', 'inconclusive'],
    [0, 5, 'SF', 'fail'],
    [3, null, 'FSFSFS', 'pass'],
    [3, null, 'FSFSFSF', 'fail'],
    [1, 4, 'FSSS', 'pass'],
    [2, null, 'FSFSF', 'fail'],
    [4, null, 'FFFF', 'pass'],
    [0, null, 'S---S', 'pass'],
    [0, 3, 'S---S', 'inconclusive'],
    [0, null, '-----', 'inconclusive'],
    [0, null, 'S------', 'inconclusive'],
    [9, 5, 'FFFFF', 'pass'],
  ])('%s of %s: %s', (failuresMax, countMin, phases, expected) => {
    expect(outcome({ failuresMax, countMin }, phases)).toBe(expected);
  });

  test('a failure never makes a result better, and the order of measurements never matters', () => {
    const rule = fc.record({
      failuresMax: fc.nat(4),
      countMin: fc.option(fc.integer({ min: 1, max: 8 })),
    });
    const phases = fc.array(fc.constantFrom('F', 'S'), { minLength: 1, maxLength: 10 });
    const grave = ['pass', 'inconclusive', 'fail'];
    fc.assert(
      fc.property(rule, phases, (one, signs) => {
        const told = outcome(one, signs.join(''));
        expect(outcome(one, signs.toReversed().join(''))).toBe(told);
        const worse = outcome(one, signs.map((sign, i) => (i === 0 ? 'F' : sign)).join(''));
        expect(grave.indexOf(worse)).toBeGreaterThanOrEqual(grave.indexOf(told));
      }),
    );
  });
});

test('the checks of docs/formats/peer-conditions.md are checks', () => {
  const page = join(import.meta.dirname, '../../../docs/formats/peer-conditions.md');
  const lines = readFileSync(page, 'utf8').matchAll(/`([^`\n]* over [^`\n]*)`/g);
  const checks = [...lines].map(([, line = '']) => line);
  expect(checks.length).toBeGreaterThanOrEqual(6);
  for (const line of checks) expect(parseCheck(line)?.condition.kind, line).toBe('failures');
});
