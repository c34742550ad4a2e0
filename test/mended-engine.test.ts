/** Faults that a review found in the engine and in what the machine takes in, each as its story. */
import { expect, test } from 'vitest';
import { memoryStore } from '../src/adapters/store/memory.ts';
import { present } from '../src/base/assert.ts';
import { prng } from '../src/base/prng.ts';
import { problem } from '../src/base/problem.ts';
import { fail } from '../src/base/result.ts';
import { firedTrigger, observeTrigger, startTrigger } from '../src/core/evidence/sustained.ts';
import type { Phase } from '../src/core/plan/plan.ts';
import { ownEvidence } from '../src/core/promotion/own-evidence.ts';
import { Engine } from '../src/engine/engine.ts';
import type { World } from '../src/engine/perform.ts';
import { MachineRig as Rig } from './mended-machine-rig.ts';
import { VirtualClock } from './sim/clock.ts';
import { Faults } from './sim/faults.ts';
import { memorySigner } from './sim/people.ts';
import { simPlan } from './sim/sim-plan.ts';
import { aliveLine, SimWorld } from './sim/sim-world.ts';
import { STORIES } from './sim/story.ts';

async function stage() {
  const plan = simPlan('shop');
  const clock = new VirtualClock(1_780_000_000_000);
  const faults = new Faults(prng(1));
  faults.scale = 0;
  const world = new SimWorld(clock, prng(1), faults, plan, present(STORIES[0], 'a story'));
  const store = memoryStore(() => 'none');
  const ports: World = world.portsFor(aliveLine());
  const open = () => {
    const signer = memorySigner();
    return Engine.open({ world: ports, store, signer, clock, origin: 'engine.aurora.example' });
  };
  const opened = await open();
  if (!opened.ok) throw new Error(opened.problem.message);
  const engine = opened.value;
  const minutes = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 1) {
      clock.advance(plan.intervalMs);
      world.tick();
      await engine.turn();
      await engine.idle();
    }
  };
  return { plan, clock, world, ports, open, engine, minutes };
}

test('3: two promotions of a service at once: one is opened, the ledger can be opened again', async () => {
  const { plan, engine, minutes, open } = await stage();
  const other = { ...plan.release, version: '2.0.0', candidate: '2.0.0-rc.1' };
  const two = await Promise.all([
    engine.promote(plan, 'rm-1', false),
    engine.promote({ ...plan, release: other }, 'rm-1', false),
    engine.promote(plan, 'rm-1', false),
  ]);
  expect(two.map((one) => (one.ok ? 'opened' : one.problem.code))).toEqual([
    'opened',
    'conflict',
    'conflict',
  ]);
  await minutes(3);
  expect((await open()).ok).toBe(true);
});

test('3: a source that throws for one promotion does not keep the others from their turn', async () => {
  const { plan, engine, ports } = await stage();
  const first = await engine.promote(plan, 'rm-1', false);
  expect(first.ok).toBe(true);
  ports.evidence.intervals = () => Promise.reject(new Error('a bug'));
  await expect(engine.turn()).rejects.toThrow('a bug');
});

test('a source without an answer is known by name, until it answers', async () => {
  const { plan, engine, ports, minutes } = await stage();
  const opened = await engine.promote(plan, 'rm-1', false);
  const id = opened.ok ? opened.value.id : '';
  const { intervals } = ports.evidence;
  ports.evidence.intervals = async () => fail(problem('unavailable', 'the splitter is gone'));
  await minutes(1);
  expect(engine.sourceProblem(id)?.message).toBe('the splitter is gone');
  ports.evidence.intervals = intervals;
  await minutes(1);
  expect(engine.sourceProblem(id)).toBeNull();
});

test('11a: an order back that does not get through is not kept from coming by itself', async () => {
  const { plan, engine, ports, world, minutes } = await stage();
  const opened = await engine.promote(plan, 'rm-1', false);
  const id = opened.ok ? opened.value.id : '';
  await minutes(20);
  expect(world.service.traffic().weights.candidate).toBeGreaterThan(0);
  ports.traffic.setWeights = async () => fail(problem('unavailable', 'no answer'));
  await engine.post(id, { kind: 'command', command: 'abort', by: 'op', reason: 'bad' });
  await minutes(10);
  expect(world.service.traffic().weights.candidate).toBe(0);
});

const WAITING: Phase = { ...present(simPlan('shop').phases[0], 'a phase'), triggers: ['sev1'] };
const SEV1 = { name: 'sev1', kind: 'incident', severityMax: 1 } as const;
const incident = (rig: Rig, severity: number, resolved: boolean): void =>
  rig.tell({ kind: 'incident', id: 'i1', severity, title: 'down', resolved });

test('4: half a character in a reason loses no rollback', () => {
  const rig = new Rig([WAITING]);
  rig.tell({ kind: 'command', command: 'abort', by: 'op \ud83d', reason: 'broken \udd25\ud83d' });
  expect(rig.refused).toBeNull();
  expect(rig.state.outcome?.kind).toBe('withdrawn');
});

test.each([
  [
    'gets graver',
    [
      [3, false],
      [1, false],
    ],
  ],
  [
    'is opened again',
    [
      [1, true],
      [1, false],
    ],
  ],
  ['is first heard of when it is over', [[1, true]]],
] as const)('9: an incident that %s rolls back', (_, told) => {
  const rig = new Rig([WAITING], { triggers: [SEV1] });
  for (const [severity, resolved] of told) incident(rig, severity, resolved);
  expect(rig.state.back?.cause.kind).toBe('trigger');
});

test('10: incidents of a time that it does not know are none; a judge that can not tell says none', () => {
  const rig = new Rig([WAITING], { triggers: [] });
  const check = present(rig.plan.gates[0]?.checks[0], 'a check');
  const asks = (windowMs: number) => {
    const evidence = { source: 'incidents', severityMax: 2, windowMs } as const;
    return ownEvidence(rig.plan, rig.state, { ...check, evidence }, rig.now);
  };
  rig.now += 60_000;
  expect(asks(3_600_000).kind).toBe('none');
  expect(asks(30_000)).toMatchObject({ kind: 'items', items: [] });
  incident(rig, 2, false);
  expect(asks(3_600_000)).toMatchObject({ kind: 'items', items: ['i1 SEV2 down'] });
});

test('11c: a clock that is set back in the middle of a breach does not hide it', () => {
  const trigger = { name: 'down', kind: 'down', forMs: 120_000 } as const;
  const track = { up: false, requests: 0, metrics: {} };
  let state = startTrigger();
  let startMs = 10_000_000;
  for (let seq = 0; seq < 2; seq += 1) {
    const interval = { seq, startMs, endMs: startMs + 60_000, candidatePct: 10 };
    const rows = { ...interval, stable: null, candidate: track };
    state = observeTrigger(trigger, null, state, rows, { candidateExpected: true });
    startMs -= 5_400_000;
  }
  expect(firedTrigger(trigger, state).fired).toBe(true);
});

test('1: a hundred phases without anything to wait for are no circle', () => {
  const empty = { ...WAITING, gates: [], triggers: [] };
  const phases = Array.from({ length: 100 }, (_, i) => ({ ...empty, name: `p${i}` }));
  expect(() => new Rig(phases)).not.toThrow();
});
