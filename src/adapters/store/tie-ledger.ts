import { equalBytes } from '../../base/bytes.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { openCheckpoint } from '../../core/ledger/checkpoint.ts';
import { parseVkey } from '../../core/ledger/signed-note.ts';
import { openSqliteReader } from './sqlite-reader.ts';

/**
 * Shows that the verified ledger at `path` continues the tree of a signed checkpoint, and answers
 * with the checkpoint's size. `refused` when
 * the ledger ends before it: going on from there would be a second history under the same key.
 * `integrity` when the checkpoint is not signed by the key, or the trees differ.
 */
export function tieLedger(path: string, vkey: string, note: string): Result<number> {
  const key = parseVkey(vkey);
  if (!key.ok) return key;
  const checkpoint = openCheckpoint(note, key.value);
  if (!checkpoint.ok) return checkpoint;
  const { size, root } = checkpoint.value;
  const reader = openSqliteReader(path);
  if (!reader.ok) return reader;
  try {
    const entries = reader.value.size();
    if (!entries.ok) return entries;
    if (entries.value < size) {
      const message = `the backup has ${entries.value} entries, and a checkpoint was signed for ${size}`;
      const hint = 'take a newer backup; there is none: docs/operating/backup.md';
      return fail(problem('refused', message, hint));
    }
    const own = reader.value.rootAt(size);
    if (!own.ok) return own;
    if (equalBytes(own.value, root)) return ok(size);
    const message = `the checkpoint of size ${size} is of another history than the backup`;
    return fail(problem('integrity', message, 'touch nothing: docs/operating/damaged-ledger.md'));
  } finally {
    reader.value.close();
  }
}
