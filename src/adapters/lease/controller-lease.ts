import { rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';

/** Held by one controller of a state directory; the kernel frees it with its holder. */
export interface ControllerLease {
  release(): void;
}

/**
 * Takes the lease: an exclusive transaction, never ended, on a lock database of its own. No clock is
 * asked, so a slow holder is never mistaken for a dead one. `conflict` while another process holds
 * it.
 *
 * `takeOver` is for a holder that is stopped rather than dead, and for a person who says so: the
 * lock file is made anew. The old holder keeps a lock on nothing; when it wakes up, the ledger and
 * the drivers refuse its term.
 */
export function takeLease(path: string, takeOver = false): Result<ControllerLease> {
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
    return ok({ release: () => db.close() });
  } catch (error) {
    return fail(leaseProblem(error, path));
  }
}

function leaseProblem(error: unknown, path: string): Problem {
  const isBusy = error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
  if (!isBusy) return problem('unavailable', `the controller's lease at ${path}: ${String(error)}`);
  const hint = 'it is running already: speak to it, or stop it first';
  return problem('conflict', 'another controller holds this state directory', hint);
}
