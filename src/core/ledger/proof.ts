import { fromBase64, toBase64 } from '../../base/bytes.ts';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import { HASH_BYTES, type Hash, leafHash } from './merkle.ts';
import { verifyInclusion } from './merkle-proof.ts';
import type { NoteKey } from './signed-note.ts';

const HEADER = 'c2sp.org/tlog-proof@v1';
/** Depth of a tree of 2^64 leaves. */
const HASHES_MAX = 64;

/** A `.tlog-proof` file: an entry's place, its audit path and the checkpoint it leads to. */
export interface ProofFile {
  index: number;
  hashes: readonly Hash[];
  /** The signed note, verbatim. */
  checkpoint: string;
  /** Not authenticated by anything: never to be believed. */
  extra: Uint8Array | null;
}

/** C2SP tlog-proof. */
export function formatProof(proof: ProofFile): string {
  const extra = proof.extra === null ? '' : `extra ${toBase64(proof.extra)}\n`;
  const hashes = proof.hashes.map((hash) => `${toBase64(hash)}\n`).join('');
  return `${HEADER}\n${extra}index ${proof.index}\n${hashes}\n${proof.checkpoint}`;
}

/** `integrity` for anything that is not a proof file; the checkpoint is not looked into. */
export function parseProof(text: string): Result<ProofFile> {
  const end = text.indexOf('\n\n');
  if (end < 0) return fail(bad('it holds no checkpoint'));
  const lines = text.slice(0, end).split('\n');
  if (lines.shift() !== HEADER) return fail(bad(`its first line is not ${HEADER}`));
  const extraLine = lines[0]?.startsWith('extra ') ? lines.shift() : undefined;
  const extra = extraLine === undefined ? null : fromBase64(extraLine.slice('extra '.length));
  if (extraLine !== undefined && extra === null) return fail(bad('its extra data is no base64'));
  const [, digits] = /^index (0|[1-9]\d{0,15})$/.exec(lines.shift() ?? '') ?? [];
  const index = Number(digits ?? Number.NaN);
  if (!Number.isSafeInteger(index)) return fail(bad('its index is no number'));
  if (lines.length > HASHES_MAX) return fail(bad(`it has ${lines.length} hashes`));
  const hashes: Hash[] = [];
  for (const line of lines) {
    const hash = fromBase64(line);
    if (hash?.length !== HASH_BYTES) return fail(bad('a line of it is no hash'));
    hashes.push(hash);
  }
  return ok({ index, hashes, checkpoint: text.slice(end + 2), extra });
}

/**
 * What a proof file proves of a leaf body: its index, and the checkpoint of `logKey` that contains
 * it. `integrity` when anything doesn't hold.
 */
export function verifyProof(
  text: string,
  body: Uint8Array | string,
  logKey: NoteKey,
): Result<{ index: number; checkpoint: Checkpoint }> {
  const proof = parseProof(text);
  if (!proof.ok) return proof;
  const { index, hashes } = proof.value;
  const checkpoint = openCheckpoint(proof.value.checkpoint, logKey);
  if (!checkpoint.ok) return checkpoint;
  const { size, root } = checkpoint.value;
  if (!verifyInclusion({ index, size, leafHash: leafHash(body), proof: hashes, root })) {
    return fail(problem('integrity', `the entry is not number ${index} of the checkpoint's tree`));
  }
  return ok({ index, checkpoint: checkpoint.value });
}

const bad = (fault: string): Problem => problem('integrity', `not a proof file: ${fault}`);
