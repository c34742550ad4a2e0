import { fromBase64, toBase64 } from '../../base/bytes.ts';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import { HASH_BYTES, type Hash } from './merkle.ts';
import { verifyConsistency } from './merkle-proof.ts';
import type { NoteKey } from './signed-note.ts';

/** As many as a tree of 2^63 leaves needs; C2SP tlog-witness allows no more. */
const HASHES_MAX = 63;

/**
 * A checkpoint and the proof that it continues an earlier one: what a log sends to its witnesses
 * (C2SP tlog-witness, add-checkpoint), and what `ledger consistency` prints.
 */
export interface CheckpointUpdate {
  oldSize: number;
  /** RFC 9162, section 2.1.4; empty from size 0. */
  hashes: readonly Hash[];
  /** The signed note, verbatim. */
  checkpoint: string;
}

export function formatUpdate({ oldSize, hashes, checkpoint }: CheckpointUpdate): string {
  return `old ${oldSize}\n${hashes.map((hash) => `${toBase64(hash)}\n`).join('')}\n${checkpoint}`;
}

/** `invalid-file` for anything else; the checkpoint is not looked into. */
export function parseUpdate(text: string): Result<CheckpointUpdate> {
  const end = text.indexOf('\n\n');
  if (end < 0) return fail(bad('it holds no checkpoint'));
  const [first = '', ...lines] = text.slice(0, end).split('\n');
  const [, digits] = /^old (0|[1-9]\d{0,15})$/.exec(first) ?? [];
  const oldSize = Number(digits ?? Number.NaN);
  if (!Number.isSafeInteger(oldSize)) return fail(bad('its first line is not "old SIZE"'));
  if (lines.length > HASHES_MAX) return fail(bad(`it has ${lines.length} hashes`));
  const hashes: Hash[] = [];
  for (const line of lines) {
    const hash = fromBase64(line);
    if (hash?.length !== HASH_BYTES) return fail(bad('a line of it is no hash'));
    hashes.push(hash);
  }
  return ok({ oldSize, hashes, checkpoint: text.slice(end + 2) });
}

/**
 * What an update proves to someone who holds the earlier checkpoint: the later one, signed by
 * `logKey`. `integrity` when it doesn't hold, or starts at another size.
 */
export function verifyUpdate(
  text: string,
  earlier: Checkpoint,
  logKey: NoteKey,
): Result<Checkpoint> {
  const update = parseUpdate(text);
  if (!update.ok) return update;
  const { oldSize, hashes, checkpoint } = update.value;
  const later = openCheckpoint(checkpoint, logKey);
  if (!later.ok) return later;
  if (earlier.origin !== later.value.origin || earlier.size !== oldSize) {
    return fail(problem('integrity', `the proof is not from size ${earlier.size}`));
  }
  const { size, root } = later.value;
  const sizes = { size1: oldSize, size2: size };
  if (verifyConsistency({ ...sizes, root1: earlier.root, root2: root, proof: hashes }))
    return later;
  return fail(problem('integrity', `the tree of ${size} does not continue that of ${oldSize}`));
}

const bad = (fault: string): Problem =>
  problem('invalid-file', `not a checkpoint with its proof: ${fault}`);
