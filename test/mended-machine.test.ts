/**
 * Faults that a review found in the promotion machine, each as the story that showed it. The machine
 * is driven directly: no engine, no clock, nothing happens that the story does not say.
 */
import { expect, test } from 'vitest';
import { present } from '../src/base/assert.ts';
import { canonicalJson } from '../src/base/canonical-json.ts';
import type { Phase } from '../src/core/plan/plan.ts';
import { HOUR_MS, MINUTE_MS, MachineRig as Rig, START_MS } from './mended-machine-rig.ts';
import { simPlan } from './sim/sim-plan.ts';

const NEVER = { deadlineMs: null, triggers: [] } as const;

/** A phase of the small plan with other parts. */
function phase<K extends Phase['kind']>(kind: K, parts: Partial<Extract<Phase, { kind: K }>>) {
  const found = simPlan('shop').phases.find((one) => one.kind === kind);
  return { ...present(found, kind), ...NEVER, ...parts } as Phase;
}

const DECISION = phase('decision', { gates: ['health'] });
const TO_100 = phase('rollout', { gates: [], steps: [{ weightPct: 100, holdMs: 3 * MINUTE_MS }] });

/** Health of medium impact: it may fail for half an hour under a CONDITIONAL. */
const FORGIVING = simPlan('shop').gates.map((gate) =>
  gate.name === 'health'
    ? { ...gate, impact: 'MEDIUM' as const, conditionWithinMs: 30 * MINUTE_MS }
    : gate,
);

test('1: a condition open at the end of the plan waits there; triggers and expiry still act', () => {
  const rollout = { ...TO_100, triggers: ['errors-high'] };
  const rig = new Rig([DECISION, rollout], { gates: FORGIVING });
  rig.evidence(20);
  rig.signAll();
  rig.ok('start');
  rig.now += 5_000;
  rig.ok('set-weights');
  rig.evidence(20);
  rig.intervals(3);
  expect(rig.where).toBe('rollout after 100');
  expect(rig.waits.join()).toContain('condition: gate health must pass');
  rig.intervals(5, 0.9);
  expect(rig.state.back?.cause.kind).toBe('trigger');
});

test('1: such a condition that is met lets the promotion end', () => {
  const rig = new Rig([DECISION, TO_100], { gates: FORGIVING });
  rig.evidence(20);
  rig.signAll();
  rig.ok('start');
  rig.now += 5_000;
  rig.ok('set-weights');
  rig.evidence(20);
  rig.intervals(3);
  rig.evidence(5);
  rig.ok('adopt');
  expect(rig.state.outcome).toMatchObject({ kind: 'promoted', ga: true });
});

const STUCK_ATTEMPTS = 5;

test('2: a stuck raise to 100 % is not sent again under a GO that is stale', () => {
  const rig = new Rig([DECISION, TO_100], { goMaxAgeMs: HOUR_MS });
  rig.toFirstWeight();
  for (let i = 0; i < STUCK_ATTEMPTS; i += 1) {
    rig.fail('set-weights');
    if (i + 1 < STUCK_ATTEMPTS) rig.wait(30_000);
  }
  rig.wait(100 * HOUR_MS);
  rig.command('retry');
  // It may have come through unnoticed: the confirmed share is ordered, and fences it off.
  expect(rig.weightOrders).toEqual([0]);
  rig.ok('set-weights');
  expect(rig.where).toBe('decision run 0');
  expect(rig.state.decisions.at(-1)?.revoked).toBe('stale');
});

test('2: a take-over sends a raise again only under a fresh GO', () => {
  const raise = (afterMs: number) => {
    const rig = new Rig([DECISION, TO_100], { goMaxAgeMs: HOUR_MS });
    rig.toFirstWeight();
    rig.now += afterMs;
    rig.tell({ kind: 'controller-started', term: 2 });
    return rig;
  };
  expect(raise(MINUTE_MS).weightOrders).toEqual([100]);
  expect(raise(72 * HOUR_MS).weightOrders).toEqual([0]);
});

