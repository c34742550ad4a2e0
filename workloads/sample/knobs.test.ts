import { expect, test } from 'vitest';
import { prng } from '../../src/base/prng.ts';
import { Behaviour } from './behaviour.ts';
import { changedKnobs } from './changed-knobs.ts';
import { type Knobs, parseKnobs } from './knobs.ts';
import { drawLatencyMs, parseLatency } from './latency.ts';
import { factor } from './normal.ts';

test.each<[string, string, Partial<Knobs>]>([
  ['SAMPLE_ERROR_RATE', '0.25', { errorRate: 0.25 }],
  ['SAMPLE_LATENCY_MS', '20', { latency: { kind: 'fixed', ms: 20 } }],
  [
    'SAMPLE_LATENCY_MS',
    'lognormal:median=20,sigma=0.5',
    { latency: { kind: 'lognormal', medianMs: 20, sigma: 0.5 } },
  ],
  ['SAMPLE_LATENCY_MS', 'uniform:5-50', { latency: { kind: 'uniform', fromMs: 5, toMs: 50 } }],
  ['SAMPLE_CRASH_AFTER', '30s', { crashAfter: { kind: 'time', ms: 30_000 } }],
  ['SAMPLE_CRASH_AFTER', '1000req', { crashAfter: { kind: 'requests', count: 1_000 } }],
  ['SAMPLE_LEAK', '1MiB/s', { leak: { per: 'second', bytes: 1_048_576 } }],
  ['SAMPLE_LEAK', '10KiB/req', { leak: { per: 'request', bytes: 10_240 } }],
  ['SAMPLE_SLOW_START', '1m30s', { slowStartMs: 90_000 }],
  ['SAMPLE_UNREADY', '500ms', { unreadyMs: 500 }],
  ['SAMPLE_DRIFT', 'errors:+0.01/min', { drift: { kind: 'errors', perMinute: 0.01 } }],
  ['SAMPLE_DRIFT', 'latency:-10ms/min', { drift: { kind: 'latency', msPerMinute: -10 } }],
  ['SAMPLE_FLUCTUATION', '0.1', { fluctuation: 0.1 }],
  ['SAMPLE_SEED', '42', { seed: 42 }],
])('%s=%s', (name, text, expected) => {
  const rest = parseKnobs({});
  const knobs = parseKnobs({ PATH: '/bin', [name]: text });
  if (!knobs.ok || !rest.ok) throw new Error('refused');
  expect(knobs.value).toEqual({ ...rest.value, ...expected });
});

test.each([
  ['SAMPLE_ERROR_RATE', '1.1'],
  ['SAMPLE_ERROR_RATE', '1e-3'],
  ['SAMPLE_ERROR_RATE', ''],
  ['SAMPLE_ERROR_RATE', ' 0.1'],
  ['SAMPLE_LATENCY_MS', '-1'],
  ['SAMPLE_LATENCY_MS', 'uniform:50-5'],
  ['SAMPLE_LATENCY_MS', 'lognormal:median=20'],
  ['SAMPLE_CRASH_AFTER', '0req'],
  ['SAMPLE_CRASH_AFTER', '30'],
  ['SAMPLE_LEAK', '1MB/s'],
  ['SAMPLE_LEAK', '0KiB/s'],
  ['SAMPLE_SLOW_START', '25d'],
  ['SAMPLE_UNREADY', 'soon'],
  ['SAMPLE_DRIFT', 'errors:0.01/min'],
  ['SAMPLE_FLUCTUATION', '2'],
  ['SAMPLE_SEED', '1.5'],
  ['SAMPLE_EROR_RATE', '0.1'],
])('%s=%s is refused and named', (name, text) => {
  const knobs = parseKnobs({ [name]: text });
  expect(knobs.ok ? 'accepted' : knobs.problem.message).toContain(name);
});

test.each([
  ['no JSON', '{'],
  ['no object', '[]'],
  ['what holds from the start', '{"SAMPLE_VERSION":"2"}'],
  ['what is no knob', '{"PATH":"/"}'],
  ['a bad value beside a good one', '{"SAMPLE_SEED":1,"SAMPLE_ERROR_RATE":"2"}'],
  ['a list', '{"SAMPLE_SEED":[1]}'],
])('a turn refuses %s', (_, body) => {
  expect(changedKnobs({}, body).ok).toBe(false);
});

