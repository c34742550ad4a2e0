/** When a controller backs its ledger up, and what it says and shows when that fails. */
import { Registry } from 'prom-client';
import { afterEach, expect, test } from 'vitest';
import { problem } from '../../src/base/problem.ts';
import { fail, ok, type Result } from '../../src/base/result.ts';
import type { Message } from '../../src/engine/ports.ts';
import type { BackupView, MadeBackup } from '../../src/protocol/backup.ts';
import { type BackupLoop, backupLoop } from '../../src/server/backup-loop.ts';
import { backupMetrics } from '../../src/server/backup-metrics.ts';
import { backupSettings } from '../../src/server/backup-settings.ts';

/** A ledger that can grow, a folder, and a command that makes a backup or fails. */
class World {
  entries = 5;
  version = 1;
  files: MadeBackup[] = [];
  runs = 0;
  told: Message[] = [];
  failure: Result<never> | null = null;
  isDeaf = false;
  promotions = [];

  get controller() {
    return {
      past: { ledgerSize: () => ok(this.entries), ledgerVersion: () => ok(this.version) },
      engine: { promotions: this.promotions },
      backups: () => ok(this.files),
      notifier: { send: async (message: Message) => this.hear(message) },
    };
  }

  async run(): Promise<Result<MadeBackup>> {
    this.runs += 1;
    if (this.failure !== null) return this.failure;
    const made = this.file(Date.now());
    this.files.unshift(made);
    return ok(made);
  }

  file(takenAtMs: number): MadeBackup {
    return { path: `/backups/${this.runs}`, takenAtMs, entries: this.entries, bytes: 123 };
  }

  write(): void {
    this.entries += 1;
    this.version += 1;
  }

  private hear(message: Message): Result<void> {
    if (this.isDeaf) return fail(problem('unavailable', 'nobody took it'));
    if (!this.told.some(({ id }) => id === message.id)) this.told.push(message);
    return ok(undefined);
  }
}

const EVERY_MS = 20;
const loops: BackupLoop[] = [];
afterEach(async () => {
  for (const loop of loops.splice(0)) await loop.stop();
});

function begin(world: World, intervalMs: number | null = EVERY_MS): BackupLoop {
  const settings = ok({ folder: '/backups', intervalMs });
  const loop = backupLoop(world.controller, '/state', settings, () => world.run());
  loops.push(loop);
  return loop;
}
const looks = (count: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, count * EVERY_MS));

test('it is made again when something was written, and only then; quiet counts as fresh', async () => {
  const world = new World();
  const loop = begin(world);
  await expect.poll(() => world.runs).toBe(1);
  await looks(5);
  expect(world.runs).toBe(1);
  const { newest, freshAtMs } = loop.view();
  expect(freshAtMs).toBeGreaterThan((newest?.takenAtMs ?? 0) + EVERY_MS);
  world.version += 1; // an interval row: durable, and no entry
  await expect.poll(() => world.runs).toBe(2);
  world.files = []; // somebody removed it
  await expect.poll(() => world.runs).toBe(3);
  expect(loop.view().problem).toBeNull();
});

test.each([
  ['the one of an earlier controller is complete', 5, 5, 0],
  ['entries were written since', 5, 6, 1],
  ['an empty ledger has nothing to lose', null, 0, 0],
])('at the start: %s', async (_, backedUp, entries, runs) => {
  const world = new World();
  if (backedUp !== null) {
    world.entries = backedUp;
    world.files = [world.file(Date.now() - 60_000)];
  }
  world.entries = entries;
  const loop = begin(world);
  await expect.poll(() => (loop.view().freshAtMs ?? 0) > Date.now() - 30_000).toBe(true);
  await looks(2);
  expect(world.runs).toBe(runs);
});

test('a failure pages once however often it is tried, and once more when it is mended', async () => {
  const world = new World();
  world.failure = fail(problem('unavailable', 'no space is left'));
  const loop = begin(world);
  await expect.poll(() => world.runs).toBeGreaterThan(2);
  expect(world.told).toMatchObject([{ level: 'critical', title: 'no backup of the ledger' }]);
  expect(world.told[0]?.text).toMatch(/no space is left\nThere is no backup\. It is tried again/);
  const { problem: shown } = loop.view();
  expect(shown).toMatchObject({ message: 'no space is left' });
  expect(shown?.tries).toBeGreaterThan(1);
  world.failure = null;
  await expect.poll(() => world.told.map(({ level }) => level)).toEqual(['critical', 'info']);
  expect(loop.view()).toMatchObject({ problem: null, newest: { entries: 5 } });
});

test('a page that nobody took is told again', async () => {
  const world = new World();
  world.failure = fail(problem('integrity', 'the ledger is damaged'));
  world.isDeaf = true;
  begin(world);
  await expect.poll(() => world.runs).toBeGreaterThan(1);
  world.isDeaf = false;
  await expect.poll(() => world.told.length).toBe(1);
});

test('switched off: none is made, nothing is wrong', async () => {
  const world = new World();
  const loop = begin(world, null);
  await looks(3);
  expect([world.runs, loop.view().problem]).toEqual([0, null]);
});

test('settings', async () => {
  const of = (env: Record<string, string>) => backupSettings('/state', env);
  expect(of({})).toEqual(ok({ folder: '/state/backups', intervalMs: 900_000 }));
  const off = { AURORA_BACKUP_FOLDER: '/mnt/b', AURORA_BACKUP_INTERVAL: 'off' };
  expect(of(off)).toEqual(ok({ folder: '/mnt/b', intervalMs: null }));
  for (const bad of ['often', '0s', '']) {
    expect(of({ AURORA_BACKUP_INTERVAL: bad })).toMatchObject({ problem: { code: 'usage' } });
  }
  const relative = of({ AURORA_BACKUP_FOLDER: 'backups' });
  expect(relative).toMatchObject({ problem: { code: 'usage' } });
  const world = new World();
  loops.push(backupLoop(world.controller, '/state', relative, () => world.run()));
  await expect.poll(() => world.told.length).toBe(1);
  expect(world.told[0]?.text).toContain('AURORA_BACKUP_FOLDER: expected an absolute path');
});

test('metrics: age and size of the newest, absent where there is none', async () => {
  const view: BackupView = {
    ...{ folder: '/b', intervalMs: 1, newest: null, freshAtMs: null, problem: null },
  };
  const registry = new Registry();
  backupMetrics(registry, () => view);
  const none = await registry.metrics();
  expect(none).not.toMatch(/^aurora_backup_(age|size)/m);
  expect(none).toContain('aurora_backup_problem 0\n');
  view.newest = { path: '/b/x', takenAtMs: 0, entries: 1, bytes: 77 };
  view.freshAtMs = Date.now() - 90_000;
  view.problem = { message: 'full', sinceMs: 0, tries: 2 };
  const page = await registry.metrics();
  expect(Number(/^aurora_backup_age_seconds (\S+)$/m.exec(page)?.[1])).toBeCloseTo(90, -1);
  expect(page).toContain('aurora_backup_size_bytes 77\n');
  expect(page).toContain('aurora_backup_problem 1\n');
});
