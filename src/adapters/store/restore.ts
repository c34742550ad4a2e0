import { existsSync, linkSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { toHex } from '../../base/bytes.ts';
import { formatInstant } from '../../base/instant.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { takeLock } from '../../process/exclusive-lock.ts';
import { fileProblem } from './file-problem.ts';
import { type PresentLedger, presentLedger } from './present-ledger.ts';
import { sqliteProblem } from './sqlite-problem.ts';
import { openForWriting } from './sqlite-schema.ts';
import { tieLedger } from './tie-ledger.ts';
import { unpackBackup } from './unpack-backup.ts';
import { syncFolder, workFolder } from './work-folder.ts';

export interface RestoreWish {
  /** The backup. */
  file: string;
  /** What is replaced, in its state directory, and the lock of the controller there. */
  ledger: string;
  lock: string;
  vkey: string;
  /** The note of a checkpoint that others hold; the restored ledger must continue it. */
  checkpoint: string | null;
  /** A person's word that no checkpoint beyond the backup was shown to anybody. */
  unpublished: boolean;
  nowMs: number;
}

export interface Restored {
  entries: number;
  /** Hex. */
  root: string;
  unsignedEntries: number;
  /** What the next controller's term is above. */
  term: number;
  /** The size of the checkpoint that the result was shown to continue; null: of none. */
  tiedToSize: number | null;
  /** Entries that the replaced ledger had and this one has not; null: it cannot be read. */
  lostEntries: number | null;
  /** Where the replaced files are; null: there were none. */
  replaced: string | null;
}

/**
 * Controllers that may have ordered something since the backup, where the replaced ledger does not
 * tell: a term below theirs would be refused by every driver, and nothing could be taken back.
 */
const UNKNOWN_TERMS = 1_000_000;

/**
 * Puts the ledger of a backup in the place of the present one. Everything is verified before
 * anything is replaced: `integrity` for a damaged backup, or one of another history; `refused` for
 * one that lies behind a checkpoint others may hold; `conflict` while a controller runs.
 */
export async function restoreLedger(wish: RestoreWish): Promise<Result<Restored>> {
  const folder = dirname(wish.ledger);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    return fail(fileProblem(error, folder));
  }
  const lock = takeLock(wish.lock, 'controller');
  if (!lock.ok) {
    const isHeld = lock.problem.code === 'conflict';
    return isHeld ? fail({ ...lock.problem, hint: 'auroractl controller stop' }) : lock;
  }
  const work = workFolder(folder);
  try {
    return work.ok ? await restoreIn(work.value.path, wish) : work;
  } finally {
    if (work.ok) work.value.remove();
    lock.value.release();
  }
}

async function restoreIn(work: string, wish: RestoreWish): Promise<Result<Restored>> {
  const { file, ledger, vkey, nowMs } = wish;
  const next = join(work, 'ledger.db');
  const verified = await unpackBackup(file, next, vkey);
  if (!verified.ok) return verified;
  const { entries, root, unsignedEntries } = verified.value;
  const present = presentLedger(ledger, vkey);
  const tie = tieOf(next, present, wish);
  if (!tie.ok) return tie;
  const term = raiseTerm(next, present, entries);
  if (!term.ok) return term;
  const replaced = replace(ledger, next, nowMs);
  if (!replaced.ok) return replaced;
  return ok({
    ...{ entries, root: toHex(root), unsignedEntries, term: term.value },
    tiedToSize: tie.value,
    lostEntries: lostOf(present, entries),
    replaced: replaced.value,
  });
}

/**
 * What others may hold of this log decides. Without the published checkpoint the newest one of the
 * ledger that is replaced stands for it; where that cannot be read, nothing does.
 */
function tieOf(next: string, present: PresentLedger, wish: RestoreWish): Result<number | null> {
  const { checkpoint, vkey, unpublished } = wish;
  if (checkpoint !== null) return tieLedger(next, vkey, checkpoint);
  if (unpublished || present.kind === 'none') return ok(null);
  const hint =
    'name the last published checkpoint: --checkpoint FILE; or say that none beyond the backup was: --unpublished';
  if (present.kind === 'unreadable') {
    const message = `${wish.ledger} does not tell which checkpoints were signed: ${present.problem.message}`;
    return fail(problem('refused', message, hint));
  }
  if (present.checkpoint === '') return ok(null);
  const tied = tieLedger(next, vkey, present.checkpoint);
  return tied.ok || tied.problem.code !== 'refused' ? tied : fail({ ...tied.problem, hint });
}

/** A ledger that ends before the backup knows no more of later controllers than the backup does. */
function raiseTerm(next: string, present: PresentLedger, entries: number): Result<number> {
  const opened = openForWriting(next);
  if (!opened.ok) return opened;
  const db = opened.value;
  try {
    const own = db.prepare<[], number>('SELECT term FROM controller').pluck().get() ?? 0;
    const isTold = present.kind === 'readable' && present.entries >= entries;
    const term = isTold ? Math.max(own, present.term) : own + UNKNOWN_TERMS;
    db.prepare<[number]>('UPDATE controller SET term = ?').run(term);
    db.pragma('wal_checkpoint(TRUNCATE)');
    return ok(term);
  } catch (error) {
    return fail(sqliteProblem(error, `preparing ${next}`));
  } finally {
    db.close();
  }
}

function lostOf(present: PresentLedger, entries: number): number | null {
  if (present.kind === 'none') return 0;
  return present.kind === 'readable' ? Math.max(0, present.entries - entries) : null;
}

/**
 * The old files go beside, the new one takes the name in one step: at no moment is there no ledger,
 * since a controller would begin a second one under the same key. The old write-ahead log goes
 * first: SQLite would play it into the new file. What could be read of it is in the old file by then.
 */
function replace(ledger: string, next: string, nowMs: number): Result<string | null> {
  const folder = dirname(ledger);
  const found = ['', '-wal', '-shm'].filter((suffix) => existsSync(`${ledger}${suffix}`));
  const time = formatInstant(nowMs).slice(0, 19).replace(/[-:]/g, '');
  try {
    let kept: string | null = null;
    if (found.length > 0) {
      kept = unusedFolder(join(folder, `replaced-${time}Z`));
      for (const suffix of found) {
        const aside = join(kept, `ledger.db${suffix}`);
        if (suffix === '') linkSync(ledger, aside);
        else renameSync(`${ledger}${suffix}`, aside);
      }
      syncFolder(kept);
    }
    renameSync(next, ledger);
    syncFolder(folder);
    return ok(kept);
  } catch (error) {
    return fail(fileProblem(error, ledger));
  }
}

function unusedFolder(wanted: string): string {
  let path = wanted;
  for (let n = 2; existsSync(path); n += 1) path = `${wanted}-${n}`;
  mkdirSync(path, { mode: 0o700 });
  return path;
}
