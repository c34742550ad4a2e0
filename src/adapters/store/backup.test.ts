import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { zstdDecompressSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { must, type RigLedger, rigLedger } from '../../../test/rig/ledger.ts';
import { toHex } from '../../base/bytes.ts';
import { backUpLedger } from './backup.ts';
import { backupName, listBackups, pruneBackups } from './backup-files.ts';
import { openSqliteReader } from './sqlite-reader.ts';
import { unpackBackup } from './unpack-backup.ts';

const NOW_MS = Date.UTC(2026, 10, 21, 4, 0, 0);
const MINUTE_MS = 60_000;
/** Enough for a copy, a compression and a verification that can be interrupted. */
const MANY = 5_000;

const folder = mkdtempSync(join(tmpdir(), 'aurora-backup-'));
const children: ChildProcess[] = [];
let small: RigLedger;
let large: RigLedger;
beforeAll(async () => {
  small = rigLedger(join(folder, 'small'));
  await small.grow(4);
  await small.grow(1, false);
  large = rigLedger(join(folder, 'large'));
  await large.grow(MANY);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let folders = 0;
const freshFolder = (): string => {
  folders += 1;
  return join(folder, `backups-${folders}`);
};
const everything = { keep: 1_000, keepForMs: 1_000 * MINUTE_MS };
const make = (of: RigLedger, into: string, nowMs = NOW_MS) =>
  backUpLedger({
    ledger: of.files.ledger,
    vkey: of.vkey,
    into: { folder: into, retention: everything },
    nowMs,
  });
const unpack = (file: string, of: RigLedger) => {
  const into = join(folder, 'unpacked.db');
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${into}${suffix}`, { force: true });
  return unpackBackup(file, into, of.vkey);
};

test('a backup is named by time, size and root, is its owner’s alone, and gives the ledger back', async () => {
  const into = freshFolder();
  const made = must(await make(small, into));
  expect(made).toMatchObject({ entries: 5, unsignedEntries: 1, takenAtMs: NOW_MS, removed: [] });
  expect(made.path).toBe(join(into, `ledger-20261121T040000Z-5-${made.root.slice(0, 16)}.db.zst`));
  expect(statSync(made.path).mode & 0o777).toBe(0o600);
  expect(made.bytes).toBeLessThan(made.ledgerBytes);
  expect(readdirSync(into)).toEqual([made.path.slice(into.length + 1)]);
  const held = must(await unpack(made.path, small));
  expect([held.entries, toHex(held.root), held.damageCount]).toEqual([5, made.root, 0]);
  expect(must(listBackups(into))).toEqual([
    { path: made.path, takenAtMs: NOW_MS, entries: 5, bytes: made.bytes },
  ]);
  const out = join(folder, 'by-hand.zst');
  const wish = { ledger: small.files.ledger, vkey: small.vkey, into: { file: out } };
  expect(must(await backUpLedger({ ...wish, nowMs: NOW_MS })).path).toBe(out);
  expect(must(await unpack(out, small)).entries).toBe(5);
});

test('every byte of a backup counts: a flipped one is refused, or changes nothing', async () => {
  const made = must(await make(small, freshFolder()));
  const sound = readFileSync(made.path);
  must(await unpack(made.path, small));
  const whole = readFileSync(join(folder, 'unpacked.db'));
  const bad = join(folder, 'flipped.zst');
  let refused = 0;
  for (let at = 0; at < sound.length; at += 1) {
    const bytes = Buffer.from(sound);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
    const read = decompressed(bytes);
    if (read !== null) expect(whole.equals(read), `byte ${at}`).toBe(true);
    else refused += 1;
    if (at % BYTES_A_FILE !== 0) continue;
    writeFileSync(bad, bytes);
    const result = await unpack(bad, small);
    expect(result.ok ? 'whole' : result.problem.code).toBe(read === null ? 'integrity' : 'whole');
  }
  expect(refused).toBeGreaterThan(sound.length * 0.99);
});

/** Each byte by the library, one in so many through the file system as well. */
const BYTES_A_FILE = 61;

function decompressed(bytes: Uint8Array): Buffer | null {
  try {
    return zstdDecompressSync(bytes);
  } catch {
    return null;
  }
}

test('what is no whole backup of this ledger is refused as damage', async () => {
  const made = must(await make(small, freshFolder()));
  const sound = readFileSync(made.path);
  const other = rigLedger(join(folder, 'other'));
  await other.grow(5);
  const cases: [string, Uint8Array][] = [
    ['empty', new Uint8Array()],
    ['cut short', sound.subarray(0, sound.length - 5)],
    ['text', Buffer.from('not a backup')],
    ['a database that is not compressed', readFileSync(small.files.ledger)],
    ['of another log', readFileSync(must(await make(other, freshFolder())).path)],
  ];
  const bad = join(folder, 'bad.zst');
  for (const [what, bytes] of cases) {
    writeFileSync(bad, bytes);
    expect(await unpack(bad, small), what).toMatchObject({ problem: { code: 'integrity' } });
  }
  const none = await unpack(join(folder, 'none'), small);
  expect(none).toMatchObject({ problem: { code: 'not-found' } });
});

test('a damaged ledger gives no backup, and leaves nothing', async () => {
  const damaged = rigLedger(join(folder, 'damaged'));
  await damaged.grow(3);
  const bytes = readFileSync(damaged.files.ledger);
  bytes.write('stop 1', bytes.indexOf('step 1'));
  writeFileSync(damaged.files.ledger, bytes);
  const into = freshFolder();
  const made = await make(damaged, into);
  expect(made).toMatchObject({ problem: { code: 'integrity' } });
  expect(made.ok ? '' : made.problem.message).toMatch(/entry 1, /);
  expect(readdirSync(into)).toEqual([]);
});

test.each([
  ['a count', { keep: 3, keepForMs: 1_000 * MINUTE_MS }, [0, 1, 2]],
  ['an age', { keep: 100, keepForMs: 45 * MINUTE_MS }, [0, 1, 2, 3]],
  ['age leaves two', { keep: 100, keepForMs: 1 }, [0, 1]],
  ['a count of one', { keep: 1, keepForMs: 1 }, [0]],
])('retention by %s', (_, retention, kept) => {
  const into = freshFolder();
  mkdirSync(into);
  const names = Array.from({ length: 6 }, (__, i) =>
    backupName({
      atMs: NOW_MS - i * 15 * MINUTE_MS,
      entries: 100 - i,
      rootHex: '0123456789abcdef0123',
    }),
  );
  const strangers = ['notes.txt', 'ledger-x.db.zst', '.ledger.zst'];
  for (const name of [...names, ...strangers]) writeFileSync(join(into, name), '');
  must(pruneBackups(into, retention, NOW_MS));
  const left = readdirSync(into).filter((name) => !strangers.includes(name));
  expect(left.sort()).toEqual(kept.map((i) => names[i]).sort());
  expect(readdirSync(into)).toHaveLength(kept.length + strangers.length);
  expect(must(listBackups(join(into, 'none')))).toEqual([]);
});

const url = (path: string): string =>
  JSON.stringify(pathToFileURL(join(import.meta.dirname, path)));
const WRITER = `
  import { openSqliteStore } from ${url('sqlite.ts')};
  import { batch, leaves } from ${url('../../../test/contract/ledger-store.ts')};
  const { value: store } = openSqliteStore(process.argv[1]);
  for (;;) {
    const { value: { size } } = await store.head();
    await store.append(batch({ firstIndex: size, leaves: leaves(5, size) }));
    process.stdout.write(size + 5 + '\\n');
    await new Promise((done) => setImmediate(done));
  }
`;
const BACKUP = `
  import { backUpLedger } from ${url('backup.ts')};
  const [ledger, vkey, folder] = process.argv.slice(1);
  const into = { folder, retention: { keep: 10, keepForMs: 1e9 } };
  process.stdout.write('begun\\n');
  const made = await backUpLedger({ ledger, vkey, into, nowMs: Date.now() });
  process.stdout.write(made.ok ? 'made\\n' : made.problem.message + '\\n');
`;

function start(script: string, ...words: string[]): ChildProcess & { said: () => string } {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  let text = '';
  child.stdout.on('data', (part: Buffer) => {
    text += part.toString();
  });
  return Object.assign(child, { said: () => text });
}

test('beside a writer that never rests: a backup of one moment, and no append is lost', async () => {
  const busy = rigLedger(join(folder, 'busy'));
  await busy.grow(MANY / 4);
  const writer = start(WRITER, busy.files.ledger);
  const lastSaid = (): number => Number(writer.said().trimEnd().split('\n').at(-1) ?? '0');
  await expect.poll(lastSaid).toBeGreaterThan(MANY / 4);
  const into = freshFolder();
  for (let i = 0; i < 3; i += 1) {
    const before = lastSaid();
    const made = must(await make(busy, into, NOW_MS + i * MINUTE_MS));
    expect(made.entries).toBeGreaterThanOrEqual(before);
    await expect.poll(lastSaid).toBeGreaterThan(made.entries);
    const reader = must(openSqliteReader(busy.files.ledger));
    expect(toHex(must(reader.rootAt(made.entries)))).toBe(made.root);
    reader.close();
  }
  writer.kill('SIGKILL');
  await once(writer, 'exit');
  const reader = must(openSqliteReader(busy.files.ledger));
  expect(must(reader.size())).toBeGreaterThanOrEqual(lastSaid());
  reader.close();
});

test('killed at any moment, it leaves no half file that counts; the next one tidies up', async () => {
  const into = freshFolder();
  let [halves, wholes] = [0, 0];
  for (let afterMs = 0; wholes === 0 && afterMs < 20_000; afterMs = afterMs * 2 + 30) {
    const child = start(BACKUP, large.files.ledger, large.vkey, into);
    await expect.poll(child.said).toContain('begun');
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    const backups = must(listBackups(into));
    for (const { path } of backups) expect(must(await unpack(path, large)).entries).toBe(MANY);
    wholes += backups.length;
    if (readdirSync(into).length > backups.length) halves += 1;
  }
  expect(wholes).toBe(1);
  expect(halves).toBeGreaterThan(0);
  must(await make(large, into));
  expect(readdirSync(into)).toHaveLength(2);
}, 60_000);

test('two at once harm one another no more than a dead one does', async () => {
  const into = freshFolder();
  const both = [make(small, into, NOW_MS), make(small, into, NOW_MS + MINUTE_MS)];
  for (const made of await Promise.all(both)) must(made);
  expect(readdirSync(into)).toHaveLength(2);
});

test('a full disk: unavailable, nothing is left, and the older backup stays', async () => {
  const into = freshFolder();
  mkdirSync(into);
  const words = ['-t', 'tmpfs', '-o', 'size=2m,mode=700', 'tmpfs', into];
  if (spawnSync('mount', words).status !== 0) {
    console.log('left out: this machine lets us mount no small disk');
    return;
  }
  try {
    const older = must(await make(small, into));
    const onlyOlder = (): void => {
      expect(readdirSync(into)).toEqual([older.path.slice(into.length + 1)]);
    };
    // Seen before it begins.
    const large1 = await make(large, into, NOW_MS + MINUTE_MS);
    expect(large1).toMatchObject({ problem: { code: 'unavailable' } });
    expect(large1.ok ? '' : large1.problem.message).toMatch(/\d+ MiB more are needed/);
    onlyOlder();
    // Somebody else fills it while the copy is made.
    const filler = join(into, 'filler');
    const going = make(small, into, NOW_MS + MINUTE_MS);
    const { bavail, bsize } = statfsSync(into);
    appendFileSync(filler, Buffer.alloc(bavail * bsize));
    const filled = await going;
    expect(filled).toMatchObject({ problem: { code: 'unavailable' } });
    expect(filled.ok ? '' : filled.problem.message).toMatch(/full|ENOSPC/);
    rmSync(filler);
    onlyOlder();
    must(await unpack(older.path, small));
    must(await make(small, into, NOW_MS + MINUTE_MS));
  } finally {
    spawnSync('umount', ['-l', into]);
  }
});

test('a folder that is none, a key that is none, a ledger that is none', async () => {
  const file = join(folder, 'occupied');
  writeFileSync(file, '');
  expect(await make(small, join(file, 'in'))).toMatchObject({ ok: false });
  const wish = { into: { folder: freshFolder(), retention: everything }, nowMs: NOW_MS };
  const keyless = await backUpLedger({ ...wish, ledger: small.files.ledger, vkey: 'no key' });
  expect(keyless.ok).toBe(false);
  const lost = await backUpLedger({ ...wish, ledger: join(folder, 'no.db'), vkey: small.vkey });
  expect(lost).toMatchObject({ problem: { code: 'not-found' } });
  const plain = join(folder, 'plain.db');
  new Database(plain).exec('CREATE TABLE t (x)').close();
  const strange = await backUpLedger({ ...wish, ledger: plain, vkey: small.vkey });
  expect(strange).toMatchObject({ problem: { code: 'invalid-file' } });
});
