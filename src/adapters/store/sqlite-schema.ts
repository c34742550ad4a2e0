import Database from 'better-sqlite3';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { sqliteProblem } from './sqlite-problem.ts';

/** Raised with every change of the tables; a file of another version is refused. */
const SCHEMA_VERSION = 1;
/** Marks the file as a ledger of Aurora (PRAGMA application_id): 'AURL'. */
const APPLICATION_ID = 0x4155524c;
/** How long a writer waits for another process before it answers `unavailable`. */
const BUSY_TIMEOUT_MS = 2_000;
const SYNCHRONOUS_FULL = 2;
/** Several leaves a page: batches write fewer pages than with SQLite's 4096. */
const PAGE_BYTES = 8_192;

/**
 * A leaf's row carries its hash and those of the inner nodes that it completes, level 0 first, end to
 * end: one insert a leaf stores the whole tree, and any node is one look-up. Small columns come before the body: reading them touches
 * no overflow page. The audit log shows times as SQLite's date functions write them.
 */
const SCHEMA = `
CREATE TABLE leaves (
  idx INTEGER PRIMARY KEY,
  hashes BLOB NOT NULL,
  promotion TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  type TEXT NOT NULL,
  actor TEXT NOT NULL,
  blob_sha256 TEXT REFERENCES blobs (sha256),
  summary TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX leaves_by_promotion ON leaves (promotion);
CREATE TABLE interval_rows (
  promotion TEXT NOT NULL,
  seq INTEGER NOT NULL,
  row_check TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (promotion, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE blobs (sha256 TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE snapshots (
  leaf_idx INTEGER NOT NULL REFERENCES leaves (idx),
  promotion TEXT NOT NULL,
  ended INTEGER NOT NULL CHECK (ended IN (0, 1)),
  state_sha256 TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (leaf_idx, promotion)
) STRICT;
CREATE INDEX snapshots_by_promotion ON snapshots (promotion, leaf_idx);
CREATE TABLE checkpoints (size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;
CREATE TABLE controller (one INTEGER PRIMARY KEY CHECK (one = 1), term INTEGER NOT NULL) STRICT;
INSERT INTO controller VALUES (1, 0);
CREATE TRIGGER leaves_stay BEFORE UPDATE ON leaves
  BEGIN SELECT RAISE (ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER leaves_are_kept BEFORE DELETE ON leaves
  BEGIN SELECT RAISE (ABORT, 'the ledger is append-only'); END;
CREATE VIEW audit_log AS
  SELECT idx AS id, strftime('%Y-%m-%d %H:%M:%S', at_ms / 1000, 'unixepoch') AS timestamp,
    promotion, type, actor, summary, body, lower(hex(substr(hashes, 1, 32))) AS leaf_sha256, blob_sha256
  FROM leaves;
`;

/**
 * The one writing connection; makes the file and its tables where there is none. `unavailable` when
 * the disk refuses or the durability asked for is not in force, `invalid-file` when the file is
 * something else.
 */
export function openForWriting(path: string): Result<Database.Database> {
  return open(path, { timeout: BUSY_TIMEOUT_MS }, (db) => {
    db.pragma(`page_size = ${PAGE_BYTES}`); // for a new file; an old one keeps its own
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    const fault = durabilityFault(db);
    if (fault !== null) return fail(problem('unavailable', `${path}: ${fault}`));
    if (isEmpty(db)) create(db);
    return checkVersion(db, path);
  });
}

/** A reading connection beside the writer, for commands and for verification. */
export function openForReading(path: string): Result<Database.Database> {
  const options = { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS };
  return open(path, options, (db) => checkVersion(db, path));
}

function open(
  path: string,
  options: Database.Options,
  prepare: (db: Database.Database) => Result<void>,
): Result<Database.Database> {
  let db: Database.Database | null = null;
  try {
    db = new Database(path, options);
    const prepared = prepare(db);
    if (prepared.ok) return ok(db);
    db.close();
    return prepared;
  } catch (error) {
    db?.close();
    return fail(sqliteProblem(error, `opening ${path}`));
  }
}

/** What SQLite finds wrong with its pages and indexes; empty when nothing is. */
export function pageFaults(db: Database.Database): string[] {
  const found = db.prepare<[], string>('PRAGMA integrity_check').pluck().all();
  return found.filter((line) => line !== 'ok');
}

/** What was asked for is not always what is in force: asked back, never assumed. */
function durabilityFault(db: Database.Database): string | null {
  const inForce = (name: string): unknown => db.pragma(name, { simple: true });
  if (inForce('journal_mode') !== 'wal') return 'the file system does not support WAL';
  if (inForce('synchronous') !== SYNCHRONOUS_FULL) return 'synchronous=FULL is not in force';
  if (inForce('foreign_keys') !== 1) return 'foreign keys are not in force';
  return null;
}

function isEmpty(db: Database.Database): boolean {
  return db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0;
}

function create(db: Database.Database): void {
  const steps = db.transaction(() => {
    if (!isEmpty(db)) return; // another process was quicker
    db.exec(SCHEMA);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${SCHEMA_VERSION}`);
  });
  steps.immediate();
}

function checkVersion(db: Database.Database, path: string): Result<void> {
  if (db.pragma('application_id', { simple: true }) !== APPLICATION_ID) {
    return fail(problem('invalid-file', `${path} is no ledger of Aurora`));
  }
  const version = db.pragma('user_version', { simple: true });
  if (version !== SCHEMA_VERSION) {
    return fail(problem('invalid-file', `${path} has schema version ${version}, not 1`));
  }
  const odd = oddDefinitions(db);
  if (odd.length === 0) return ok(undefined);
  return fail(problem('integrity', `${path}: not as it was made: ${odd.join(', ')}`));
}

/**
 * Tables, views and triggers that are not as this version makes them: an audit log that shows
 * something else, or a trigger that rewrites what is appended, is damage too.
 */
function oddDefinitions(db: Database.Database): string[] {
  const model = new Database(':memory:');
  try {
    model.exec(SCHEMA);
    const [wanted, held] = [definitions(model), definitions(db)];
    const missing = wanted.filter((one) => !held.includes(one));
    const added = held.filter((one) => !wanted.includes(one));
    return [...new Set([...missing, ...added].map((one) => one.split('\n')[0] ?? ''))];
  } finally {
    model.close();
  }
}

/** One text for each; the statistics of ANALYZE change nothing that is read. */
function definitions(db: Database.Database): string[] {
  return db
    .prepare<[], string>(
      `SELECT type || ' ' || name || char(10) || tbl_name || coalesce(sql, '') FROM sqlite_schema
       WHERE name NOT LIKE 'sqlite_stat%'`,
    )
    .pluck()
    .all();
}
