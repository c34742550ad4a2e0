import { existsSync } from 'node:fs';
import type { Problem } from '../../base/problem.ts';
import { openCheckpoint } from '../../core/ledger/checkpoint.ts';
import { parseVkey } from '../../core/ledger/signed-note.ts';
import { sqliteProblem } from './sqlite-problem.ts';
import { sqliteReader } from './sqlite-reader.ts';
import { openForReading, openForWriting } from './sqlite-schema.ts';

/** What can be said of the ledger that is about to be replaced. */
export type PresentLedger =
  | { kind: 'none' }
  | { kind: 'unreadable'; problem: Problem }
  | {
      kind: 'readable';
      entries: number;
      term: number;
      /** The newest one, its signature checked; empty: none was signed. */
      checkpoint: string;
    };

/**
 * Looks at the ledger at `path`, which no controller holds. What is left in its write-ahead log is
 * brought into the file, so that the file alone is all of it.
 */
export function presentLedger(path: string, vkey: string): PresentLedger {
  if (!existsSync(path)) return { kind: 'none' };
  const unreadable = (problem: Problem): PresentLedger => ({ kind: 'unreadable', problem });
  const key = parseVkey(vkey);
  if (!key.ok) return unreadable(key.problem);
  // Only looked at first: opened for writing, an empty file would become a ledger without entries.
  const looked = openForReading(path);
  if (!looked.ok) return unreadable(looked.problem);
  looked.value.close();
  const opened = openForWriting(path);
  if (!opened.ok) return unreadable(opened.problem);
  try {
    const head = sqliteReader(opened.value).head();
    if (!head.ok) return unreadable(head.problem);
    const { size, term, checkpoint } = head.value;
    const signed = checkpoint === '' ? null : openCheckpoint(checkpoint, key.value);
    if (signed !== null && !signed.ok) return unreadable(signed.problem);
    opened.value.pragma('wal_checkpoint(TRUNCATE)');
    return { kind: 'readable', entries: size, term, checkpoint };
  } catch (error) {
    return unreadable(sqliteProblem(error, `reading ${path}`));
  } finally {
    opened.value.close();
  }
}
