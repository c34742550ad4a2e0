/**
 * Each effect fails twice over: it did not happen, and it did happen but was reported as failed. In
 * both cases the promotion comes to the end it would have come to, and the world shows it once.
 */
import { describe, expect, test } from 'vitest';
import { memoryStore } from '../src/adapters/store/memory.ts';
import { prng } from '../src/base/prng.ts';
import { problem } from '../src/base/problem.ts';
import { fail, type Result } from '../src/base/result.ts';
import type { Plan } from '../src/core/plan/plan.ts';
import type { Effect } from '../src/core/promotion/effect.ts';
import { Engine } from '../src/engine/engine.ts';
import type { World } from '../src/engine/perform.ts';
import { VirtualClock } from './sim/clock.ts';
import { Crowd } from './sim/crowd.ts';
import { Faults } from './sim/faults.ts';
import { memorySigner } from './sim/people.ts';
import { FRESH_BASELINE, simPlan } from './sim/sim-plan.ts';
import { aliveLine, SimWorld } from './sim/sim-world.ts';
import { STORIES, type Story } from './sim/story.ts';

type Kind = Exclude<Effect['kind'], 'evaluate'>;
type How = 'did not happen' | 'happened, reported as failed';

/** One call of the kind goes wrong in the given way; every other one is as it should be. */
function broken(world: World, { kind, how, call }: Disturbance): World {
  let calls = 0;
  let isBroken = false;
  const once = async (act: () => Promise<Result<void>>): Promise<Result<void>> => {
    calls += 1;
    if (isBroken || calls < call) return await act();
    isBroken = true;
    if (how === 'happened, reported as failed') await act();
    return fail(problem('unavailable', 'no answer'));
  };
  const { traffic, workload, hooks, notifier } = world;
  const worlds: Record<Kind, () => World> = {
    'set-weights': () => ({
      ...world,
      traffic: { ...traffic, setWeights: (...args) => once(() => traffic.setWeights(...args)) },
    }),
    start: () => ({
      ...world,
      workload: { ...workload, start: (...args) => once(() => workload.start(...args)) },
    }),
    stop: () => ({
      ...world,
      workload: { ...workload, stop: (...args) => once(() => workload.stop(...args)) },
    }),
    adopt: () => ({
      ...world,
      workload: { ...workload, adopt: (...args) => once(() => workload.adopt(...args)) },
    }),
    hook: () => ({ ...world, hooks: { run: (...args) => once(() => hooks.run(...args)) } }),
    notify: () => ({ ...world, notifier: { send: (one) => once(() => notifier.send(one)) } }),
  };
  return worlds[kind]();
}

interface Disturbance {
  kind: Kind;
  how: How;
  /** From 1. */
  call: number;
}

async function promote(
  disturbance: Disturbance | null,
  story: Story,
  parts: Partial<Plan> = {},
): Promise<{ end: string; world: SimWorld }> {
  const clock = new VirtualClock(1_780_000_000_000);
  const faults = new Faults(prng(3));
  faults.scale = 0;
  const plan = simPlan('service', parts);
  const world = new SimWorld(clock, prng(3), faults, plan, story);
  const ports = world.portsFor(aliveLine());
  const opened = await Engine.open({
    world: disturbance === null ? ports : broken(ports, disturbance),
    store: memoryStore(),
    signer: memorySigner(),
    clock,
    origin: 'effects.aurora.example',
  });
  if (!opened.ok) throw new Error(opened.problem.message);
  const engine = opened.value;
  const started = await engine.promote(plan, 'rm-1', false);
  if (!started.ok) throw new Error(started.problem.message);
  const runner = started.value;
  const crowd = new Crowd(prng(3), faults, clock);
  for (let round = 0; round < 200 && !runner.ended; round += 1) {
    await engine.idle();
    for (const event of crowd.act(runner.state)) await engine.post(runner.id, event);
    await engine.idle();
    clock.advance(plan.intervalMs);
    world.tick();
    await engine.turn();
  }
  const { outcome } = runner.state;
  const end =
    outcome?.kind === 'promoted' ? `promoted, ga ${outcome.ga}` : (outcome?.kind ?? 'none');
  return { end, world };
}

const [healthy, , bad] = STORIES;
if (bad === undefined) throw new Error('there is a bad story');

const CASES: readonly [Kind, Story, string][] = [
  ['start', healthy, 'promoted, ga true'],
  ['set-weights', healthy, 'promoted, ga true'],
  ['notify', healthy, 'promoted, ga true'],
  ['adopt', healthy, 'promoted, ga true'],
  ['set-weights', bad, 'rolled-back'],
  ['stop', bad, 'rolled-back'],
  // The plan says that a hook that fails rolls back: a hook is not tried again.
  ['hook', healthy, 'withdrawn'],
];

describe.each<How>(['did not happen', 'happened, reported as failed'])(
  'an effect that %s',
  (how) => {
    test.each(CASES.map(([kind, story, end]) => ({ kind, story, end, name: story.name })))(
      '$kind, candidate $name',
      async ({ kind, story, end }) => {
        const undisturbed = await promote(null, story);
        const disturbed = await promote({ kind, how, call: 1 }, story);
        expect(disturbed.end).toBe(end);
        if (kind !== 'hook') expect(disturbed.end).toBe(undisturbed.end);
        expect(disturbed.world.service.faultsSeen()).toEqual([]);
        expect([...disturbed.world.hooks.values()].every((times) => times === 1)).toBe(true);
        const { starts, adoptions, stops } = disturbed.world.service.visible;
        if (kind === 'hook') return;
        expect(starts.size).toBe(1);
        expect(adoptions).toBe(end.startsWith('promoted') ? 1 : 0);
        expect(stops).toBe(end === 'rolled-back' ? 1 : 0);
      },
    );

    // The baseline's order is the first of a start and the second of a stop.
    test.each<[Kind, number, Story, string]>([
      ['start', 1, healthy, 'promoted, ga true'],
      ['start', 2, healthy, 'promoted, ga true'],
      ['stop', 1, bad, 'rolled-back'],
      ['stop', 2, bad, 'rolled-back'],
    ])('with a fresh baseline: %s, call %i, candidate $name', async (kind, call, story, end) => {
      const disturbed = await promote({ kind, how, call }, story, FRESH_BASELINE);
      expect(disturbed.end).toBe(end);
      const { service } = disturbed.world;
      expect(service.faultsSeen()).toEqual([]);
      expect([...service.visible.starts.values()]).toEqual([1, 1]);
      expect(service.running().map(({ track }) => track)).toEqual(['stable']);
      expect(service.visible.stops).toBe(end === 'rolled-back' ? 2 : 0);
    });
  },
);
