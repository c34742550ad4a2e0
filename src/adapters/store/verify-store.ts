import type Database from 'better-sqlite3';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { parseVkey } from '../../core/ledger/signed-note.ts';
import {
  type AuditedLeaf,
  type LedgerContents,
  type VerifyReport,
  verifyLedger,
} from '../../core/ledger/verify.ts';
import { sqliteProblem } from './sqlite-problem.ts';
import { openForReading, pageFaults } from './sqlite-schema.ts';

/**
 * Reads and re-hashes all of the ledger at `path`, beside its writer and as of one moment, against
 * the log key `vkey`. Damage is in the report; `integrity` when SQLite itself can't read on, with
 * the table and the last entry that was whole.
 */
export function verifyStore(path: string, vkey: string): Result<VerifyReport> {
  const key = parseVkey(vkey);
  if (!key.ok) return key;
  const opened = openForReading(path);
  if (!opened.ok) return opened;
  const db = opened.value;
  const progress: Progress = { table: 'leaves', entry: -1, reads: [] };
  const where = (): string => `${path}, table ${progress.table}, after entry ${progress.entry}`;
  try {
    db.exec('BEGIN');
    const report = verifyLedger(sqliteContents(db, progress), key.value);
    progress.table = 'of indexes';
    const faults = pageFaults(db).map((message) => ({ entry: null, place: 'file', message }));
    const damageCount = report.damageCount + faults.length;
    return ok({ ...report, damage: [...report.damage, ...faults], damageCount });
  } catch (error) {
    if (error instanceof UnreadableRow) {
      return fail(problem('integrity', `${where()}: ${error.message}`));
    }
    return fail(sqliteProblem(error, where()));
  } finally {
    for (const rows of progress.reads) rows.return?.(); // SQLite closes with no read under way
    db.close();
  }
}

/** A value of a kind that the schema does not let in: the file was changed behind SQLite's back. */
class UnreadableRow extends Error {
  override name = 'UnreadableRow';
}

interface Progress {
  table: string;
  entry: number;
  reads: IterableIterator<Row>[];
}

function sqliteContents(db: Database.Database, progress: Progress): LedgerContents {
  const read = <T>(table: string, select: string, toItem: (row: Row) => T): Iterable<T> => {
    return { [Symbol.iterator]: () => items(db, progress, table, select, toItem) };
  };
  return {
    leaves: { [Symbol.iterator]: () => leaves(db, progress) },
    checkpoints: read('checkpoints', 'SELECT size, note FROM checkpoints ORDER BY size', (row) => ({
      size: count(row[0]),
      note: text(row[1]),
    })),
    snapshots: read(
      'snapshots',
      `SELECT promotion, ended, leaf_idx, state_sha256, body
       FROM snapshots ORDER BY leaf_idx, promotion`,
      (row) => ({
        promotion: text(row[0]),
        ended: count(row[1]) === 1,
        leafIndex: count(row[2]),
        stateSha256: text(row[3]),
        body: text(row[4]),
      }),
    ),
    rows: read(
      'interval_rows',
      'SELECT promotion, seq, row_check, body FROM interval_rows ORDER BY promotion, seq',
      (row) => ({
        promotion: text(row[0]),
        seq: count(row[1]),
        check: text(row[2]),
        body: text(row[3]),
      }),
    ),
    blobs: read('blobs', 'SELECT sha256, body FROM blobs', (row) => ({
      sha256: text(row[0]),
      body: bytes(row[1]),
    })),
    term: count(db.prepare('SELECT term FROM controller').pluck().get()),
  };
}

type Row = readonly unknown[];

function* items<T>(
  db: Database.Database,
  progress: Progress,
  table: string,
  select: string,
  toItem: (row: Row) => T,
): Generator<T> {
  const rows = db.prepare<[], Row>(select).raw().iterate();
  progress.reads.push(rows);
  for (const row of rows) {
    progress.table = table;
    yield toItem(row);
  }
}

const LEAVES_AT_ONCE = 256;

/**
 * Leaves come in runs: a step of an SQLite cursor each would cost a third more. Their hashes come as
 * texts: to hand over a Buffer costs as much as all other columns together.
 */
function* leaves(db: Database.Database, progress: Progress): Generator<AuditedLeaf> {
  const run = db
    .prepare<[number, number], Row>(
      `SELECT idx, CASE typeof(hashes) WHEN 'blob' THEN hex(hashes) END,
         promotion, at_ms, type, actor, blob_sha256, summary, body
       FROM leaves WHERE idx > ? ORDER BY idx LIMIT ?`,
    )
    .raw();
  let last = Number.MIN_SAFE_INTEGER;
  for (let rows = run.all(last, LEAVES_AT_ONCE); rows.length > 0; ) {
    for (const row of rows) {
      const leaf = toLeaf(row);
      last = leaf.index;
      progress.entry = leaf.index;
      yield leaf;
    }
    progress.table = 'leaves';
    rows = run.all(last, LEAVES_AT_ONCE);
  }
}

function toLeaf(row: Row): AuditedLeaf {
  return {
    index: count(row[0]),
    hashes: bytesOfHex(row[1]),
    promotion: text(row[2]),
    atMs: count(row[3]),
    type: text(row[4]),
    actor: text(row[5]),
    blobSha256: row[6] === null ? null : text(row[6]),
    summary: text(row[7]),
    body: text(row[8]),
  };
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new UnreadableRow('a text is not stored as one');
  return value;
}

function bytes(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new UnreadableRow('bytes are not stored as such');
  return value;
}

/** Of SQLite's own hex(); its null stands for what is no blob. */
function bytesOfHex(value: unknown): Uint8Array {
  if (typeof value !== 'string') throw new UnreadableRow('bytes are not stored as such');
  return Buffer.from(value, 'hex');
}

function count(value: unknown): number {
  if (typeof value !== 'number') throw new UnreadableRow('a number is not stored as one');
  return value;
}
