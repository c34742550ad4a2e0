import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { batch, headOf, leaf, ORIGIN } from '../../../test/contract/ledger-store.ts';
import { fillSmall, SMALL_LEAVES, storedIn } from '../../../test/ledger/small-ledger.ts';
import { utf8 } from '../../base/bytes.ts';
import { sha256 } from '../../base/digest.ts';
import type { Result } from '../../base/result.ts';
import { leafHash } from '../../core/ledger/merkle.ts';
import { inclusionProof, verifyInclusion } from '../../core/ledger/merkle-proof.ts';
import { formatVkey, noteKey } from '../../core/ledger/signed-note.ts';
import { verifyLedger } from '../../core/ledger/verify.ts';
import { createKeyFile, openKeyFile } from '../signer/file.ts';
import { memoryStore } from './memory.ts';
import { openSqliteStore, type SqliteStore, sqliteStore } from './sqlite.ts';
import { openSqliteReader } from './sqlite-reader.ts';
import { openForWriting } from './sqlite-schema.ts';
import { verifyStore } from './verify-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'aurora-verify-'));
const keyPath = join(folder, 'log.key');
const signer = ok(createKeyFile(keyPath));
const logKey = ok(noteKey(ORIGIN, signer.publicKey()));
const vkey = formatVkey(logKey);
const path = join(folder, 'ledger.db');
const LEAVES = SMALL_LEAVES;
let store: SqliteStore;
let copies = 0;

function ok<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.problem.message);
  return result.value;
}

/** A copy of the ledger, its write-ahead log folded in, changed by `change`. */
function damaged(change: (db: Database.Database) => void): string {
  copies += 1;
  const copy = join(folder, `copy-${copies}.db`);
  const source = new Database(path, { readonly: true });
  writeFileSync(copy, source.serialize());
  source.close();
  const db = new Database(copy);
  const triggers = db
    .prepare<[], string>(`SELECT sql FROM sqlite_schema WHERE type = 'trigger'`)
    .pluck()
    .all();
  db.exec('DROP TRIGGER leaves_stay; DROP TRIGGER leaves_are_kept; PRAGMA foreign_keys = OFF');
  change(db);
  for (const trigger of triggers) db.exec(trigger);
  db.close();
  return copy;
}

