import {
  createReadStream,
  createWriteStream,
  mkdirSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';
import type Database from 'better-sqlite3';
import { toHex } from '../../base/bytes.ts';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { backupName, pruneBackups, type Retention } from './backup-files.ts';
import { fileProblem } from './file-problem.ts';
import { sqliteProblem } from './sqlite-problem.ts';
import { sqliteReader } from './sqlite-reader.ts';
import { openForReading } from './sqlite-schema.ts';
import { unpackBackup } from './unpack-backup.ts';
import { syncFolder, workFolder } from './work-folder.ts';

export interface BackupWish {
  /** The ledger's file; its controller may go on writing. */
  ledger: string;
  /** The log key that it must verify against. */
  vkey: string;
  /** A folder of backups, tidied afterwards; or one file, which a backup of before is replaced by. */
  into: { folder: string; retention: Retention } | { file: string };
  nowMs: number;
}

/** A backup that was written, read again and verified. */
export interface BackupMade {
  path: string;
  /** The ledger is in it as it was then. */
  takenAtMs: number;
  entries: number;
  /** Hex. */
  root: string;
  /** Entries that no checkpoint covers yet. */
  unsignedEntries: number;
  /** Of the file, and of the ledger in it. */
  bytes: number;
  ledgerBytes: number;
  /** Older backups that retention took. */
  removed: readonly string[];
}

const MIB = 1_048_576;
const LEDGER_TIMES = 1.5;
const SPARE_BYTES = MIB;

/**
 * Copies the ledger as of one moment by SQLite's backup API, compresses the copy, and verifies what
 * was written before it gets its name: a file that bears a backup's name is whole. `integrity` when
 * the ledger itself is damaged, `unavailable` when the disk does not take it; then nothing is left.
 */
export async function backUpLedger(wish: BackupWish): Promise<Result<BackupMade>> {
  const { into } = wish;
  const folder = 'folder' in into ? into.folder : dirname(into.file);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    return fail(fileProblem(error, folder));
  }
  const work = workFolder(folder);
  if (!work.ok) return work;
  try {
    const made = await makeIn(work.value.path, folder, wish);
    if (!made.ok || !('folder' in into)) return made;
    const removed = pruneBackups(into.folder, into.retention, wish.nowMs);
    return removed.ok ? ok({ ...made.value, removed: removed.value }) : removed;
  } finally {
    work.value.remove();
  }
}

async function makeIn(
  work: string,
  folder: string,
  { ledger, vkey, into, nowMs }: BackupWish,
): Promise<Result<BackupMade>> {
  const crowded = roomFault(folder, ledger);
  if (crowded !== null) return fail(crowded);
  const copy = join(work, 'copy.db');
  const taken = await copyLedger(ledger, copy);
  if (!taken.ok) return taken;
  const { entries, root } = taken.value;
  const name =
    'file' in into ? basename(into.file) : backupName({ atMs: nowMs, entries, rootHex: root });
  const path = join(folder, name);
  try {
    const ledgerBytes = statSync(copy).size;
    const packed = join(work, 'packed');
    await compress(copy, packed);
    rmSync(copy);
    const held = await unpackBackup(packed, join(work, 'check.db'), vkey);
    if (!held.ok) return held;
    if (held.value.entries !== entries || toHex(held.value.root) !== root) {
      return fail(problem('integrity', `${ledger}: its copy has another root`));
    }
    renameSync(packed, path);
    syncFolder(folder);
    const { unsignedEntries } = held.value;
    const bytes = statSync(path).size;
    const counts = { entries, root, unsignedEntries, bytes, ledgerBytes };
    return ok({ path, takenAtMs: nowMs, ...counts, removed: [] });
  } catch (error) {
    return fail(fileProblem(error, path));
  }
}

/**
 * A copy that takes the last of a disk on which the ledger lies as well would end its controller: so
 * much is left to others. The copy is as large as the ledger, and what is packed less.
 */
function roomFault(folder: string, ledger: string): Problem | null {
  try {
    const { bavail, bsize } = statfsSync(folder);
    const log = statSync(`${ledger}-wal`, { throwIfNoEntry: false })?.size ?? 0;
    const needed = (statSync(ledger).size + log) * LEDGER_TIMES + SPARE_BYTES;
    if (bavail * bsize >= needed) return null;
    const missing = Math.ceil((needed - bavail * bsize) / MIB);
    const message = `${folder}: no space is left for a backup: ${missing} MiB more are needed`;
    return problem('unavailable', message, 'free some there, or name another folder');
  } catch (error) {
    return fileProblem(error, ledger);
  }
}

/**
 * A read transaction holds the moment from the first page to the last. Without it SQLite would begin
 * again at each commit of the controller, and beside a busy one never come to an end.
 */
async function copyLedger(
  ledger: string,
  copy: string,
): Promise<Result<{ entries: number; root: string }>> {
  const opened = openForReading(ledger);
  if (!opened.ok) return opened;
  const db = opened.value;
  try {
    db.exec('BEGIN');
    const head = headOf(db);
    if (!head.ok) return head;
    await db.backup(copy);
    return head;
  } catch (error) {
    return fail(sqliteProblem(error, `copying ${ledger} to ${dirname(copy)}`));
  } finally {
    db.close();
  }
}

function headOf(db: Database.Database): Result<{ entries: number; root: string }> {
  const reader = sqliteReader(db);
  const entries = reader.size();
  if (!entries.ok) return entries;
  const root = reader.rootAt(entries.value);
  return root.ok ? ok({ entries: entries.value, root: toHex(root.value) }) : root;
}

/** With a checksum of zstd's own: rows that no entry has sealed yet have no other one. */
async function compress(from: string, to: string): Promise<void> {
  const params = { [constants.ZSTD_c_checksumFlag]: 1 };
  const target = createWriteStream(to, { flags: 'wx', mode: 0o600, flush: true });
  await pipeline(createReadStream(from), createZstdCompress({ params }), target);
}
