import { existsSync } from 'node:fs';
import { askWitness, type SqliteReader } from '../app.ts';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { openCheckpoint } from '../core/ledger/checkpoint.ts';
import { formatUpdate } from '../core/ledger/checkpoint-update.ts';
import {
  type Cosignature,
  cosignaturesOf,
  parseWitnessVkey,
  type WitnessKey,
  withCosignature,
} from '../core/ledger/cosignature.ts';
import { consistencyProof } from '../core/ledger/merkle-proof.ts';
import { parseVkey } from '../core/ledger/signed-note.ts';
import { readText, writeText } from './files.ts';

interface Cosigned extends Cosignature {
  size: number;
}

/**
 * Has the newest checkpoint of a ledger cosigned and keeps the note at `path`, with the cosignatures
 * of other witnesses on the same tree. `integrity` where the witness knows more entries than the
 * ledger has, or another history: somebody else was shown something else under the same key.
 */
export async function cosignLedger(
  ledger: SqliteReader,
  url: string,
  keys: { vkey: string; witnessVkey: string },
  path: string,
): Promise<Result<Cosigned>> {
  if (!URL.canParse(url)) return fail(problem('usage', `'${url}' is not the address of a witness`));
  const witness = parseWitnessVkey(keys.witnessVkey);
  if (!witness.ok) return witness;
  const newest = newestNote(ledger, keys.vkey, path);
  if (!newest.ok) return newest;
  const { note, size } = newest.value;
  const cosigned = await cosignedBy(ledger, url, note, size, witness.value);
  if (!cosigned.ok) return cosigned;
  const written = writeText(path, cosigned.value);
  if (!written.ok) return written;
  const held = cosignaturesOf(cosigned.value, [witness.value]);
  if (!held.ok) return held;
  const [own] = held.value;
  if (own === undefined) return fail(problem('integrity', 'the witness did not cosign'));
  return ok({ ...own, size });
}

/** As the ledger has it, or with the cosignatures that were kept for the same tree. */
function newestNote(
  ledger: SqliteReader,
  vkey: string,
  path: string,
): Result<{ note: string; size: number }> {
  const key = parseVkey(vkey);
  if (!key.ok) return key;
  const newest = ledger.checkpoint(Number.MAX_SAFE_INTEGER);
  if (!newest.ok) return newest;
  if (newest.value === null) return fail(problem('inconclusive', 'no checkpoint is signed yet'));
  const { note } = newest.value;
  const checkpoint = openCheckpoint(note, key.value);
  if (!checkpoint.ok) return checkpoint;
  const { size } = checkpoint.value;
  const kept = existsSync(path) ? readText(path) : ok('');
  if (!kept.ok) return kept;
  const isSame = openCheckpoint(kept.value, key.value).ok && bodyOf(kept.value) === bodyOf(note);
  return ok({ note: isSame ? kept.value : note, size });
}

const bodyOf = (note: string): string => note.slice(0, note.lastIndexOf('\n\n'));

/** Size 0 asks the witness what it knows; the second request proves from there. */
async function cosignedBy(
  ledger: SqliteReader,
  url: string,
  note: string,
  size: number,
  witness: WitnessKey,
): Promise<Result<string>> {
  let oldSize = 0;
  for (let tries = 0; tries < 3; tries += 1) {
    const hashes = oldSize === 0 ? ok([]) : consistencyProof(oldSize, size, ledger.node);
    if (!hashes.ok) return hashes;
    const update = formatUpdate({ oldSize, hashes: hashes.value, checkpoint: note });
    const reply = await askWitness(url, update);
    if (!reply.ok) return reply;
    if (reply.value.kind === 'cosigned') return withCosignature(note, reply.value.lines, witness);
    const known = reply.value.size;
    if (known > size || known === oldSize) return fail(otherHistory(witness.name, known, size));
    oldSize = known;
  }
  return fail(problem('unavailable', `${witness.name} is asked by somebody else at the same time`));
}

function otherHistory(name: string, known: number, size: number) {
  const message =
    known > size
      ? `${name} has cosigned ${known} entries, and the ledger's checkpoint has ${size}`
      : `${name} has cosigned another tree of ${known} entries under the same key`;
  return problem('integrity', message, 'touch nothing: docs/operating/damaged-ledger.md');
}
