/**
 * SIGKILL before and after appends of a whole promotion on the real store, in a loop: the outcome is
 * that of an undisturbed promotion, the ledger is clean, and nothing acknowledged is lost.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createKeyFile, openKeyFile } from '../src/adapters/signer/file.ts';
import { openSqliteStore } from '../src/adapters/store/sqlite.ts';
import { verifyStore } from '../src/adapters/store/verify-store.ts';
import { present } from '../src/base/assert.ts';
import { prng } from '../src/base/prng.ts';
import { formatVkey, noteKey } from '../src/core/ledger/signed-note.ts';
import { Controller, type KillPlan, promoteThroughKills } from './kill/harness.ts';
import { VirtualClock } from './sim/clock.ts';
import { Faults } from './sim/faults.ts';
import { simPlan } from './sim/sim-plan.ts';
import { aliveLine, SimWorld } from './sim/sim-world.ts';
import { STORIES } from './sim/story.ts';

function vkeyOf(directory: string): string {
  const signer = openKeyFile(join(directory, 'log.key'));
  if (!signer.ok) throw new Error(signer.problem.message);
  const key = noteKey('kill.aurora.example', signer.value.publicKey());
  if (!key.ok) throw new Error(key.problem.message);
  return formatVkey(key.value);
}

async function expectClean(directory: string, acknowledged: readonly string[]): Promise<void> {
  const report = verifyStore(join(directory, 'ledger.db'), vkeyOf(directory));
  if (!report.ok) throw new Error(report.problem.message);
  expect(report.value.damage).toEqual([]);
  const store = openSqliteStore(join(directory, 'ledger.db'));
  if (!store.ok) throw new Error(store.problem.message);
  const leaves = await store.value.leaves(0, report.value.entries);
  store.value.close();
  const bodies = new Set(leaves.ok ? leaves.value.map(({ body }) => body) : []);
  expect(acknowledged.filter((body) => !bodies.has(body))).toEqual([]);
}

test('killed at any append, a promotion comes to the same end', { timeout: 600_000 }, async () => {
  const undisturbed = await promoteThroughKills({ at: 0, when: 'before' });
  expect(undisturbed.outcome).toBe('ga');
  expect(undisturbed.appends).toBeGreaterThan(30);
  undisturbed.clean();
  for (const when of ['before', 'after'] as const) {
    for (let at = 1; at <= undisturbed.appends; at += 1) {
      const kill: KillPlan = { at, when };
      const run = await promoteThroughKills(kill);
      const name = `${when} append ${at}`;
      expect(run.outcome, name).toBe('ga');
      expect(run.world.service.faultsSeen(), name).toEqual([]);
      await expectClean(run.directory, run.acknowledged);
      run.clean();
    }
  }
});

test('stopped, taken over and woken up, the old controller can do nothing', {
  timeout: 60_000,
}, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'aurora-stall-'));
  createKeyFile(join(directory, 'log.key'));
  const clock = new VirtualClock(1_780_000_000_000);
  const faults = new Faults(prng(1));
  faults.scale = 0;
  const plan = simPlan('service');
  const world = new SimWorld(clock, prng(1), faults, plan, present(STORIES[0], 'a story'));
  const ports = world.portsFor(aliveLine());
  const never: KillPlan = { at: 0, when: 'before' };
  const acknowledged: string[] = [];
  const start = (takeOver: boolean): Controller =>
    new Controller(
      directory,
      ports,
      clock.now(),
      never,
      (bodies) => acknowledged.push(...bodies),
      takeOver,
    );
  const old = start(false);
  await old.opened();
  await old.carryOut({ kind: 'promote', plan });
  for (let round = 0; round < 15; round += 1) {
    clock.advance(60_000);
    world.tick();
    await old.carryOut({ kind: 'turn', now: clock.now() });
  }
  old.process.kill('SIGSTOP');
  const next = start(true);
  expect((await next.opened())?.promotions).toHaveLength(1);
  const before = world.service.traffic();
  expect(before.fence.term).toBe(2);
  old.process.kill('SIGCONT');
  const said = acknowledged.length;
  const event = { kind: 'command', command: 'abort', by: 'operator', reason: 'too late' } as const;
  const refused = await old.carryOut({ kind: 'post', event, now: clock.now() });
  expect(refused?.problem).toMatch(/term 1 is over|a controller of term 2/);
  expect(acknowledged).toHaveLength(said);
  expect(world.service.traffic()).toEqual(before);
  await old.end();
  await next.end();
  await expectClean(directory, acknowledged);
  rmSync(directory, { recursive: true, force: true });
});