test.each<[string, (rig: Rig) => void, (rig: Rig) => void]>([
  ['a pause', (rig) => rig.command('pause'), (rig) => rig.command('resume')],
  [
    'drift',
    (rig) => rig.tell({ kind: 'drift', keys: ['artifact'] }),
    (rig) => rig.tell({ kind: 'drift', keys: [] }),
  ],
])('2: a raise that waits for its driver is not sent in %s', (_, stop, go) => {
  const rig = new Rig([DECISION, TO_100]);
  rig.toFirstWeight();
  const first = rig.state.generation;
  rig.fail('set-weights');
  stop(rig);
  rig.wait(2_000);
  expect(rig.weightOrders).toEqual([0]);
  expect(rig.state.generation).toBe(first + 1);
  rig.ok('set-weights');
  expect(rig.weightOrders).toEqual([]);
  go(rig);
  expect(rig.weightOrders).toEqual([100]);
  expect(rig.state.generation).toBe(first + 2);
});

test('2: a raise that waits for its driver is not sent in a freeze', () => {
  const fromMs = START_MS + MINUTE_MS;
  const toMs = START_MS + HOUR_MS;
  const rig = new Rig([DECISION, TO_100], {
    freezes: [{ name: 'holidays', kind: 'once', fromMs, toMs }],
  });
  rig.toFirstWeight();
  rig.fail('set-weights');
  rig.wait(2 * MINUTE_MS);
  expect(rig.weightOrders).toEqual([0]);
  rig.ok('set-weights');
  expect(rig.waits.join()).toContain('freeze: ');
  rig.wait(HOUR_MS);
  expect(rig.weightOrders).toEqual([100]);
});

test('2: no GO, no adoption, even where somebody else turned the dial to 100 %', () => {
  const fromMs = START_MS - HOUR_MS;
  const freeze = { name: 'holidays', kind: 'once', fromMs, toMs: START_MS + HOUR_MS } as const;
  const rig = new Rig([TO_100], { freezes: [freeze] });
  rig.ok('start');
  const weights = { stable: 0, candidate: 100 };
  rig.tell({ kind: 'observed', weights, fallbackApplied: false });
  rig.intervals(3);
  expect(rig.pending('adopt')).toBeUndefined();
  expect(rig.state.back?.cause.kind).toBe('plan-ends');
});

test('5: a failure that comes and goes during a pause voids the request all the same', () => {
  const rig = new Rig([{ ...DECISION, everyMs: 5 * MINUTE_MS }, TO_100]);
  rig.evidence();
  const asked = rig.state.request?.sha256;
  rig.sign('sre-lead', 'sre-1');
  rig.command('pause');
  rig.wait(5 * MINUTE_MS);
  rig.evidence(20);
  expect(rig.state.request).toBeNull();
  rig.wait(MINUTE_MS);
  rig.evidence();
  rig.command('resume');
  expect(rig.state.request?.accepted).toEqual([]);
  expect(rig.state.request?.sha256).not.toBe(asked);
});

const SOAK = phase('soak', { before: [], gates: ['health'], everyMs: 5 * MINUTE_MS });
const ARMED_SOAK = { ...SOAK, triggers: ['errors-high'] };
const NEXT = phase('canary', { gates: [] });

test('5: a soak breached during a pause starts over', () => {
  const rig = new Rig([ARMED_SOAK, NEXT]);
  rig.ok('start');
  rig.evidence();
  rig.intervals(5);
  rig.command('pause');
  rig.intervals(8, 0.9);
  expect(rig.state.soak).toEqual({ breached: true, restarts: 1 });
  rig.intervals(2);
  expect(rig.state.evidence.coveredMs).toBe(MINUTE_MS);
});

test('5: a soak breached in review goes back to run, and says what breaches it', () => {
  const rig = new Rig([{ ...ARMED_SOAK, everyMs: 0 }, NEXT]);
  rig.ok('start');
  rig.evidence();
  rig.intervals(10);
  expect(rig.where).toBe('soak review 0');
  rig.intervals(5, 0.9);
  expect(rig.where).toBe('soak run 0');
  expect(rig.state.soak).toEqual({ breached: true, restarts: 1 });
  expect(rig.state.evidence.coveredMs).toBe(0);
  expect(rig.waits.join()).toMatch(/soak: breached, errors-high: rate\(errors\) 0\.9.* for 5m/);
});

test('6: a failure does not hide drift, and retry goes on only when the files are as locked', () => {
  const rig = new Rig([DECISION, TO_100]);
  rig.toFirstWeight();
  rig.tell({ kind: 'drift', keys: ['artifact'] });
  rig.fail('set-weights', 'refused');
  rig.command('retry');
  expect(rig.refused).toBe('changed since it was locked: artifact');
  expect(rig.weightOrders).toEqual([]);
  expect(rig.waits.join()).toContain('drift: changed since it was locked: artifact');
});

