import {
  concatBytes,
  equalBytes,
  fromBase64,
  fromHex,
  toBase64,
  toHex,
  utf8,
} from '../../base/bytes.ts';
import { sha256Bytes } from '../../base/digest.ts';
import { verifyEd25519 } from '../../base/ed25519.ts';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { formatNote, type NoteSignature, noteKey, parseNote } from './signed-note.ts';

/** The type byte of a timestamped Ed25519 cosignature (C2SP tlog-cosignature, cosignature/v1). */
const COSIGNATURE = 0x04;
const TIME_BYTES = 8;
const SIGNATURE_BYTES = TIME_BYTES + 64;

/**
 * Whom a cosignature is verified with. Another type than a log's key on purpose: what a witness
 * signs is not what a log signs, and its key id says so.
 */
export interface WitnessKey {
  kind: 'witness';
  name: string;
  /** 4 bytes. */
  keyId: Uint8Array;
  /** 32 bytes, Ed25519. */
  publicKey: Uint8Array;
}

/** A witness's word: at that time this was the largest tree it had seen of the log. */
export interface Cosignature {
  witness: string;
  /** Seconds since 1970. */
  atS: number;
}

/** Key id = SHA-256(name || newline || 0x04 || public key), first four bytes. */
export function witnessKey(name: string, publicKey: Uint8Array): Result<WitnessKey> {
  const key = noteKey(name, publicKey); // refuses the same names and lengths
  if (!key.ok) return key;
  const keyId = sha256Bytes(`${name}\n`, typed(publicKey)).slice(0, 4);
  return ok({ kind: 'witness', name, keyId, publicKey });
}

/** `name+hex(keyid)+base64(0x04 || key)` */
export function formatWitnessVkey({ name, keyId, publicKey }: WitnessKey): string {
  return `${name}+${toHex(keyId)}+${toBase64(typed(publicKey))}`;
}

/** `invalid-file` for a log's key, and for a key id that doesn't follow from name and key. */
export function parseWitnessVkey(vkey: string): Result<WitnessKey> {
  const [name = '', idHex = '', ...rest] = vkey.split('+');
  const keyId = fromHex(idHex);
  const bytes = fromBase64(rest.join('+')); // base64 has plus signs of its own
  if (keyId === null || bytes === null || bytes[0] !== COSIGNATURE) return fail(badVkey(vkey));
  const key = witnessKey(name, bytes.slice(1));
  return key.ok && equalBytes(key.value.keyId, keyId) ? key : fail(badVkey(vkey));
}

/** What a witness signs of a checkpoint's text at a time. */
export function cosignedMessage(text: string, atS: number): string {
  return `cosignature/v1\ntime ${atS}\n${text}`;
}

/** The signature line of a note, from the witness's signature (64 bytes) over `cosignedMessage`. */
export function cosignatureLine(key: WitnessKey, atS: number, signature: Uint8Array): string {
  const bytes = concatBytes(key.keyId, timeBytes(atS), signature);
  return `— ${key.name} ${toBase64(bytes)}\n`;
}

/**
 * The cosignatures of `keys` on a note; those of others are ignored. `integrity` for one of a known
 * key that doesn't hold, since it was altered or forged.
 */
export function cosignaturesOf(
  note: string,
  keys: readonly WitnessKey[],
): Result<readonly Cosignature[]> {
  const parsed = parseNote(note);
  if (!parsed.ok) return parsed;
  const { text, signatures } = parsed.value;
  const found: Cosignature[] = [];
  for (const one of signatures) {
    const key = keys.find(({ name, keyId }) => name === one.name && equalBytes(keyId, one.keyId));
    if (key === undefined) continue;
    const atS = holdsSince(text, one, key);
    if (atS === null) return fail(doesNotHold(key));
    found.push({ witness: key.name, atS });
  }
  return ok(found);
}

/**
 * The note with the cosignature that `answer` (signature lines of a witness) holds of `key`, in the
 * place of an older one of the same key. `integrity` when there is none, or it doesn't hold.
 */
export function withCosignature(note: string, answer: string, key: WitnessKey): Result<string> {
  const [own, both] = [parseNote(note), parseNote(`${note}${answer}`)];
  if (!own.ok) return own;
  if (!both.ok || both.value.text !== own.value.text) {
    return fail(problem('integrity', `the answer of ${key.name} is no cosignature`));
  }
  const isOf = (one: NoteSignature): boolean =>
    one.name === key.name && equalBytes(one.keyId, key.keyId);
  const given = both.value.signatures.slice(own.value.signatures.length).find(isOf);
  if (given === undefined || holdsSince(own.value.text, given, key) === null) {
    return fail(doesNotHold(key));
  }
  const others = own.value.signatures.filter((one) => !isOf(one));
  return formatNote({ text: own.value.text, signatures: [...others, given] });
}

/** The time that a signature states and covers; null when it doesn't hold. */
function holdsSince(text: string, { signature }: NoteSignature, key: WitnessKey): number | null {
  if (signature.length !== SIGNATURE_BYTES) return null;
  const atS = signature.subarray(0, TIME_BYTES).reduce((sum, byte) => sum * 256 + byte, 0);
  if (!Number.isSafeInteger(atS)) return null;
  const message = utf8(cosignedMessage(text, atS));
  const isValid = verifyEd25519(key.publicKey, message, signature.subarray(TIME_BYTES));
  return isValid ? atS : null;
}

/** High byte first. */
function timeBytes(atS: number): Uint8Array {
  const bytes = new Uint8Array(TIME_BYTES);
  for (let i = TIME_BYTES - 1, rest = atS; i >= 0; i -= 1, rest = Math.floor(rest / 256)) {
    bytes[i] = rest % 256;
  }
  return bytes;
}

const typed = (publicKey: Uint8Array): Uint8Array =>
  concatBytes(Uint8Array.of(COSIGNATURE), publicKey);
const badVkey = (vkey: string): Problem =>
  problem('invalid-file', `'${vkey}' is not a witness's key (name+keyid+key)`);
const doesNotHold = ({ name, keyId }: WitnessKey): Problem =>
  problem('integrity', `no cosignature of ${name}+${toHex(keyId)} holds`);
