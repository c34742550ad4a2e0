import type Database from 'better-sqlite3';
import { fail, ok, type Result } from '../../base/result.ts';
import {
  completingLeaf,
  frontierRoot,
  frontierTexts,
  type Hash,
  hashAt,
} from '../../core/ledger/merkle.ts';
import { type HashReader, readFrontier } from '../../core/ledger/merkle-proof.ts';
import type { IntervalRow, LedgerHead, Snapshot, StoredLeaf } from '../../engine/ports.ts';
import { sqliteProblem } from './sqlite-problem.ts';
import { openForReading } from './sqlite-schema.ts';

/** Which leaves to list; a field that is absent restricts nothing. `limit` counts from the newest. */
export interface LeafFilter {
  promotion?: string;
  type?: string;
  sinceMs?: number;
  limit: number;
}

/** Which ended promotions to list; `limit` counts from the one that ended last. */
export interface EndedFilter {
  service?: string;
  limit: number;
}

/** Everything that is read from a ledger file, by the writer and by commands beside it. */
export interface SqliteReader {
  head(): Result<LedgerHead>;
  /** How many entries there are. */
  size(): Result<number>;
  /** Another one whenever another connection has written anything since. */
  version(): Result<number>;
  /** Of the tree when it had `size` entries; `integrity` where it never had so many. */
  rootAt(size: number): Result<Hash>;
  /** Of the controller that opened it last. */
  term(): Result<number>;
  leaves(from: number, to: number): Result<readonly StoredLeaf[]>;
  /** null when there is no such entry. */
  leaf(index: number): Result<StoredLeaf | null>;
  /** The newest that match, rising by index. */
  list(filter: LeafFilter): Result<readonly StoredLeaf[]>;
  rows(promotion: string, afterSeq: number, limit: number): Result<readonly IntervalRow[]>;
  /** The newest snapshot of a promotion, ended or not. */
  snapshot(promotion: string): Result<Snapshot | null>;
  /** The newest snapshot of each promotion that has ended, the one that ended last first. */
  ended(filter: EndedFilter): Result<readonly Snapshot[]>;
  /** The snapshot with which each promotion ended after that leaf, rising: none comes twice. */
  endedAfter(leafIndex: number, limit: number): Result<readonly Snapshot[]>;
  /** Promotions whose id begins so, the one that moved last first. */
  idsFrom(prefix: string, limit: number): Result<readonly string[]>;
  /** Leaves that may have moved a promotion's share: orders of weights, and what came of them. */
  shareLeaves(promotion: string): Result<readonly StoredLeaf[]>;
  blob(sha256: string): Result<Uint8Array | null>;
  /** The newest checkpoint of at most `size`, or null. */
  checkpoint(size: number): Result<{ size: number; note: string } | null>;
  /** Any perfect subtree's hash in one look-up, for proofs. Throws what SQLite throws. */
  node: HashReader;
  close(): void;
}

/** Opens a ledger beside its writer, read-only. */
export function openSqliteReader(path: string): Result<SqliteReader> {
  const db = openForReading(path);
  return db.ok ? ok(sqliteReader(db.value)) : db;
}

const LEAF = `SELECT idx AS "index", promotion, at_ms AS atMs, type, actor, summary, l.body,
  blob_sha256 AS blobSha256, b.body AS blob
  FROM leaves AS l LEFT JOIN blobs AS b ON b.sha256 = l.blob_sha256`;

const SNAPSHOT = `SELECT promotion, ended, leaf_idx AS leafIndex, state_sha256 AS stateSha256, body
  FROM snapshots AS s`;

const ENDED = `${SNAPSHOT} WHERE ended = 1 AND leaf_idx = (
  SELECT max(leaf_idx) FROM snapshots AS other WHERE other.promotion = s.promotion
)`;

/** SQLite has no booleans. */
type SnapshotRow = Omit<Snapshot, 'ended'> & { ended: number };
const toSnapshot = (row: SnapshotRow): Snapshot => ({ ...row, ended: row.ended === 1 });

/** Above every text that begins with what stands before it: SQLite compares bytes of UTF-8. */
const LAST_CHARACTER = '\u{10FFFF}';