test('a turn sets some, rests others and leaves the rest', () => {
  const before = { SAMPLE_ERROR_RATE: '0.5', SAMPLE_SEED: '7', SAMPLE_LATENCY_MS: '3' };
  const turned = changedKnobs(before, '{"SAMPLE_ERROR_RATE":1,"SAMPLE_LATENCY_MS":null}');
  expect(turned.ok && turned.value.words).toEqual({ SAMPLE_ERROR_RATE: '1', SAMPLE_SEED: '7' });
});

const words = (more: Record<string, string>): Knobs => {
  const knobs = parseKnobs(more);
  if (!knobs.ok) throw new Error(knobs.problem.message);
  return knobs.value;
};

function conducts(knobs: Knobs, seed: number, name: string, count = 200): string {
  const behaviour = new Behaviour({ knobs, seed, name, nowMs: () => 0 });
  return JSON.stringify(Array.from({ length: count }, () => behaviour.next()));
}

test('the seed decides all, and each instance fluctuates on its own', () => {
  const knobs = words({
    SAMPLE_SEED: '9',
    SAMPLE_ERROR_RATE: '0.3',
    SAMPLE_LATENCY_MS: 'uniform:5-50',
    SAMPLE_FLUCTUATION: '0.2',
  });
  expect(conducts(knobs, 1, 'a')).toBe(conducts(knobs, 2, 'a'));
  expect(conducts(knobs, 1, 'a')).not.toBe(conducts(knobs, 1, 'b'));
  expect(conducts({ ...knobs, seed: 10 }, 1, 'a')).not.toBe(conducts(knobs, 1, 'a'));
});

test('errors drift from the moment they are told to, and stop where all fail', () => {
  let nowMs = 0;
  const knobs = words({ SAMPLE_SEED: '1' });
  const behaviour = new Behaviour({ knobs, seed: 1, name: '', nowMs: () => nowMs });
  const failing = (): number =>
    Array.from({ length: 2_000 }, () => behaviour.next()).filter((one) => one.isFailing).length;
  expect(failing()).toBe(0);
  nowMs = 600_000;
  behaviour.change({ ...knobs, drift: { kind: 'errors', perMinute: 0.1 } });
  expect(failing()).toBe(0);
  nowMs += 300_000;
  expect(failing() / 2_000).toBeCloseTo(0.5, 1);
  nowMs += 600_000;
  expect(failing()).toBe(2_000);
});

test('the 1000th request crashes it', () => {
  const knobs = words({ SAMPLE_CRASH_AFTER: '1000req' });
  const behaviour = new Behaviour({ knobs, seed: 1, name: '', nowMs: () => 0 });
  const crashes = Array.from({ length: 1_000 }, () => behaviour.next().isCrashing);
  expect(crashes.indexOf(true)).toBe(999);
});

test('a log-normal latency has the median and spread that were asked for', () => {
  const latency = parseLatency('lognormal:median=20,sigma=0.5');
  if (latency === null) throw new Error('refused');
  const random = prng(5);
  const drawn = Array.from({ length: 20_000 }, () => drawLatencyMs(latency, random)).sort(
    (a, b) => a - b,
  );
  // e^0.5 above the median lies one sigma: 84.13 % of the draws.
  expect(drawn[10_000]).toBeCloseTo(20, 0);
  expect((drawn[16_827] ?? 0) / 20).toBeCloseTo(1.6487, 1);
});

test('the factor of an instance has mean 1 and the deviation that was asked for', () => {
  const random = prng(6);
  const drawn = Array.from({ length: 50_000 }, () => factor(random, 0.2));
  const mean = drawn.reduce((sum, x) => sum + x, 0) / drawn.length;
  const variance = drawn.reduce((sum, x) => sum + (x - mean) ** 2, 0) / drawn.length;
  expect(mean).toBeCloseTo(1, 2);
  expect(Math.sqrt(variance)).toBeCloseTo(0.2, 2);
});
