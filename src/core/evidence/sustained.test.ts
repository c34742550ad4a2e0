import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Metric } from '../judge/settings.ts';
import type { Trigger } from '../plan/plan.ts';
import type { Interval, TrackInterval } from './interval.ts';
import { firedTrigger, observeTrigger, startTrigger } from './sustained.ts';

const MINUTE_MS = 60_000;
const metric = { name: 'errors', kind: 'rate', edges: [] } as unknown as Metric;
const errors: Trigger = {
  name: 't',
  kind: 'sustained',
  metric: 'errors',
  track: 'candidate',
  statistic: 'rate',
  op: '>',
  limit: 0.1,
  forMs: 3 * MINUTE_MS,
};
const down: Trigger = { name: 'd', kind: 'down', forMs: 2 * MINUTE_MS };

/** b: breach, h: healthy, -: not measured, x: down, 0: gone */
function intervalOf(sign: string, seq: number): Interval {
  const times = { seq, startMs: seq * MINUTE_MS, endMs: (seq + 1) * MINUTE_MS, candidatePct: 10 };
  if (sign === '0') return { ...times, stable: null, candidate: null };
  const events = sign === 'b' ? 20 : 1;
  const measured = { errors: { kind: 'rate', events, total: 100 } } as const;
  const metrics = sign === '-' || sign === 'x' ? {} : measured;
  const candidate: TrackInterval = { up: sign !== 'x', requests: 100, metrics };
  return { ...times, stable: null, candidate };
}

function run(trigger: Trigger, signs: string, candidateExpected = true): number | null {
  let state = startTrigger();
  for (const [seq, sign] of [...signs].entries()) {
    const of = trigger.kind === 'sustained' ? metric : null;
    state = observeTrigger(trigger, of, state, intervalOf(sign, seq), { candidateExpected });
    if (firedTrigger(trigger, state).fired) return seq;
  }
  return null;
}

test.each<[string, Trigger, string, number | null]>([
  ['three in a row', errors, 'hbbb', 3],
  ['two and a healthy one', errors, 'bbhbb', null],
  ['what was not measured does not heal', errors, 'bb-b', 3],
  ['and does not breach by itself', errors, 'b---', null],
  ['gone is not a breach of a rate', errors, 'b000', null],
  ['down for two minutes', down, 'hxx', 2],
  ['down, up, down', down, 'xhx', null],
  ['gone counts as down', down, 'h00', 2],
])('%s', (_, trigger, signs, at) => {
  expect(run(trigger, signs)).toBe(at);
});

test('gone is nothing while no candidate should run', () => {
  expect(run(down, '00000', false)).toBeNull();
});

test('is what the definition says, over random courses', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('b', 'h', '-'), { maxLength: 30 }), (signs) => {
      const naive = signs.findIndex((sign, end) => {
        if (sign !== 'b') return false;
        const lastHealthy = signs.slice(0, end).lastIndexOf('h');
        const first = signs.indexOf('b', lastHealthy + 1);
        return end - first + 1 >= 3;
      });
      expect(run(errors, signs.join(''))).toBe(naive < 0 ? null : naive);
    }),
  );
});
