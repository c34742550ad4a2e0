import { describe, expect, test } from 'vitest';
import type { Check, CheckRule } from '../gate/check.ts';
import { evaluateCheck } from '../gate/evaluate-check.ts';
import type { Metric } from '../judge/settings.ts';
import type { Interval, Measurement } from './interval.ts';
import { evidenceFromIntervals } from './window.ts';

const MINUTE_MS = 60_000;
const METRICS = [
  { name: 'rtt', kind: 'histogram', edges: [100, 200] },
  { name: 'fill', kind: 'rate', edges: [] },
] as unknown as readonly Metric[];

function check(metric: string, rule: CheckRule, statistic: 'p95' | 'rate'): Check {
  const evidence = { source: 'metric', metric, track: 'candidate', statistic, windowMs: 600_000 };
  const base = { name: 'c', hint: '', maxAgeMs: 5 * MINUTE_MS, samplesMin: 1, advisory: false };
  return { ...base, evidence, ...rule } as Check;
}

function window(...measured: (Record<string, Measurement> | null)[]) {
  const intervals = measured.map(
    (metrics, seq): Interval => ({
      seq,
      startMs: seq * MINUTE_MS,
      endMs: (seq + 1) * MINUTE_MS,
      candidatePct: 10,
      stable: null,
      candidate: metrics === null ? null : { up: true, requests: 1, metrics },
    }),
  );
  return { intervals, sha256: 'ab' };
}

const rtt = (...counts: number[]) => ({ rtt: { kind: 'histogram', counts } as const });
const fill = (events: number, total: number) => ({
  fill: { kind: 'rate', events, total } as const,
});
const atMost = (limit: number): CheckRule => ({
  kind: 'threshold',
  op: '<=',
  limit,
  warnLimit: null,
});
const atLeast = (limit: number): CheckRule => ({
  kind: 'threshold',
  op: '>=',
  limit,
  warnLimit: null,
});

function outcome(one: Check, ...measured: Parameters<typeof window>): string {
  const evidence = evidenceFromIntervals(one, METRICS, window(...measured));
  return evaluateCheck(one, evidence, measured.length * MINUTE_MS).outcome;
}

describe('a check on measurements', () => {
  test.each<[string, Check, Parameters<typeof window>, string]>([
    ['holds', check('rtt', atMost(200), 'p95'), [rtt(9, 1, 0)], 'pass'],
    ['above the last edge breaches it', check('rtt', atMost(200), 'p95'), [rtt(0, 0, 1)], 'fail'],
    ['no interval at all', check('rtt', atMost(200), 'p95'), [], 'inconclusive'],
    ['only intervals without it', check('rtt', atMost(200), 'p95'), [{}, null], 'inconclusive'],
    ['no such metric', check('other', atMost(200), 'p95'), [rtt(1, 0, 0)], 'error'],
    ['a reset counter', check('fill', atLeast(0.8), 'rate'), [fill(-1, 9)], 'inconclusive'],
    ['more fills than orders', check('fill', atLeast(0.8), 'rate'), [fill(9, 3)], 'error'],
    [
      'made up for by others',
      check('fill', atLeast(0.8), 'rate'),
      [fill(9, 3), fill(0, 7)],
      'error',
    ],
    [
      'what was measured long ago is stale',
      check('fill', atLeast(0.8), 'rate'),
      [fill(9, 9), {}, {}, {}, {}, {}, {}],
      'inconclusive',
    ],
    [
      'what was measured lately is not',
      check('fill', atLeast(0.8), 'rate'),
      [fill(9, 9), {}, {}, {}, {}, {}],
      'pass',
    ],
  ])('%s', (_, one, measured, expected) => {
    expect(outcome(one, ...measured)).toBe(expected);
  });

  const slow: CheckRule = { kind: 'sustained', op: '>', limit: 100, forMs: 2 * MINUTE_MS };
  test.each<[string, number[][], string]>([
    [
      'a breach that lasts',
      [
        [1, 0, 0],
        [0, 1, 0],
        [0, 1, 0],
        [0, 0, 1],
      ],
      'fail',
    ],
    [
      'a breach that is interrupted',
      [
        [0, 1, 0],
        [0, 1, 0],
        [1, 0, 0],
        [0, 1, 0],
      ],
      'pass',
    ],
    [
      'nothing but breach, for too short a time',
      [
        [0, 1, 0],
        [0, 1, 0],
      ],
      'inconclusive',
    ],
  ])('over time: %s', (_, counts, expected) => {
    const measured = counts.map((one) => rtt(...one));
    expect(outcome(check('rtt', slow, 'p95'), ...measured)).toBe(expected);
  });
});
