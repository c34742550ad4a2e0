/** What goes wrong around a promotion on real processes: files that change, a ledger, a disk. */
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CanaryRig, plainServer } from './canary-rig.ts';

const STORY_MS = 120_000;
const WAIT_MS = 40_000;

let rig: CanaryRig;
beforeEach(() => {
  rig = new CanaryRig();
});
afterEach(async () => await rig.close());

/** A service that runs, and a plan that takes its time. */
async function begin(): Promise<string> {
  rig.write('v1.js', plainServer('v1'));
  rig.write('v2.js', plainServer('v2'));
  const pair = ['--stable', 'node v1.js', '--candidate', 'node v2.js'];
  await rig.run('init', ...pair, '--listen', '127.0.0.1:0');
  const plan = join(rig.folder, 'plan.yaml');
  writeFileSync(plan, readFileSync(plan, 'utf8').replace('interval: 10s', 'interval: 1s'));
  const service = ['--command', 'node v1.js', '--stable', '1.0.0', '--listen', ':0'];
  await rig.run('service', 'add', 'web', ...service, '--interval', '1s');
  expect(await rig.run('service', 'start', 'web')).toMatchObject({ code: 0 });
  return plan;
}

async function until(words: readonly string[], pattern: RegExp): Promise<void> {
  const endMs = performance.now() + WAIT_MS;
  for (;;) {
    const { out, err } = await rig.run(...words);
    if (pattern.test(`${out}${err}`)) return;
    if (performance.now() > endMs) throw new Error(`never ${pattern}:\n${out}\n${err}`);
    await sleep(200);
  }
}

test(
  'a plan that is not as it was locked is not promoted; one that changes meanwhile stops, and goes on when it is mended',
  async () => {
    const plan = await begin();
    expect((await rig.run('plan', 'lock', 'plan.yaml')).code).toBe(0);
    const sound = readFileSync(plan, 'utf8');
    const changed = sound.replace('weight: 10', 'weight: 20');
    writeFileSync(plan, changed);
    const refused = await rig.run('promote', 'plan.yaml');
    expect(refused.code).toBe(3);
    expect(refused.err).toContain('phases[canary].weightPct: 10 -> 20');
    writeFileSync(plan, sound);
    expect((await rig.run('promote', 'plan.yaml', '--load', '100rps /')).code).toBe(0);
    const second = await rig.run('promote', 'plan.yaml');
    expect(second).toMatchObject({
      code: 4,
      err: expect.stringContaining('is being promoted already'),
    });
    await until(['explain'], /[1-9]\d*s\S* of 20m covered/);
    writeFileSync(plan, changed);
    await until(['explain'], /drift.*phases\[canary\]\.weightPct/);
    renameSync(plan, `${plan}.away`);
    await until(['explain'], /drift.*cannot be read/);
    writeFileSync(plan, sound);
    await until(['explain'], /^(?![\s\S]*drift)[\s\S]*covered by evidence/);
    // What turns back was never stopped by it.
    writeFileSync(plan, changed);
    await until(['explain'], /drift/);
    expect((await rig.run('rollback', '--reason', 'drill')).code).toBe(0);
    await until(['history'], /rolled back: rollback by/);
  },
  STORY_MS,
);

test(
  'a ledger that was tampered with, or whose key is gone, is not continued; restored, it is',
  async () => {
    await begin();
    expect((await rig.run('promote', 'plan.yaml', '--load', '50rps /')).code).toBe(0);
    expect((await rig.run('abort', '--reason', 'enough')).code).toBe(0);
    await until(['history'], /rolled back|withdrawn/);
    expect((await rig.run('controller', 'stop')).code).toBe(0);
    const state = (name: string): string => join(rig.folder, '.aurora', name);
    copyFileSync(state('ledger.db'), state('ledger.copy'));
    const db = new Database(state('ledger.db'));
    db.exec('DROP TRIGGER leaves_stay');
    db.exec("UPDATE leaves SET body = replace(body, 'enough', 'no') WHERE idx > 0");
    db.close();
    const damaged = await rig.run('history');
    expect(damaged).toMatchObject({ code: 5, err: expect.stringContaining('not as it was made') });
    expect((await rig.run('ledger', 'verify')).code).toBe(6);
    renameSync(state('ledger.copy'), state('ledger.db'));
    renameSync(state('log.key'), state('log.away'));
    const lost = await rig.run('history');
    expect(lost).toMatchObject({ code: 5, err: expect.stringContaining('log.key is gone') });
    expect(lost.err).toMatch(/hint: restore it from its backup/);
    renameSync(state('log.away'), state('log.key'));
    expect((await rig.run('history')).code).toBe(0);
    expect((await rig.run('ledger', 'verify')).code).toBe(0);
  },
  STORY_MS,
);

test(
  'a service that was stopped on purpose stays stopped, whatever is being promoted; started, it goes on',
  async () => {
    await begin();
    expect((await rig.run('promote', 'plan.yaml', '--load', '50rps /')).code).toBe(0);
    await until(['explain'], /covered by evidence/);
    expect((await rig.run('service', 'stop', 'web')).code).toBe(0);
    await until(['explain'], /no intervals come/);
    expect((await rig.run('service', 'list')).out).toMatch(/web +stopped/);
    expect((await rig.run('service', 'start', 'web')).code).toBe(0);
    expect((await rig.run('abort', '--reason', 'enough')).code).toBe(0);
    await until(['history'], /rolled back: abort by/);
    expect((await rig.run('service', 'list')).out).toMatch(/1\.0\.0 up/);
  },
  STORY_MS,
);

/** A disk of a few megabytes of this test's own, where the machine lets us have one. */
function mountSmall(folder: string): boolean {
  const words = ['-t', 'tmpfs', '-o', 'size=6m,mode=700', 'tmpfs', folder];
  return spawnSync('mount', words).status === 0;
}

function fill(path: string): void {
  try {
    for (;;) appendFileSync(path, Buffer.alloc(65_536));
  } catch {
    // Full.
  }
}

test(
  'the disk is full: users are served, nothing is decided; freed, the promotion goes on and the ledger is whole',
  async () => {
    const state = join(rig.folder, '.aurora');
    mkdirSync(state, { mode: 0o700 });
    if (!mountSmall(state)) {
      console.log('left out: this machine lets us mount no small disk');
      return;
    }
    try {
      await begin();
      const { out } = await rig.run('service', 'list');
      const door = /127\.0\.0\.1:(\d+)/.exec(out)?.[1] ?? '';
      expect((await rig.run('promote', 'plan.yaml', '--load', '100rps /')).code).toBe(0);
      await until(['explain'], /[1-9]\d*s\S* of 20m covered/);
      const filler = join(state, 'filler');
      fill(filler);
      await until(['status'], /no space is left/);
      for (let i = 0; i < 20; i += 1) {
        expect((await fetch(`http://127.0.0.1:${door}/`)).status).toBe(200);
      }
      rmSync(filler);
      await until(['status'], /under way/);
      expect((await rig.run('abort', '--reason', 'seen')).code).toBe(0);
      await until(['history'], /rolled back: abort by/);
      expect((await rig.run('ledger', 'verify')).code).toBe(0);
    } finally {
      spawnSync('umount', ['-l', state]);
    }
  },
  STORY_MS,
);