beforeAll(async () => {
  store = ok(openSqliteStore(path));
  await fillSmall(store, signer);
});
afterAll(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

test('an untouched ledger, read beside its writer', () => {
  expect(ok(verifyStore(path, vkey))).toMatchObject({
    entries: LEAVES,
    checkpoints: 6,
    unsignedEntries: 1,
    rows: 11,
    unsealedRows: 2,
    snapshots: 1,
    blobs: 1,
    damage: [],
    damageCount: 0,
  });
});

test('the memory store passes the same verification', async () => {
  const memory = memoryStore();
  await fillSmall(memory, signer);
  expect(verifyLedger(memory.contents(), logKey)).toEqual(ok(verifyStore(path, vkey)));
});

/** Sets one byte in the middle of the stored hash of a level. */
const flipHash = (level: number) => {
  const at = 32 * level + 16;
  return `UPDATE leaves SET hashes = CAST(substr(hashes, 1, ${at}) ||
   x'5a' || substr(hashes, ${at} + 2) AS BLOB)`;
};
const CASES: readonly (readonly [string, string, object])[] = [
  [
    'a body below the checkpoint',
    `UPDATE leaves SET body = replace(body, 'step 5', 'step 6') WHERE idx = 5`,
    { entry: 5, place: 'body' },
  ],
  [
    'the last body before the checkpoint, without a parent node',
    `UPDATE leaves SET body = replace(body, 'step 20', 'step 21') WHERE idx = 20`,
    { entry: 20, place: 'body' },
  ],
  ['a leaf hash', `${flipHash(0)} WHERE idx = 10`, { entry: 10, place: 'leaf hash' }],
  ['a node below others', `${flipHash(1)} WHERE idx = 5`, { entry: 4, place: 'node 1/2' }],
  ['a node at the top', `${flipHash(4)} WHERE idx = 15`, { entry: 0, place: 'node 4/0' }],
  [
    'a node cut off',
    `UPDATE leaves SET hashes = substr(hashes, 1, 32) WHERE idx = 1`,
    { entry: 0, place: 'node 1/0' },
  ],
  [
    'a node too many',
    `UPDATE leaves SET hashes = CAST(hashes || hashes AS BLOB) WHERE idx = 2`,
    { entry: 2, place: 'nodes' },
  ],
  [
    'a time',
    'UPDATE leaves SET at_ms = at_ms + 1 WHERE idx = 4',
    { entry: 4, place: 'column atMs' },
  ],
  ['an actor', `UPDATE leaves SET actor = 'x' WHERE idx = 4`, { entry: 4, place: 'column actor' }],
  [
    'a summary',
    `UPDATE leaves SET summary = '' WHERE idx = 4`,
    { entry: 4, place: 'column summary' },
  ],
  [
    'a foreign type',
    `UPDATE leaves SET type = '' WHERE idx = 8`,
    { entry: 8, place: 'column type' },
  ],
  [
    'an unquoted blob',
    'UPDATE leaves SET blob_sha256 = NULL WHERE idx = 6',
    { entry: 6, place: 'column blobSha256' },
  ],
  ['a missing leaf', 'DELETE FROM leaves WHERE idx = 13', { entry: 13, place: 'entry' }],
  [
    'leaves cut off',
    'DELETE FROM leaves WHERE idx > 17',
    { entry: 18, place: 'checkpoint 20', message: 'signed, but entries 18 to 19 are missing' },
  ],
  [
    'a sealed row',
    `UPDATE interval_rows SET body = replace(body, '103', '13') WHERE seq = 3`,
    { entry: 3, place: 'rows 3 of payments-2.4.0' },
  ],
  [
    "a row's check",
    `UPDATE interval_rows SET row_check = replace(row_check, 'a', 'b') WHERE seq = 7`,
    { entry: 9, place: 'rows 7 of payments-2.4.0' },
  ],
  [
    'a row taken out',
    'DELETE FROM interval_rows WHERE seq = 8',
    { entry: 9, place: 'rows 6-9 of payments-2.4.0' },
  ],
  [
    'a row put between segments',
    `INSERT INTO interval_rows SELECT promotion, 5, row_check, body FROM interval_rows WHERE seq = 4`,
    { entry: 9, place: 'rows 5 of payments-2.4.0' },
  ],
  [
    'an unsealed row',
    `UPDATE interval_rows SET body = '{}' WHERE seq = 11`,
    { entry: null, place: 'rows 11 of payments-2.4.0' },
  ],
  [
    'all rows moved away',
    `UPDATE interval_rows SET promotion = 'other'`,
    { entry: null, place: 'rows 0 of other' },
  ],
  [
    'a checkpoint note',
    `UPDATE checkpoints SET note = replace(note, char(10) || '12', char(10) || '13') WHERE size = 12`,
    { entry: 11, place: 'checkpoint 12' },
  ],
  [
    'a checkpoint under another size',
    'UPDATE checkpoints SET size = 13 WHERE size = 12',
    { entry: 12, place: 'checkpoint 13', message: 'it is signed for size 12' },
  ],
  [
    'a snapshot',
    `UPDATE snapshots SET body = replace(body, 'soak', 'done')`,
    { entry: 9, place: 'snapshot of payments-2.4.0' },
  ],
  [
    'a snapshot that has ended',
    'UPDATE snapshots SET ended = 1',
    { entry: 9, place: 'snapshot of payments-2.4.0' },
  ],
  [
    'a snapshot of another leaf',
    'UPDATE snapshots SET leaf_idx = 10',
    { entry: 10, place: 'snapshot of payments-2.4.0' },
  ],
  [
    'a blob',
    `UPDATE blobs SET body = x'00'`,
    { entry: 6, place: `blob ${sha256('a large body')}` },
  ],
  ['the term', 'UPDATE controller SET term = 0', { entry: null, place: 'term' }],
  ['a blob gone', 'DELETE FROM blobs', { entry: 6, place: `blob ${sha256('a large body')}` }],
];

describe('damage is named by entry and place', () => {
  test.each(CASES)('%s', (_, statement, found) => {
    const copy = damaged((db) => {
      expect(db.prepare(statement).run().changes).toBeGreaterThan(0);
    });
    const report = ok(verifyStore(copy, vkey));
    expect(report.damage[0]).toMatchObject(found);
    expect(report.damageCount).toBe(report.damage.length);
  });

  test('all of it, not the first alone', () => {
    const copy = damaged((db) => {
      db.exec(`UPDATE leaves SET body = replace(body, 'step', 'stop') WHERE idx IN (2, 7, 19)`);
    });
    const { damage } = ok(verifyStore(copy, vkey));
    expect(damage.map(({ entry, place }) => [entry, place])).toEqual([
      [2, 'body'],
      [7, 'body'],
      [19, 'body'],
    ]);
  });

  test('a forger who rehashes everything still lacks the key', () => {
    const copy = damaged((db) => {
      const forged = leaf({ n: 20, summary: 'all is well' });
      db.prepare('UPDATE leaves SET body = ?, summary = ?, hashes = ? WHERE idx = 18').run(
        forged.body,
        forged.summary,
        leafHash(forged.body),
      );
    });
    expect(ok(verifyStore(copy, vkey)).damage[0]).toMatchObject({ place: 'node 1/9' });
  });

  test('an audit log that shows something else', () => {
    const copy = damaged((db) => {
      db.exec('DROP VIEW audit_log; CREATE VIEW audit_log AS SELECT 1 AS id');
    });
    const refused = {
      problem: { code: 'integrity', message: `${copy}: not as it was made: view audit_log` },
    };
    expect(verifyStore(copy, vkey)).toMatchObject(refused);
    expect(openSqliteStore(copy)).toMatchObject(refused);
  });

  test('another key verifies nothing', () => {
    const stranger = ok(createKeyFile(join(folder, `stranger-${copies}.key`)));
    const other = formatVkey(ok(noteKey(ORIGIN, stranger.publicKey())));
    const report = ok(verifyStore(path, other));
    expect(report).toMatchObject({ damageCount: 6, unsignedEntries: LEAVES });
    expect(verifyStore(path, 'x')).toMatchObject({ problem: { code: 'invalid-file' } });
  });
});

test('bytes of the file: whichever is changed, it is named or has no effect', () => {
  const whole = damaged(() => {});
  const size = statSync(whole).size;
  const wanted = sha256(JSON.stringify(storedIn(whole)));
  let named = 0;
  for (let at = 97; at < size; at += 397) {
    const copy = join(folder, 'flipped.db');
    copyFileSync(whole, copy);
    const bytes = readFileSync(copy);
    bytes[at] = (bytes[at] ?? 0) ^ 0x41;
    writeFileSync(copy, bytes);
    const result = verifyStore(copy, vkey);
    if (!result.ok || result.value.damageCount > 0) named += 1;
    else expect(sha256(JSON.stringify(storedIn(copy))), `byte ${at} went unnoticed`).toBe(wanted);
  }
  expect(named).toBeGreaterThan(20);
});

test('audit_log: the sqlite3 shell reads it while the ledger is open', () => {
  const shell = (sql: string): string =>
    execFileSync('sqlite3', ['-readonly', path, sql], { encoding: 'utf8' });
  if (spawnSync('sqlite3', ['--version']).error !== undefined) {
    process.stderr.write('left out: reading audit_log (no sqlite3 shell on this machine)\n');
    return;
  }
  const [row] = shell('SELECT * FROM audit_log WHERE id = 4').trim().split('\n');
  const body = leaf({ n: 4, summary: 'step 4' }).body;
  expect(row?.split('|')).toEqual([
    '4',
    '2025-11-24 16:00:00',
    'payments-2.4.0',
    'tick',
    'controller',
    'step 4',
    body,
    Buffer.from(leafHash(body)).toString('hex'),
    '',
  ]);
  expect(shell(`SELECT count(*) FROM audit_log WHERE timestamp > '2025-11-24'`).trim()).toBe('21');
  expect(shell(`SELECT count(*) FROM audit_log WHERE timestamp > '2025-11-25'`).trim()).toBe('0');
});

test('the ledger is append-only for other connections too', () => {
  const db = new Database(path);
  expect(() => db.exec('DELETE FROM leaves')).toThrow(/append-only/);
  expect(() => db.exec(`UPDATE leaves SET summary = ''`)).toThrow(/append-only/);
  db.close();
});

test('reading beside the port: filters, single entries, proofs from the stored nodes', () => {
  const reader = ok(openSqliteReader(path));
  const indexes = (filter: Parameters<typeof reader.list>[0]) =>
    ok(reader.list(filter)).map(({ index }) => index);
  expect(indexes({ limit: 3 })).toEqual([18, 19, 20]);
  expect(indexes({ type: 'hashedrekord', limit: 9 })).toEqual([8]);
  expect(indexes({ promotion: 'other', limit: 9 })).toEqual([]);
  expect(indexes({ promotion: 'payments-2.4.0', sinceMs: 1_764_000_000_124, limit: 9 })).toEqual(
    [],
  );
  expect(ok(reader.leaf(6))).toMatchObject({ index: 6, summary: 'step 6' });
  expect(ok(reader.leaf(21))).toBeNull();
  expect(ok(reader.checkpoint(19))?.size).toBe(16);
  expect(ok(reader.checkpoint(0))).toBeNull();
  expect(ok(reader.snapshot('payments-2.4.0'))?.leafIndex).toBe(9);
  const { root } = ok(verifyStore(path, vkey));
  for (let index = 0; index < LEAVES; index += 1) {
    const proof = ok(inclusionProof(index, LEAVES, reader.node));
    const body = ok(reader.leaf(index))?.body ?? '';
    expect(verifyInclusion({ index, size: LEAVES, leafHash: leafHash(body), proof, root })).toBe(
      true,
    );
  }
  expect(reader.node(5, 0)).toBeNull();
  reader.close();
});

describe('opening', () => {
  test('what is no ledger is not opened as one', () => {
    const text = join(folder, 'text.db');
    writeFileSync(text, 'not a database, and longer than the header of one would be '.repeat(9));
    expect(openSqliteStore(text)).toMatchObject({ problem: { code: 'invalid-file' } });
    const foreign = join(folder, 'foreign.db');
    new Database(foreign).exec('CREATE TABLE t (x)').close();
    expect(openSqliteStore(foreign)).toMatchObject({ problem: { code: 'invalid-file' } });
    const newer = damaged((db) => db.pragma('user_version = 2'));
    expect(openSqliteStore(newer)).toMatchObject({ problem: { code: 'invalid-file' } });
    for (const missing of [join(folder, 'none.db'), join(folder, 'no/such/folder.db')]) {
      expect(openSqliteReader(missing)).toMatchObject({ problem: { code: 'unavailable' } });
    }
    expect(openSqliteStore(join(folder, 'no/such/folder.db'))).toMatchObject({ ok: false });
  });

  test('a second writer waits, is answered, and fences the first by its term', async () => {
    const shared = join(folder, 'shared.db');
    const [first, second] = [ok(openSqliteStore(shared)), ok(openSqliteStore(shared))];
    ok(await first.append(batch({ leaves: [leaf()] })));
    ok(await second.append(batch({ term: 2, firstIndex: 1, leaves: [leaf({ n: 1 }), leaf()] })));
    const late = await first.append(batch({ firstIndex: 1, leaves: [leaf()] }));
    expect(late).toMatchObject({ problem: { code: 'refused' } });
    ok(await first.append(batch({ term: 2, firstIndex: 3, leaves: [leaf({ n: 3 })] })));
    expect(ok(verifyStore(shared, vkey))).toMatchObject({ entries: 4, damageCount: 0 });
    first.close();
    second.close();
  });

  test('a disk that is full: unavailable, nothing half written, and on when there is room', async () => {
    const small = join(folder, 'small.db');
    const full = ok(openSqliteStore(small));
    full.close();
    const db = ok(openForWriting(small));
    db.pragma(`max_page_count = ${Number(db.pragma('page_count', { simple: true })) + 2}`);
    const again = sqliteStore(db);
    const many = Array.from({ length: 200 }, (_, n) => leaf({ n }));
    const answer = await again.append(batch({ leaves: many }));
    expect(answer).toMatchObject({ problem: { code: 'unavailable' } });
    expect((await headOf(again)).size).toBe(0);
    ok(await again.append(batch({ leaves: many.slice(0, 1) })));
    again.close();
    expect(ok(verifyStore(small, vkey))).toMatchObject({ entries: 1, damageCount: 0 });
  });
});

describe('the key file', () => {
  test('is made once, for its owner alone, and signs as before when opened', async () => {
    expect(statSync(keyPath).mode % 0o1000).toBe(0o600);
    expect(createKeyFile(keyPath)).toMatchObject({ problem: { code: 'conflict' } });
    const again = ok(openKeyFile(keyPath));
    expect(again.publicKey()).toEqual(signer.publicKey());
    expect(ok(await again.sign(utf8('x')))).toEqual(ok(await signer.sign(utf8('x'))));
  });

  test('others may not read it, and it must hold an Ed25519 key', () => {
    const open = join(folder, 'open.key');
    writeFileSync(open, readFileSync(keyPath), { mode: 0o640 });
    expect(openKeyFile(open)).toMatchObject({ problem: { code: 'not-allowed' } });
    const junk = join(folder, 'junk.key');
    writeFileSync(junk, 'junk', { mode: 0o600 });
    expect(openKeyFile(junk)).toMatchObject({ problem: { code: 'invalid-file' } });
    expect(openKeyFile(join(folder, 'none.key'))).toMatchObject({ problem: { code: 'not-found' } });
    expect(openKeyFile(folder)).toMatchObject({ ok: false });
  });
});
