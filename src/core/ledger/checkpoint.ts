import { fromBase64, toBase64 } from '../../base/bytes.ts';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { HASH_BYTES, type Hash } from './merkle.ts';
import { formatNote, type NoteKey, noteKey, openNote, parseNote } from './signed-note.ts';

/** A tree head: which log, how many leaves, which root (C2SP tlog-checkpoint). */
export interface Checkpoint {
  origin: string;
  size: number;
  root: Hash;
}

/** What the log key signs: origin, size, root; a line each. */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${toBase64(root)}\n`;
}

/**
 * The signed note of a checkpoint, from the log key's signature (64 bytes, Ed25519) over
 * `checkpointText`. The key's name is the origin. The signature is not verified here: that would
 * cost half a durable append, and whoever reads the note does it.
 */
export function formatCheckpoint(
  checkpoint: Checkpoint,
  publicKey: Uint8Array,
  signature: Uint8Array,
): Result<string> {
  const key = noteKey(checkpoint.origin, publicKey);
  if (!key.ok) return key;
  if (signature.length !== 64) return fail(problem('usage', 'an Ed25519 signature has 64 bytes'));
  const { name, keyId } = key.value;
  const text = checkpointText(checkpoint);
  return formatNote({ text, signatures: [{ name, keyId, signature }] });
}

/**
 * The checkpoint of a note, after its signature by `logKey` has held. The origin must be the key's
 * name: else one log's head could be shown as another's. `integrity` otherwise.
 */
export function openCheckpoint(note: string, logKey: NoteKey): Result<Checkpoint> {
  const opened = openNote(note, [logKey]);
  if (!opened.ok) return opened;
  const parsed = parseCheckpointText(opened.value.text);
  if (!parsed.ok) return parsed;
  const { origin, size, root } = parsed.value;
  if (root.length !== HASH_BYTES) return fail(bad('its root is no SHA-256'));
  if (origin !== logKey.name) return fail(bad(`it is of ${origin}, not of ${logKey.name}`));
  return ok({ origin, size, root });
}

/** The checkpoint a note claims, without a key: for places that can't believe it anyway. */
export function readCheckpoint(note: string): Result<Checkpoint> {
  const parsed = parseNote(note);
  if (!parsed.ok) return parsed;
  const checkpoint = parseCheckpointText(parsed.value.text);
  if (!checkpoint.ok) return checkpoint;
  if (checkpoint.value.root.length !== HASH_BYTES) return fail(bad('its root is no SHA-256'));
  return checkpoint;
}

/** The lines of a checkpoint's text. Sizes up to 2^53 - 1; the root's length is the caller's. */
export function parseCheckpointText(
  text: string,
): Result<Checkpoint & { extension: readonly string[] }> {
  if (!text.endsWith('\n')) return fail(bad('its last line has no end'));
  const [origin = '', digits = '', encoded = '', ...extension] = text.slice(0, -1).split('\n');
  if (origin === '') return fail(bad('it names no origin'));
  const size = /^(?:0|[1-9]\d{0,15})$/.test(digits) ? Number(digits) : Number.NaN;
  if (!Number.isSafeInteger(size)) return fail(bad('its size is no number'));
  const root = fromBase64(encoded);
  if (root === null || root.length === 0) return fail(bad('its root is no base64'));
  if (extension.includes('')) return fail(bad('it has an empty extension line'));
  return ok({ origin, size, root, extension });
}

const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

/**
 * Aurora's logs have a bare host name in lower case as origin, with a dot in it: public verifiers
 * take the key's name from the host part of an address, so a path or port would never match.
 */
export function isOrigin(name: string): boolean {
  return HOST_NAME.test(name) && name.includes('.');
}

const bad = (fault: string): Problem => problem('integrity', `a malformed checkpoint: ${fault}`);
