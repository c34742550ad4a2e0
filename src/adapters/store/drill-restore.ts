import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toHex } from '../../base/bytes.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { fileProblem } from './file-problem.ts';
import { restoreLedger } from './restore.ts';
import { openSqliteReader } from './sqlite-reader.ts';
import { tieLedger } from './tie-ledger.ts';

/** What a restore into a temporary folder has shown. */
export interface RestoreDrill {
  entries: number;
  /** Hex. */
  root: string;
  /** Entries that the ledger has now and the backup has not. */
  entriesBehind: number;
  /** The ledger's newest checkpoint that the backup was shown to continue; null: none covers it. */
  tiedToSize: number | null;
}

/**
 * Restores a backup as if the state directory were lost, into a temporary folder: unpacked,
 * verified, made ready for a controller. Then it is compared with the ledger that is there, which it
 * must be the beginning of: `integrity` where it is not.
 */
export async function drillRestoreOf(wish: {
  file: string;
  ledger: string;
  vkey: string;
}): Promise<Result<RestoreDrill>> {
  const { file, ledger, vkey } = wish;
  let folder: string;
  try {
    folder = mkdtempSync(join(tmpdir(), 'aurora-restore-drill-'));
  } catch (error) {
    return fail(fileProblem(error, tmpdir()));
  }
  try {
    const into = join(folder, 'ledger.db');
    const lock = join(folder, 'controller.lock');
    const given = { file, vkey, checkpoint: null, unpublished: false, nowMs: 0 };
    const restored = await restoreLedger({ ...given, ledger: into, lock });
    if (!restored.ok) return restored;
    const { entries, root } = restored.value;
    return compare({ entries, root, into }, ledger, vkey);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function compare(
  restored: { entries: number; root: string; into: string },
  ledger: string,
  vkey: string,
): Result<RestoreDrill> {
  const { entries, root, into } = restored;
  const reader = openSqliteReader(ledger);
  if (!reader.ok) return reader;
  try {
    const size = reader.value.size();
    if (!size.ok) return size;
    const present = size.value < entries ? null : reader.value.rootAt(entries);
    if (present?.ok === false) return present;
    if (present === null || toHex(present.value) !== root) {
      const hint = 'auroractl ledger verify tells whether the ledger is damaged';
      return fail(problem('integrity', 'the backup is not the beginning of the ledger', hint));
    }
    const newest = reader.value.checkpoint(entries);
    if (!newest.ok) return newest;
    const tied = newest.value === null ? null : tieLedger(into, vkey, newest.value.note);
    if (tied?.ok === false) return tied;
    const tiedToSize = tied?.value ?? null;
    return ok({ entries, root, entriesBehind: size.value - entries, tiedToSize });
  } finally {
    reader.value.close();
  }
}