test('6: that the files are as locked again does not end the hold of a failure', () => {
  const rig = new Rig([DECISION, TO_100]);
  rig.toFirstWeight();
  rig.fail('set-weights', 'refused');
  rig.tell({ kind: 'drift', keys: ['artifact'] });
  rig.tell({ kind: 'drift', keys: [] });
  expect(rig.state.hold?.kind).toBe('effect-failed');
  expect(rig.weightOrders).toEqual([]);
  rig.command('retry');
  expect(rig.weightOrders).toEqual([100]);
});

const LONG = { ...DECISION, validMs: 200 * HOUR_MS };

test('7: what was signed on stale results is asked again', () => {
  const rig = new Rig([LONG, TO_100]);
  rig.evidence();
  rig.wait(100 * HOUR_MS);
  expect(rig.waits.join()).toContain('gates: gate health was evaluated 4d4h ago');
  rig.signAll();
  expect(rig.state.decisions).toEqual([]);
  expect(rig.waits.join()).toContain('gates: gate health is to be evaluated');
  rig.evidence();
  rig.signAll();
  expect(rig.state.decisions.at(-1)?.outcome).toBe('GO');
});

test('7: a gate that is untold when its skip has ended is no GO', () => {
  const rig = new Rig([{ ...LONG, gates: ['readiness', 'health'] }, TO_100]);
  rig.evidence('none', 5);
  rig.skipHealth(HOUR_MS);
  rig.wait(2 * HOUR_MS);
  rig.evidence('none', 5);
  rig.signAll();
  expect(rig.state.decisions).toEqual([]);
  expect(rig.state.request).toBeNull();
  expect(rig.waits.join()).toContain('gate health is inconclusive');
});

test('7: results that grew stale before the request are evaluated again, and are no NO-GO', () => {
  const rig = new Rig([DECISION, TO_100]);
  rig.command('pause');
  rig.evidence();
  rig.wait(100 * HOUR_MS);
  rig.command('resume');
  expect(rig.state.back).toBeNull();
  rig.evidence();
  expect(rig.state.request?.request.outcome).toBe('GO');
});

test('7: a skip ends with the phase it was signed for', () => {
  const plain = { judged: false, checkpointsMs: [], onFail: 'hold' } as const;
  const decision = { ...DECISION, gates: ['readiness', 'health'] };
  const rig = new Rig([phase('canary', { ...plain, gates: ['health'] }), decision, TO_100]);
  rig.ok('start', 'set-weights');
  rig.evidence(20);
  rig.skipHealth(24 * HOUR_MS);
  rig.intervals(15);
  expect(rig.where).toBe('decision run 10');
  rig.evidence(20, 5);
  rig.evidence(20, 5);
  expect(rig.state.back?.cause.kind).toBe('no-go');
});

test('8: the condition of a CONDITIONAL confirmation binds, until it is met or expires', () => {
  const confirm = { name: 'confirm', subject: 'confirmation', gates: ['health'] } as const;
  const first = { ...DECISION, gates: ['readiness'] };
  const reach = () => {
    const rig = new Rig([first, TO_100, phase('decision', confirm)], { gates: FORGIVING });
    rig.toFirstWeight();
    rig.ok('set-weights');
    rig.intervals(3);
    rig.evidence(20);
    rig.now += 5_000;
    rig.signAll();
    return rig;
  };
  const expired = reach();
  expect(expired.where).toBe('confirm after 100');
  expect(expired.pending('adopt')).toBeUndefined();
  expired.wait(30 * MINUTE_MS);
  expect(expired.state.back?.cause.kind).toBe('condition');
  const met = reach();
  met.evidence(5);
  met.ok('adopt');
  expect(met.state.outcome).toMatchObject({ kind: 'promoted', ga: true });
});

test('4: a message cut inside a surrogate pair can still be recorded', () => {
  const rig = new Rig([NEXT]);
  rig.ok('start', 'set-weights');
  const before = 'abort by operator: '.length;
  const reason = `${'x'.repeat(499 - before)}\u{1F600} it burns`;
  rig.tell({ kind: 'command', command: 'abort', by: 'operator', reason });
  expect(rig.effects.length).toBeGreaterThan(0);
  for (const effect of rig.effects) expect(() => canonicalJson(effect)).not.toThrow();
  expect(rig.weightOrders).toEqual([0]);
});
