import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { utf8 } from '../../base/bytes.ts';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Entry } from '../../core/ledger/entry.ts';
import type { SegmentRow } from '../../core/ledger/segment.ts';
import type { Snapshot } from '../../engine/ports.ts';
import { copyPrefix } from './copy-prefix.ts';
import { fileProblem } from './file-problem.ts';
import { sqliteProblem } from './sqlite-problem.ts';
import { type SqliteReader, sqliteReader } from './sqlite-reader.ts';
import { openForReading } from './sqlite-schema.ts';
import { workFolder } from './work-folder.ts';

/** What a ledger holds of one promotion that has ended, and of the log up to the checkpoint after it. */
export interface LedgerExtract {
  promotion: string;
  entries: readonly Uint8Array[];
  checkpoint: string;
  rows: readonly SegmentRow[];
  blobs: ReadonlyMap<string, Uint8Array>;
  /** A ledger of these entries and no later ones, as a SQLite file. */
  database: Uint8Array;
}

/**
 * Reads, as of one moment and beside the writer, everything that a pack of a promotion holds: up to
 * the first checkpoint that covers its end, so that it stays the same however the ledger grows. `word`:
 * the promotion's id, its service, the beginning of one id; empty: the one that ended last.
 * `inconclusive` for a promotion that has not ended. `scratch`: a folder for the copy while it is made, itself made where it is not there.
 */
export function extractFor(path: string, word: string, scratch: string): Result<LedgerExtract> {
  const opened = openForReading(path);
  if (!opened.ok) return opened;
  const db = opened.value;
  try {
    db.exec('BEGIN');
    const reader = sqliteReader(db);
    const found = endedOf(reader, word);
    return found.ok ? extract(db, reader, found.value, scratch) : found;
  } catch (error) {
    return fail(sqliteProblem(error, `reading ${path}`));
  } finally {
    db.close();
  }
}

function extract(
  db: Database.Database,
  reader: SqliteReader,
  { promotion, leafIndex }: Snapshot,
  scratch: string,
): Result<LedgerExtract> {
  const checkpoint = db
    .prepare<[number], { size: number; note: string }>(
      'SELECT size, note FROM checkpoints WHERE size > ? ORDER BY size LIMIT 1',
    )
    .get(leafIndex);
  if (checkpoint === undefined) {
    const hint =
      'the controller signs the next one with its next entry: auroractl controller start';
    return fail(problem('inconclusive', `no checkpoint covers the end of ${promotion} yet`, hint));
  }
  const { size, note } = checkpoint;
  const leaves = db
    .prepare<[number], { promotion: string; body: string; blobSha256: string | null }>(
      'SELECT promotion, body, blob_sha256 AS blobSha256 FROM leaves WHERE idx < ? ORDER BY idx',
    )
    .all(size);
  const sealedTo = sealedRows(leaves.map(({ body }) => body));
  const rows = db
    .prepare<[string, number], SegmentRow>(
      'SELECT seq, body FROM interval_rows WHERE promotion = ? AND seq <= ? ORDER BY seq',
    )
    .all(promotion, sealedTo.get(promotion) ?? -1);
  const blobs = new Map<string, Uint8Array>();
  for (const leaf of leaves) {
    if (leaf.promotion !== promotion || leaf.blobSha256 === null) continue;
    const blob = reader.blob(leaf.blobSha256);
    if (!blob.ok) return blob;
    if (blob.value === null)
      return fail(problem('integrity', `blob ${leaf.blobSha256} is missing`));
    blobs.set(leaf.blobSha256, new Uint8Array(blob.value));
  }
  const database = databaseOf(db, size, sealedTo, scratch);
  if (!database.ok) return database;
  const entries = leaves.map(({ body }) => utf8(body));
  return ok({ promotion, entries, checkpoint: note, rows, blobs, database: database.value });
}

/** The newest sealed row of each promotion. */
function sealedRows(bodies: readonly string[]): Map<string, number> {
  const sealed = new Map<string, number>();
  for (const body of bodies) {
    const entry = JSON.parse(body) as Partial<Entry>;
    if (entry.sealed && entry.promotion !== undefined) {
      sealed.set(entry.promotion, entry.sealed.toSeq);
    }
  }
  return sealed;
}

function databaseOf(
  db: Database.Database,
  size: number,
  sealedTo: ReadonlyMap<string, number>,
  scratch: string,
): Result<Uint8Array> {
  try {
    mkdirSync(scratch, { recursive: true });
  } catch (error) {
    return fail(fileProblem(error, scratch));
  }
  const work = workFolder(scratch);
  if (!work.ok) return work;
  const path = join(work.value.path, 'ledger.db');
  try {
    const copied = copyPrefix(db, path, size, sealedTo);
    return copied.ok ? ok(new Uint8Array(readFileSync(path))) : copied;
  } finally {
    rmSync(path, { force: true });
    work.value.remove();
  }
}

const NAMED_MAX = 10;

function endedOf(reader: SqliteReader, word: string): Result<Snapshot> {
  const listed = word === '' ? reader.ended({ limit: 1 }) : ok<readonly Snapshot[]>([]);
  if (!listed.ok) return listed;
  if (word === '') {
    const [last] = listed.value;
    return last === undefined ? fail(none('no promotion has ended yet')) : ok(last);
  }
  const exact = reader.snapshot(word);
  if (!exact.ok) return exact;
  if (exact.value !== null) return ended(exact.value);
  const ofService = reader.ended({ service: word, limit: 1 });
  if (!ofService.ok) return ofService;
  if (ofService.value[0] !== undefined) return ok(ofService.value[0]);
  const ids = reader.idsFrom(word, NAMED_MAX);
  if (!ids.ok) return ids;
  const [only, another] = ids.value;
  if (only === undefined) return fail(none(`no promotion and no service of one is ${word}`));
  if (another !== undefined) {
    const message = `${word} may be ${ids.value.join(', ')}`;
    return fail(problem('usage', message, 'give more of its id'));
  }
  const snapshot = reader.snapshot(only);
  if (!snapshot.ok) return snapshot;
  return snapshot.value === null ? fail(none(`no promotion is ${word}`)) : ended(snapshot.value);
}

function ended(snapshot: Snapshot): Result<Snapshot> {
  if (snapshot.ended) return ok(snapshot);
  const { promotion } = snapshot;
  const hint = `auroractl explain ${promotion} says what it waits for`;
  return fail(problem('inconclusive', `${promotion} has not ended, and has nothing to pack`, hint));
}

const none = (message: string): Problem =>
  problem('not-found', message, 'auroractl history; auroractl list');
