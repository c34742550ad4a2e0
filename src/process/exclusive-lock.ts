import { rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';

/** Held by one process; the kernel frees it with its holder. */
export interface ExclusiveLock {
  release(): void;
}

/** A database that nothing refers to is collected, and its lock with it, while its holder lives. */
const held = new Set<Database.Database>();

/**
 * An exclusive transaction, never ended, on a database of its own. No clock is asked, so a slow
 * holder is never mistaken for a dead one. `conflict` while another process holds it; `holder` names
 * that process for the message.
 *
 * `takeOver` is for a holder that is stopped rather than dead, and for a person who says so: the
 * lock file is made anew, and the old holder keeps a lock on nothing.
 */
export function takeLock(path: string, holder: string, takeOver = false): Result<ExclusiveLock> {
  try {
    if (takeOver) rmSync(path, { force: true });
    const db = new Database(path, { timeout: 0 });
    try {
      db.pragma('journal_mode = DELETE');
      db.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      db.close();
      throw error;
    }
    held.add(db);
    const release = (): void => {
      held.delete(db);
      db.close();
    };
    return ok({ release });
  } catch (error) {
    const isBusy = error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
    if (!isBusy) return fail(problem('unavailable', `the lock ${path}: ${String(error)}`));
    const hint = 'it is running already: speak to it, or stop it first';
    return fail(problem('conflict', `another ${holder} holds ${path}`, hint));
  }
}
