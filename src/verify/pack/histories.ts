import { equalBytes } from '../../base/bytes.ts';
import { openCheckpoint } from '../../core/ledger/checkpoint.ts';
import { rootOf } from '../../core/ledger/merkle.ts';
import { formatVkey, type NoteKey } from '../../core/ledger/signed-note.ts';
import type { Found } from './claim.ts';
import type { LedgerTree } from './ledger-tree.ts';

/** A log as a pack holds it. */
export interface HeldLog {
  key: NoteKey;
  tree: LedgerTree;
}

/**
 * Whether the log goes on from an earlier checkpoint, whose note the caller has from elsewhere. One that
 * is later than the pack shows nothing of it, and so does not hold.
 */
export function goesOnFrom(log: HeldLog, note: string): Found {
  const opened = openCheckpoint(note, log.key);
  if (!opened.ok) return { fault: opened.problem.message, detail: '' };
  const { size, root } = opened.value;
  if (size > log.tree.size) {
    const fault = `the checkpoint is of ${size} entries, the pack of ${log.tree.size}: take the checkpoint beside the pack, or a newer pack`;
    return { fault, detail: '' };
  }
  const own = rootOf(log.tree.leaves.slice(0, size));
  if (equalBytes(own, root)) return { fault: null, detail: `of ${size} entries` };
  const fault = `the first ${size} entries are not those of the checkpoint: one key signed two histories`;
  return { fault, detail: '' };
}

/** Whether two packs tell one history: of one key, and where both have an entry, the same one. */
export function tellTheSame(one: HeldLog, other: HeldLog): Found {
  if (formatVkey(one.key) !== formatVkey(other.key)) {
    return { fault: `it is of another log: ${formatVkey(other.key)}`, detail: '' };
  }
  const shared = Math.min(one.tree.size, other.tree.size);
  const fork = one.tree.leaves.findIndex((leaf, i) => {
    const twin = other.tree.leaves[i];
    return i < shared && twin !== undefined && !equalBytes(leaf, twin);
  });
  if (fork < 0) return { fault: null, detail: `the first ${shared} entries are the same` };
  return { fault: `entry ${fork} differs: one key signed two histories`, detail: '' };
}
