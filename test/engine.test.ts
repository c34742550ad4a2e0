/** What the engine promises beyond the machine: one writer, one promotion a service, record before act. */
import { beforeEach, describe, expect, test } from 'vitest';
import { type Fault, type MemoryStore, memoryStore } from '../src/adapters/store/memory.ts';
import { digestOf } from '../src/base/digest.ts';
import { prng } from '../src/base/prng.ts';
import { Engine } from '../src/engine/engine.ts';
import { recover } from '../src/engine/recover.ts';
import { VirtualClock } from './sim/clock.ts';
import { Faults } from './sim/faults.ts';
import { memorySigner } from './sim/people.ts';
import { simPlan } from './sim/sim-plan.ts';
import { aliveLine, SimWorld } from './sim/sim-world.ts';
import { STORIES } from './sim/story.ts';

const plan = simPlan('shop');

describe('an engine', () => {
  let clock: VirtualClock;
  let world: SimWorld;
  let store: MemoryStore;
  let fault: Fault;

  beforeEach(() => {
    clock = new VirtualClock(1_780_000_000_000);
    const faults = new Faults(prng(1));
    faults.scale = 0;
    world = new SimWorld(clock, prng(1), faults, plan, STORIES[0]);
    fault = 'none';
    store = memoryStore(() => fault);
  });

  async function open(): Promise<Engine> {
    const opened = await Engine.open({
      world: world.portsFor(aliveLine()),
      store,
      signer: memorySigner(),
      clock,
      origin: 'engine.aurora.example',
    });
    if (!opened.ok) throw new Error(opened.problem.message);
    return opened.value;
  }

  async function minutes(engine: Engine, count: number): Promise<void> {
    for (let i = 0; i < count; i += 1) {
      clock.advance(plan.intervalMs);
      world.tick();
      await engine.turn();
      await engine.idle();
    }
  }

  test('its first leaf vouches for the plan', async () => {
    const engine = await open();
    const started = await engine.promote(plan, 'rm-1', false);
    const [leaf] = [...store.contents().leaves];
    expect(leaf?.blobSha256).toBe(digestOf(plan));
    expect(started.ok).toBe(true);
  });

  test('promotes one release of a service at a time, and names the other', async () => {
    const engine = await open();
    const first = await engine.promote(plan, 'rm-1', false);
    const second = await engine.promote(plan, 'rm-1', false);
    expect(first.ok && first.value.id).toBe('shop-1.0.0-0');
    expect(second.ok ? 'taken' : second.problem.message).toContain('shop-1.0.0-0');
  });

  test('what an earlier controller still writes is refused as soon as the next one is open', async () => {
    const old = await open();
    await old.promote(plan, 'rm-1', false);
    await minutes(old, 3);
    const next = await open();
    const before = [...store.contents().rows].length;
    clock.advance(plan.intervalMs);
    world.tick();
    await old.turn();
    expect(old.problem?.message).toContain('term 1 is over');
    expect([...store.contents().rows]).toHaveLength(before);
    await next.turn();
    expect([...store.contents().rows]).toHaveLength(before + 1);
  });

  test.each<Fault>(['fail-before', 'fail-after'])(
    'with a disk that does %s it does nothing more',
    async (how) => {
      const engine = await open();
      const started = await engine.promote(plan, 'rm-1', false);
      await minutes(engine, 5);
      const orders = world.service.visible.weightOrders.length;
      fault = how;
      await minutes(engine, 20);
      expect(engine.problem?.code).toBe('unavailable');
      expect(world.service.visible.weightOrders).toHaveLength(orders);
      fault = 'none';
      const again = await open();
      await again.idle();
      await minutes(again, 10);
      expect(again.promotions.map(({ id }) => id)).toEqual([started.ok ? started.value.id : '']);
      expect(again.promotions[0]?.state.weights.candidate).toBe(10);
    },
  );

  test('opened again at any time it stands where it stood', async () => {
    let engine = await open();
    await engine.promote(plan, 'rm-1', false);
    for (let minute = 0; minute < 30; minute += 1) {
      await minutes(engine, 1);
      const before = engine.promotions[0]?.state;
      engine = await open();
      await engine.idle();
      const after = engine.promotions[0]?.state;
      expect(digestOf({ ...after, term: 0 })).toBe(digestOf({ ...before, term: 0 }));
    }
  });

  test('a damaged snapshot, sealed row or plan is found before anything is resumed', async () => {
    const engine = await open();
    await engine.promote(plan, 'rm-1', false);
    await minutes(engine, 14);
    const head = await store.head();
    if (!head.ok) throw new Error(head.problem.message);
    const [snapshot] = head.value.active;
    if (snapshot === undefined) throw new Error('nothing is active');
    const whole = await recover(store, snapshot, head.value.size);
    expect(whole.ok).toBe(true);
    const bent = { ...snapshot, body: snapshot.body.replace('"weights"', '"weightz"') };
    const cases = [
      await recover(store, bent, head.value.size),
      await recover(
        { ...store, rows: async (...args) => bend(await store.rows(...args)) },
        snapshot,
        head.value.size,
      ),
      await recover(
        { ...store, blob: async () => ({ ok: true, value: null }) },
        snapshot,
        head.value.size,
      ),
    ];
    for (const result of cases)
      expect(result.ok ? 'resumed' : result.problem.code).toBe('integrity');
  });
});

/** A row that says that fewer requests came. */
function bend(rows: Awaited<ReturnType<MemoryStore['rows']>>): typeof rows {
  if (!rows.ok) return rows;
  const value = rows.value.map((row) => ({
    ...row,
    body: row.body.replace('"requests":200', '"requests":199'),
  }));
  return { ok: true, value };
}
