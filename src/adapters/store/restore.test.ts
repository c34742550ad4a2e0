import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { batch, leaves } from '../../../test/contract/ledger-store.ts';
import { must, type RigLedger, rigLedger } from '../../../test/rig/ledger.ts';
import { toHex } from '../../base/bytes.ts';
import { sha256 } from '../../base/digest.ts';
import type { Result } from '../../base/result.ts';
import { takeLock } from '../../process/exclusive-lock.ts';
import { backUpLedger } from './backup.ts';
import { drillRestoreOf } from './drill-restore.ts';
import { type Restored, type RestoreWish, restoreLedger } from './restore.ts';
import { openSqliteStore } from './sqlite.ts';
import { verifyStore } from './verify-store.ts';

const NOW_MS = Date.UTC(2026, 10, 21, 4, 0, 0);
const folder = mkdtempSync(join(tmpdir(), 'aurora-restore-'));

/** Five entries, backed up; then three more. `notes`: the checkpoints of both sizes. */
let home: RigLedger;
let backup = '';
const notes = { five: '', eight: '' };
beforeAll(async () => {
  home = rigLedger(join(folder, 'home'));
  notes.five = await home.grow(5);
  backup = await backUp(home, 'five');
  notes.eight = await home.grow(3);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function backUp(of: RigLedger, name: string): Promise<string> {
  const file = join(folder, `${name}.zst`);
  const wish = { ledger: of.files.ledger, vkey: of.vkey, into: { file }, nowMs: NOW_MS };
  return must(await backUpLedger(wish)).path;
}

let copies = 0;
/** A state directory like home's, or an empty one. */
function stateLike(from: RigLedger | null): string {
  copies += 1;
  const state = join(folder, `state-${copies}`);
  if (from === null) mkdirSync(state);
  else cpSync(from.state, state, { recursive: true });
  return state;
}

function restoreTo(state: string, wish: Partial<RestoreWish> = {}): Promise<Result<Restored>> {
  return restoreLedger({
    ...{ file: backup, ledger: join(state, 'ledger.db'), lock: join(state, 'controller.lock') },
    ...{ vkey: home.vkey, checkpoint: null, unpublished: false, nowMs: NOW_MS },
    ...wish,
  });
}

/** Without opening it as SQLite's own tools would: that would tidy up. */
const sizeIn = (state: string): number => {
  const copy = join(stateLike(null), 'copy.db');
  for (const suffix of ['', '-wal']) cpSync(join(state, `ledger.db${suffix}`), `${copy}${suffix}`);
  return must(verifyStore(copy, home.vkey)).entries;
};
const sizeAt = (state: string): number =>
  must(verifyStore(join(state, 'ledger.db'), home.vkey)).entries;
/** Beside the lock's file and what SQLite makes for a reader. */
const filesOf = (state: string): [string, string][] =>
  readdirSync(state)
    .sort()
    .filter((name) => !/^controller\.lock$|-(?:wal|shm)$/.test(name))
    .map((name) => [name, sha256(readFileSync(join(state, name)))]);

test('into an empty state directory: the whole ledger, which a writer goes on with', async () => {
  const state = stateLike(null);
  const restored = must(await restoreTo(state, { checkpoint: notes.five }));
  expect(restored).toMatchObject({ entries: 5, tiedToSize: 5, lostEntries: 0, replaced: null });
  const report = must(verifyStore(join(state, 'ledger.db'), home.vkey));
  expect(toHex(report.root)).toBe(restored.root);
  expect(filesOf(state).map(([name]) => name)).toEqual(['ledger.db']);
  // Nobody knows how many controllers there were since: the next term is above them all.
  const store = must(openSqliteStore(join(state, 'ledger.db')));
  expect(must(await store.head()).term).toBeGreaterThan(100_000);
  store.close();
});

test('a backup behind the published checkpoint is refused; nothing was touched', async () => {
  for (const state of [stateLike(home), stateLike(null)]) {
    const before = filesOf(state);
    const old = await restoreTo(state, { checkpoint: notes.eight });
    expect(old).toMatchObject({ problem: { code: 'refused' } });
    expect(old.ok ? '' : old.problem.message).toMatch(/5 entries.*signed for 8/);
    expect(filesOf(state)).toEqual(before);
  }
});

test('without one the present ledger’s own newest checkpoint counts, unless a person says it was shown to nobody', async () => {
  const state = stateLike(home);
  const refused = await restoreTo(state);
  expect(refused).toMatchObject({
    problem: { code: 'refused', hint: expect.stringContaining('--unpublished') },
  });
  const restored = must(await restoreTo(state, { unpublished: true }));
  expect(restored).toMatchObject({ entries: 5, tiedToSize: null, lostEntries: 3 });
  expect(sizeAt(state)).toBe(5);
  // What it replaced is beside it, whole.
  const kept = join(state, 'replaced-20261121T040000Z');
  expect(restored.replaced).toBe(kept);
  expect(must(verifyStore(join(kept, 'ledger.db'), home.vkey)).entries).toBe(8);
  const again = must(await restoreTo(state, { file: await backUp(home, 'eight') }));
  expect(again).toMatchObject({ entries: 8, tiedToSize: 5, replaced: `${kept}-2` });
});

test('what the write-ahead log of the replaced ledger holds is kept with it, and not played into the new one', async () => {
  const state = stateLike(null);
  const live = join(stateLike(home), 'ledger.db');
  const store = must(openSqliteStore(live));
  must(await store.append(batch({ firstIndex: 8, leaves: leaves(2, 8) })));
  // A power cut: the file, and a log that nobody has brought into it.
  for (const suffix of ['', '-wal']) cpSync(`${live}${suffix}`, join(state, `ledger.db${suffix}`));
  store.close();
  expect(sizeIn(state)).toBe(10);
  const restored = must(await restoreTo(state, { checkpoint: notes.five }));
  expect(restored.lostEntries).toBe(5);
  expect(sizeAt(state)).toBe(5);
  const kept = join(restored.replaced ?? '', 'ledger.db');
  expect(must(verifyStore(kept, home.vkey)).entries).toBe(10);
});

test('a ledger that cannot be read does not tell what was signed: only a person can', async () => {
  const state = stateLike(home);
  const path = join(state, 'ledger.db');
  writeFileSync(path, readFileSync(path).fill(0x2a, 0, 4_000));
  expect(await restoreTo(state)).toMatchObject({ problem: { code: 'refused' } });
  const restored = must(await restoreTo(state, { checkpoint: notes.five }));
  expect(restored).toMatchObject({ tiedToSize: 5, lostEntries: null });
  expect(restored.term).toBeGreaterThan(100_000);
  expect(sizeAt(state)).toBe(5);
  const empty = stateLike(home);
  writeFileSync(join(empty, 'ledger.db'), '');
  expect(await restoreTo(empty)).toMatchObject({ problem: { code: 'refused' } });
  must(await restoreTo(empty, { unpublished: true }));
});

test('the term stays above that of every controller which the replaced ledger knew', async () => {
  const state = stateLike(home);
  const db = new Database(join(state, 'ledger.db'));
  db.exec('UPDATE controller SET term = 77');
  db.close();
  expect(must(await restoreTo(state, { unpublished: true })).term).toBe(77);
});

test('refused while a controller holds the lock', async () => {
  const state = stateLike(home);
  const lock = must(takeLock(join(state, 'controller.lock'), 'controller'));
  const refused = await restoreTo(state, { unpublished: true });
  expect(refused).toMatchObject({
    problem: { code: 'conflict', hint: 'auroractl controller stop' },
  });
  expect(sizeAt(state)).toBe(8);
  lock.release();
  must(await restoreTo(state, { unpublished: true }));
});

test.each<[string, () => Partial<RestoreWish> | Promise<Partial<RestoreWish>>]>([
  [
    'a flipped byte',
    () => {
      const bytes = readFileSync(backup);
      const middle = Math.floor(bytes.length / 2);
      bytes[middle] = (bytes[middle] ?? 0) ^ 1;
      const file = join(folder, 'flipped.zst');
      writeFileSync(file, bytes);
      return { file };
    },
  ],
  [
    'a backup cut short',
    () => {
      const file = join(folder, 'short.zst');
      writeFileSync(file, readFileSync(backup).subarray(0, -9));
      return { file };
    },
  ],
  [
    'the key of another log',
    () => ({ vkey: rigLedger(join(folder, 'stranger')).vkey, unpublished: true }),
  ],
  [
    'another history under the same key',
    async () => {
      const fork = rigLedger(join(folder, 'fork'), home);
      await fork.grow(1, false);
      await fork.grow(6);
      return { file: await backUp(fork, 'fork'), checkpoint: notes.five };
    },
  ],
  ['a checkpoint that nobody signed', () => ({ checkpoint: notes.five.replace('\n5\n', '\n4\n') })],
])('%s: integrity, and nothing was touched', async (_, change) => {
  const state = stateLike(home);
  const before = filesOf(state);
  const result = await restoreTo(state, { unpublished: false, ...(await change()) });
  expect(result).toMatchObject({ problem: { code: 'integrity' } });
  expect(filesOf(state)).toEqual(before);
});

test('a drill restores beside, compares with the present ledger, and leaves nothing', async () => {
  const before = filesOf(home.state);
  const wish = { file: backup, ledger: home.files.ledger, vkey: home.vkey };
  const shown = must(await drillRestoreOf(wish));
  expect(shown).toMatchObject({ entries: 5, entriesBehind: 3, tiedToSize: 5 });
  expect(filesOf(home.state)).toEqual(before);
  const fork = rigLedger(join(folder, 'drilled-fork'), home);
  await fork.grow(6);
  const forked = await drillRestoreOf({ ...wish, file: await backUp(fork, 'drilled-fork') });
  expect(forked).toMatchObject({ problem: { code: 'integrity' } });
  const longer = rigLedger(join(folder, 'longer'), home);
  cpSync(home.files.ledger, longer.files.ledger);
  await longer.grow(1);
  const ahead = await drillRestoreOf({ ...wish, file: await backUp(longer, 'longer') });
  expect(ahead).toMatchObject({ problem: { code: 'integrity' } });
  const torn = join(folder, 'torn.zst');
  cpSync(backup, torn);
  appendFileSync(torn, 'x');
  must(await drillRestoreOf({ ...wish, file: torn }));
});
