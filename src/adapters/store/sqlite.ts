import type Database from 'better-sqlite3';
import { concatBytes } from '../../base/bytes.ts';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Frontier } from '../../core/ledger/merkle.ts';
import { readFrontier } from '../../core/ledger/merkle-proof.ts';
import { rowCheck } from '../../core/ledger/segment.ts';
import type { AppendBatch, LedgerStore } from '../../engine/ports.ts';
import { type GrownTree, grow, placeFault } from './append-check.ts';
import { leavesDoubt, sqliteProblem } from './sqlite-problem.ts';
import { type SqliteReader, sqliteReader } from './sqlite-reader.ts';
import { openForWriting } from './sqlite-schema.ts';

/** The ledger in a SQLite file: WAL, synchronous=FULL, one writer. */
export interface SqliteStore extends LedgerStore {
  /** Beside the port, synchronous, on the same connection. */
  reader: Omit<SqliteReader, 'close'>;
  close(): void;
}

/** Opens or makes the ledger at `path`; problems as in `openForWriting`. */
export function openSqliteStore(path: string): Result<SqliteStore> {
  const opened = openForWriting(path);
  return opened.ok ? ok(sqliteStore(opened.value)) : opened;
}

/** The store on a connection of `openForWriting`. */
export function sqliteStore(db: Database.Database): SqliteStore {
  const reader = sqliteReader(db);
  const append = appender(db, reader);
  return {
    reader,
    append: async (batch) => append(batch),
    head: async () => reader.head(),
    leaves: async (from, to) => reader.leaves(from, to),
    rows: async (promotion, afterSeq, limit) => reader.rows(promotion, afterSeq, limit),
    blob: async (sha256) => reader.blob(sha256),
    close: () => {
      if (!db.open) return;
      foldLog(db);
      db.close();
    },
  };
}

/**
 * Whoever copies the file of a stopped controller has the whole ledger in it. Where the disk refuses,
 * all of it stays in file and write-ahead log together, and the next opening takes it up from there.
 */
function foldLog(db: Database.Database): void {
  try {
    db.pragma('wal_checkpoint(TRUNCATE)');
  } catch (error) {
    sqliteProblem(error, `closing ${db.name}`);
  }
}

type Append = (batch: AppendBatch) => Result<void>;

function appender(db: Database.Database, reader: SqliteReader): Append {
  const sql = statements(db);
  let known: Frontier | null = null;
  let doubt: Problem | null = null;

  /** The frontier on disk: kept between batches, read again when another process has written. */
  const frontierAt = (size: number): Result<Frontier> => {
    if (known?.size === size) return ok(known);
    return readFrontier(size, reader.node);
  };

  const write = (batch: AppendBatch): Result<Frontier> => {
    const [size, term] = [sql.size.get() ?? 0, sql.term.get() ?? 0];
    const misplaced = placeFault(batch, { size, term });
    if (misplaced !== null) return fail(misplaced);
    const frontier = frontierAt(size);
    if (!frontier.ok) return frontier;
    const grown = grow(frontier.value, batch);
    if (!grown.ok) return grown;
    if (batch.term > term) sql.setTerm.run(batch.term);
    insert(sql, batch, grown.value);
    return ok(grown.value.frontier);
  };

  return (batch) => {
    if (doubt !== null) return fail(doubt);
    try {
      sql.begin.run();
      const written = write(batch);
      if (!written.ok) {
        sql.rollback.run();
        return written;
      }
      sql.commit.run();
      known = written.value;
      return ok(undefined);
    } catch (error) {
      known = null;
      if (leavesDoubt(error)) {
        // A failed flush may have dropped pages that a later, successful flush would not write.
        doubt = problem('unavailable', 'an earlier write failed half way', 'reopen the ledger');
      }
      if (db.inTransaction) rollBack(db, sql);
      return fail(sqliteProblem(error, `appending to ${db.name}`));
    }
  };
}

/** A roll-back that fails as well has nothing to add: the first error is the one reported. */
function rollBack(db: Database.Database, sql: ReturnType<typeof statements>): void {
  try {
    sql.rollback.run();
  } catch (error) {
    sqliteProblem(error, `rolling back ${db.name}`);
  }
}

function statements(db: Database.Database) {
  return {
    begin: db.prepare('BEGIN IMMEDIATE'),
    commit: db.prepare('COMMIT'),
    rollback: db.prepare('ROLLBACK'),
    size: db.prepare<[], number | null>('SELECT max(idx) + 1 FROM leaves').pluck(),
    term: db.prepare<[], number>('SELECT term FROM controller').pluck(),
    setTerm: db.prepare<[number]>('UPDATE controller SET term = ?'),
    row: db.prepare(
      'INSERT INTO interval_rows (promotion, seq, row_check, body) VALUES (?, ?, ?, ?)',
    ),
    blob: db.prepare('INSERT INTO blobs (sha256, body) VALUES (?, ?) ON CONFLICT DO NOTHING'),
    leaf: db.prepare(
      `INSERT INTO leaves
       (idx, hashes, promotion, at_ms, type, actor, blob_sha256, summary, body)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    checkpoint: db.prepare(
      `INSERT INTO checkpoints (size, note) VALUES (?, ?)
       ON CONFLICT (size) DO UPDATE SET note = excluded.note`,
    ),
    snapshot: db.prepare(
      'INSERT INTO snapshots (promotion, ended, leaf_idx, state_sha256, body) VALUES (?, ?, ?, ?, ?)',
    ),
  };
}

function insert(
  sql: ReturnType<typeof statements>,
  batch: AppendBatch,
  { hashes, frontier }: GrownTree,
): void {
  for (const row of batch.rows) sql.row.run(row.promotion, row.seq, rowCheck(row), row.body);
  for (const { sha256, body } of batch.blobs) sql.blob.run(sha256, body);
  batch.leaves.forEach((leaf, i) => {
    sql.leaf.run(
      batch.firstIndex + i,
      concatBytes(...(hashes[i] ?? [])),
      leaf.promotion,
      leaf.atMs,
      leaf.type,
      leaf.actor,
      leaf.blobSha256,
      leaf.summary,
      leaf.body,
    );
  });
  if (batch.checkpoint !== '') sql.checkpoint.run(frontier.size, batch.checkpoint);
  for (const { promotion, ended, leafIndex, stateSha256, body } of batch.snapshots) {
    sql.snapshot.run(promotion, Number(ended), leafIndex, stateSha256, body);
  }
}
