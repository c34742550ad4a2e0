import Database from 'better-sqlite3';
import { type Problem, problem } from '../../base/problem.ts';

/**
 * The Problem of an error that SQLite threw; any other error is a bug and is thrown on. `what` says
 * what was being done.
 */
export function sqliteProblem(error: unknown, what: string): Problem {
  if (error instanceof TypeError && /directory does not exist/.test(error.message)) {
    return problem('unavailable', `${what}: ${error.message}`);
  }
  if (!(error instanceof Database.SqliteError)) throw error;
  const message = `${what}: ${error.message} (${error.code})`;
  // A changed byte in the file's header; SQLite has no code of its own for it.
  if (error.message === 'unsupported file format') return problem('integrity', message);
  const family = error.code.split('_').slice(0, 2).join('_');
  switch (family) {
    case 'SQLITE_FULL':
      return problem('unavailable', message, 'free space on the disk, then try again');
    case 'SQLITE_IOERR':
    case 'SQLITE_BUSY':
    case 'SQLITE_LOCKED':
    case 'SQLITE_READONLY':
    case 'SQLITE_CANTOPEN':
    case 'SQLITE_NOMEM':
    case 'SQLITE_PROTOCOL':
    case 'SQLITE_PERM':
      return problem('unavailable', message);
    case 'SQLITE_CORRUPT':
      return problem('integrity', message, 'restore the state directory from a backup');
    case 'SQLITE_NOTADB':
      return problem('invalid-file', message);
    case 'SQLITE_CONSTRAINT':
      return problem('conflict', message);
    default:
      throw error;
  }
}

/** After these it is unknown what reached the disk: only reopening shows what is there. */
export function leavesDoubt(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_IOERR/.test(error.code);
}
