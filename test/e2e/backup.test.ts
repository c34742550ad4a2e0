/** Backups of a ledger that a real promotion is writing, and the way back from a loss of it. */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Bench, bench, type Outcome } from '../cli/program.ts';
import { killOwn, nonceEnv, waitForNone } from '../rig/own-processes.ts';
import { plainServer } from './canary-rig.ts';

const STORY_MS = 150_000;
const WAIT_MS = 40_000;
const GONE_MS = 10_000;

let here: Bench;
let nonce: string;
beforeEach(() => {
  here = bench();
  nonce = randomUUID();
});
afterEach(async () => {
  killOwn(nonce);
  const left = await waitForNone(nonce, GONE_MS);
  here.remove();
  expect(left).toEqual([]);
});

const run = (...words: string[]): Outcome =>
  here.runWith({ ...nonceEnv(nonce), AURORA_BACKUP_INTERVAL: '1s' }, ...words);

async function until<T>(what: string, look: () => T | null | false): Promise<T> {
  const endMs = performance.now() + WAIT_MS;
  for (;;) {
    const found = look();
    if (found !== null && found !== false) return found;
    if (performance.now() > endMs) throw new Error(`never: ${what}`);
    await sleep(200);
  }
}

const state = (name = ''): string => here.path(join('.aurora', name));
const backupsIn = (folder: string): string[] =>
  existsSync(folder) ? readdirSync(folder).filter((name) => /^ledger-.*\.zst$/.test(name)) : [];
const messages = (): { level: string; title: string; text: string }[] =>
  (existsSync(state('notifications.jsonl'))
    ? readFileSync(state('notifications.jsonl'), 'utf8')
    : ''
  )
    .split('\n')
    .filter((line) => line.includes('"level"'))
    .map((line) => JSON.parse(line));

/** A promotion that takes its time, under load. */
async function begin(): Promise<void> {
  writeFileSync(here.path('v1.js'), plainServer('v1'));
  writeFileSync(here.path('v2.js'), plainServer('v2'));
  const pair = ['--stable', 'node v1.js', '--candidate', 'node v2.js'];
  run('init', ...pair, '--listen', '127.0.0.1:0');
  const plan = here.path('plan.yaml');
  writeFileSync(plan, readFileSync(plan, 'utf8').replace('interval: 10s', 'interval: 1s'));
  const service = ['--command', 'node v1.js', '--stable', '1.0.0', '--listen', ':0'];
  run('service', 'add', 'web', ...service, '--interval', '1s');
  expect(run('service', 'start', 'web').code).toBe(0);
  expect(run('promote', 'plan.yaml', '--load', '50rps /').code).toBe(0);
  await until('time is covered', () => /[1-9]\d*s\S* of 20m covered/.test(run('explain').out));
}

test(
  'the sqlite3 shell reads the audit log while a promotion is running, and it grows',
  async () => {
    if (spawnSync('sqlite3', ['-version']).status !== 0) {
      console.log('left out: there is no sqlite3 here');
      return;
    }
    await begin();
    const where = "WHERE timestamp > datetime('now','-7 days')";
    const ask = (...words: string[]): string => {
      const asked = spawnSync('sqlite3', words, { encoding: 'utf8' });
      expect([asked.status, asked.stderr]).toEqual([0, '']);
      return asked.stdout;
    };
    const all = ask('-readonly', state('ledger.db'), `SELECT * FROM audit_log ${where}`);
    expect(all).toMatch(/^0\|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\|web-[^|]+\|opened\|/m);
    const count = (): number =>
      Number(ask('-readonly', state('ledger.db'), `SELECT count(*) FROM audit_log ${where}`));
    const before = count();
    expect(before).toBe(all.split('\n').filter((line) => /^\d+\|/.test(line)).length);
    // As people write it.
    expect(ask(state('ledger.db'), `SELECT * FROM audit_log ${where}`)).toContain('|opened|');
    expect(run('pause', '--reason', 'a look').code).toBe(0);
    expect(count()).toBeGreaterThan(before);
    expect(run('abort', '--reason', 'seen').code).toBe(0);
    expect(run('ledger', 'verify').code).toBe(0);
  },
  STORY_MS,
);

test(
  'backed up by the controller; a failure pages; lost, it is restored, and the promotion is still to be commanded',
  async () => {
    await begin();
    await until('a backup', () => backupsIn(state('backups')).length > 0);
    const { backup, metricsPort } = JSON.parse(run('controller', 'status', '-o', 'json').out);
    expect(backup).toMatchObject({ folder: state('backups'), intervalMs: 1_000, problem: null });
    const page = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    expect(Number(/^aurora_backup_age_seconds (\S+)$/m.exec(page)?.[1])).toBeLessThan(60);
    expect(page).toMatch(/^aurora_backup_size_bytes [1-9]\d+$/m);

    // Somebody's file where the folder should be.
    renameSync(state('backups'), here.path('saved'));
    writeFileSync(state('backups'), '');
    await until('a page', () => messages().some(({ level }) => level === 'critical'));
    await until('status says it', () => /^no backup of the ledger for /m.test(run('status').err));
    expect(run('controller', 'status').out).toContain('FAILING');
    const text = messages().find(({ level }) => level === 'critical')?.text;
    expect(text).toContain('docs/operating/backup.md');

    // Controllers come and go, so that the drivers know terms which no backup knows.
    for (let i = 0; i < 2; i += 1) {
      expect(run('controller', 'stop', '--force').code).toBe(0);
      expect(run('controller', 'start').code).toBe(0);
    }
    const newest = backupsIn(here.path('saved')).sort();
    const file = here.path(join('saved', newest.at(-1) ?? ''));
    expect(run('ledger', 'restore', file, '--unpublished').code).toBe(4);
    expect(run('controller', 'stop', '--force').code).toBe(0);
    for (const suffix of ['', '-wal', '-shm']) rmSync(state(`ledger.db${suffix}`), { force: true });
    rmSync(state('backups'));
    mkdirSync(state('backups'), { mode: 0o700 });
    const restored = run('ledger', 'restore', file, '-o', 'json');
    expect(restored.code).toBe(0);
    expect(JSON.parse(restored.out)).toMatchObject({ replaced: null, lostEntries: 0 });

    expect(run('controller', 'start').code).toBe(0);
    await until('it goes on', () => run('status').out.includes('under way'));
    expect(run('abort', '--reason', 'restored').code).toBe(0);
    await until('it went back', () => /rolled back: abort by/.test(run('history').out));
    expect(run('service', 'list').out).toMatch(/1\.0\.0 up/);
    expect(run('ledger', 'verify').code).toBe(0);
    await until('backed up again', () => backupsIn(state('backups')).length > 0);
    expect(run('drill', 'restore').code).toBe(0);
  },
  STORY_MS,
);
