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

/** b: breach, h: healthy, -: not measured, n: negative, !: not a number, x: down, 0: gone */
function intervalOf(sign: string, seq: number): Interval {
  const times = { seq, startMs: seq * MINUTE_MS, endMs: (seq + 1) * MINUTE_MS, candidatePct: 10 };
  if (sign === '0') return { ...times, stable: null, candidate: null };
  const events = { b: 20, n: -5, '!': Number.NaN }[sign] ?? 1;
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
  ['what cannot be does not heal', errors, 'bb!b', 3],
  ['nor does a counter that was reset', errors, 'bbnb', 3],
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

const downFill: Trigger = { ...errors, op: '<', limit: 0.5 };

test('more events than requests is no health, and still a breach where it is one', () => {
  const told = (trigger: Trigger, events: number) => {
    let state = startTrigger();
    for (const [seq, count] of [20, 20, events, 20].entries()) {
      const interval = intervalOf('h', seq);
      const errorsOf = { kind: 'rate', events: count, total: 100 } as const;
      const candidate = { up: true, requests: 100, metrics: { errors: errorsOf } };
      const options = { candidateExpected: true };
      state = observeTrigger(trigger, metric, state, { ...interval, candidate }, options);
    }
    return state.sinceMs;
  };
  expect(told(downFill, 200)).toBe(0);
  expect(told(downFill, 80)).toBe(3 * MINUTE_MS);
  expect(told(errors, 200)).toBe(0);
});

test('over intervals of any length, with gaps, from a state that went through JSON', () => {
  const step = fc.record({
    sign: fc.constantFrom('b', 'h', '-', '0'),
    gapMs: fc.constantFrom(0, 0, 0, 45_000),
    lastsMs: fc.integer({ min: 1, max: 90_000 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      let atMs = 0;
      const intervals = steps.map(({ sign, gapMs, lastsMs }, seq) => {
        const startMs = atMs + gapMs;
        atMs = startMs + lastsMs;
        return { sign, interval: { ...intervalOf(sign, seq), startMs, endMs: atMs } };
      });
      let state = startTrigger();
      for (const [i, { interval }] of intervals.entries()) {
        state = observeTrigger(errors, metric, state, interval, { candidateExpected: true });
        state = JSON.parse(JSON.stringify(state)) as typeof state;
        const past = intervals.slice(0, i + 1);
        const since = past.findLastIndex(({ sign }) => sign === 'h') + 1;
        const breaches = past.slice(since).filter(({ sign }) => sign === 'b');
        const fromMs = breaches[0]?.interval.startMs ?? 0;
        const lastedMs = (breaches.at(-1)?.interval.endMs ?? 0) - fromMs;
        const fires = breaches.length > 0 && lastedMs >= 3 * MINUTE_MS;
        expect(firedTrigger(errors, state).fired).toBe(fires);
      }
    }),
  );
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