export function sqliteReader(db: Database.Database): SqliteReader {
  const sql = statements(db);
  const node = (level: number, index: number): Hash | null => {
    const hashes = sql.hashes.get(completingLeaf({ level, index }));
    return hashes === undefined ? null : hashAt(hashes, level);
  };
  const reading = <T>(read: () => T): Result<T> => {
    try {
      return ok(read());
    } catch (error) {
      return fail(sqliteProblem(error, `reading ${db.name}`));
    }
  };
  const readHead = db.transaction((): Result<LedgerHead> => {
    const frontier = readFrontier(sql.size.get() ?? 0, node);
    if (!frontier.ok) return frontier;
    const { size } = frontier.value;
    return ok({
      size,
      term: sql.term.get() ?? 0,
      frontier: frontierTexts(frontier.value),
      checkpoint: sql.newest.get() ?? '',
      active: sql.active.all().map(toSnapshot),
    });
  });

  return {
    node,
    head: () => {
      const head = reading(readHead);
      return head.ok ? head.value : head;
    },
    leaves: (from, to) => reading(() => sql.leaves.all(from, to)),
    leaf: (index) => reading(() => sql.leaves.get(index, index + 1) ?? null),
    list: (filter) => reading(() => list(db, filter)),
    rows: (promotion, afterSeq, limit) => reading(() => sql.rows.all(promotion, afterSeq, limit)),
    snapshot: (promotion) =>
      reading(() => {
        const row = sql.snapshot.get(promotion);
        return row === undefined ? null : toSnapshot(row);
      }),
    size: () => reading(() => sql.size.get() ?? 0),
    version: () => reading(() => Number(db.pragma('data_version', { simple: true }))),
    rootAt: (size) => {
      const read = reading(() => readFrontier(size, node));
      const frontier = read.ok ? read.value : read;
      return frontier.ok ? ok(frontierRoot(frontier.value)) : frontier;
    },
    term: () => reading(() => sql.term.get() ?? 0),
    ended: ({ service, limit }) =>
      reading(() => {
        if (service === undefined) return sql.ended.all(limit).map(toSnapshot);
        return sql.endedOf.all(`${service}-`, `${service}.`, service, limit).map(toSnapshot);
      }),
    endedAfter: (leafIndex, limit) =>
      reading(() => sql.endedAfter.all(leafIndex, limit).map(toSnapshot)),
    idsFrom: (prefix, limit) =>
      reading(() => sql.idsFrom.all(prefix, `${prefix}${LAST_CHARACTER}`, limit)),
    shareLeaves: (promotion) => reading(() => sql.shareLeaves.all(promotion)),
    blob: (sha256) => reading(() => sql.blob.get(sha256) ?? null),
    checkpoint: (size) => reading(() => sql.checkpoint.get(size) ?? null),
    close: () => {
      db.close();
    },
  };
}

function list(db: Database.Database, filter: LeafFilter): StoredLeaf[] {
  const wheres: string[] = [];
  const values: (string | number)[] = [];
  const restrict = (where: string, value: string | number | undefined): void => {
    if (value === undefined) return;
    wheres.push(where);
    values.push(value);
  };
  restrict('promotion = ?', filter.promotion);
  restrict('type = ?', filter.type);
  restrict('at_ms >= ?', filter.sinceMs);
  const where = wheres.length === 0 ? '' : `WHERE ${wheres.join(' AND ')}`;
  const newestFirst = db.prepare<unknown[], StoredLeaf>(
    `${LEAF} ${where} ORDER BY idx DESC LIMIT ?`,
  );
  return newestFirst.all(...values, filter.limit).reverse();
}

function statements(db: Database.Database) {
  return {
    size: db.prepare<[], number | null>('SELECT max(idx) + 1 FROM leaves').pluck(),
    term: db.prepare<[], number>('SELECT term FROM controller').pluck(),
    newest: db
      .prepare<[], string>('SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1')
      .pluck(),
    hashes: db.prepare<[number], Uint8Array>('SELECT hashes FROM leaves WHERE idx = ?').pluck(),
    leaves: db.prepare<[number, number], StoredLeaf>(
      `${LEAF} WHERE idx >= ? AND idx < ? ORDER BY idx`,
    ),
    rows: db.prepare<[string, number, number], IntervalRow>(
      'SELECT promotion, seq, body FROM interval_rows WHERE promotion = ? AND seq > ? ORDER BY seq LIMIT ?',
    ),
    snapshot: db.prepare<[string], SnapshotRow>(
      `${SNAPSHOT} WHERE promotion = ? ORDER BY leaf_idx DESC LIMIT 1`,
    ),
    active: db.prepare<[], SnapshotRow>(
      `${SNAPSHOT} WHERE ended = 0 AND leaf_idx = (
         SELECT max(leaf_idx) FROM snapshots AS other WHERE other.promotion = s.promotion
       ) ORDER BY promotion`,
    ),
    ended: db.prepare<[number], SnapshotRow>(`${ENDED} ORDER BY leaf_idx DESC LIMIT ?`),
    // An id begins with its service: the range spares reading the states of all others.
    endedOf: db.prepare<[string, string, string, number], SnapshotRow>(
      `${ENDED} AND promotion > ? AND promotion < ? AND json_extract(body, '$.service') = ?
       ORDER BY leaf_idx DESC LIMIT ?`,
    ),
    endedAfter: db.prepare<[number, number], SnapshotRow>(
      `${SNAPSHOT} WHERE leaf_idx > ? AND ended = 1 AND NOT EXISTS (
         SELECT 1 FROM snapshots AS other WHERE other.promotion = s.promotion
         AND other.ended = 1 AND other.leaf_idx < s.leaf_idx
       ) ORDER BY leaf_idx LIMIT ?`,
    ),
    idsFrom: db
      .prepare<[string, string, number], string>(
        `SELECT promotion FROM snapshots WHERE promotion >= ? AND promotion < ?
         GROUP BY promotion ORDER BY max(leaf_idx) DESC LIMIT ?`,
      )
      .pluck(),
    shareLeaves: db.prepare<[string], StoredLeaf>(
      `${LEAF} WHERE promotion = ? AND (type IN ('effect-done', 'observed')
         OR summary LIKE '%set-weights%') ORDER BY idx`,
    ),
    blob: db.prepare<[string], Uint8Array>('SELECT body FROM blobs WHERE sha256 = ?').pluck(),
    checkpoint: db.prepare<[number], { size: number; note: string }>(
      'SELECT size, note FROM checkpoints WHERE size <= ? ORDER BY size DESC LIMIT 1',
    ),
  };
}
