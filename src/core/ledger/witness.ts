import { equalBytes } from '../../base/bytes.ts';
import { type Checkpoint, parseCheckpointText } from './checkpoint.ts';
import { type CheckpointUpdate, parseUpdate } from './checkpoint-update.ts';
import { EMPTY_ROOT, HASH_BYTES } from './merkle.ts';
import { verifyConsistency } from './merkle-proof.ts';
import { type NoteKey, openNote } from './signed-note.ts';

/** A log that a witness watches. The key's name is the origin, but for a few old logs. */
export interface WitnessedLog {
  origin: string;
  key: NoteKey;
}

/** What to answer, by HTTP status; `cosign` only after the checkpoint is kept for good. */
export type WitnessAnswer =
  | { kind: 'cosign'; checkpoint: Checkpoint; note: string; text: string }
  | {
      kind: 'refuse';
      status: 400 | 403 | 404 | 409 | 422;
      /** For the one who asked; with 409 the size of the newest checkpoint that was cosigned. */
      body: string;
      /** The log signed two trees of which neither continues the other: the request shows it. */
      isFork: boolean;
    };

/**
 * What a witness answers to an add-checkpoint request (C2SP tlog-witness), given the newest
 * checkpoint that it cosigned of each log. The order of the checks is the protocol's.
 */
export function judgeUpdate(
  request: string,
  logs: readonly WitnessedLog[],
  cosigned: (origin: string) => Checkpoint | null,
): WitnessAnswer {
  const update = parseUpdate(request);
  if (!update.ok) return refuse(400, update.problem.message);
  const note = update.value.checkpoint;
  const text = note.slice(0, note.lastIndexOf('\n\n') + 1);
  const checkpoint = parseCheckpointText(text);
  if (!checkpoint.ok) return refuse(400, checkpoint.problem.message);
  const { origin, size, root } = checkpoint.value;
  if (root.length !== HASH_BYTES) return refuse(400, 'the root is no SHA-256');
  const log = logs.find((one) => one.origin === origin);
  if (log === undefined) return refuse(404, 'unknown log');
  // A signature line that is none counts as one that doesn't hold.
  if (!openNote(note, [log.key]).ok) return refuse(403, 'invalid signature');
  if (update.value.oldSize > size) return refuse(400, 'the old size is above the new one');
  const later = { origin, size, root };
  const fault = forkFault(update.value, later, cosigned(origin));
  if (fault !== null) return fault;
  return { kind: 'cosign', checkpoint: later, note, text };
}

/** Whether the checkpoint continues the one that was cosigned last. */
function forkFault(
  { oldSize, hashes }: CheckpointUpdate,
  later: Checkpoint,
  before: Checkpoint | null,
): WitnessAnswer | null {
  const known = before?.size ?? 0;
  if (oldSize !== known) return refuse(409, `${known}\n`);
  if (before !== null && later.size === known && !equalBytes(later.root, before.root)) {
    return refuse(409, `${known}\n`, true);
  }
  if (known === 0 || before === null) {
    const isEmpty = later.size > 0 || equalBytes(later.root, EMPTY_ROOT);
    return hashes.length === 0 && isEmpty ? null : refuse(422, 'no consistency proof from size 0');
  }
  const sizes = { size1: known, size2: later.size };
  const roots = { root1: before.root, root2: later.root };
  if (verifyConsistency({ ...sizes, ...roots, proof: hashes })) return null;
  // A wrong proof is no sign of a fork: anybody can send one with an honest checkpoint.
  return refuse(422, 'the consistency proof does not hold');
}

function refuse(status: 400 | 403 | 404 | 409 | 422, body: string, isFork = false): WitnessAnswer {
  return { kind: 'refuse', status, body, isFork };
}
