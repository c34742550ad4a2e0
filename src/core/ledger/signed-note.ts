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

/** C2SP signed-note. Limits keep a hostile note from costing more than a look. */
const SIGNATURES_MAX = 100;
const NOTE_LENGTH_MAX = 1_000_000;
const ED25519 = 0x01;
const KEY_ID_BYTES = 4;

/** A key that notes are verified with. Its written form is the vkey: name+keyid+key. */
export interface NoteKey {
  name: string;
  /** 4 bytes. */
  keyId: Uint8Array;
  /** 32 bytes, Ed25519. */
  publicKey: Uint8Array;
}

export interface NoteSignature {
  name: string;
  keyId: Uint8Array;
  signature: Uint8Array;
}

export interface SignedNote {
  /** What is signed, its last newline included. */
  text: string;
  signatures: readonly NoteSignature[];
}

/** Key id = SHA-256(name || newline || 0x01 || public key), first four bytes. */
export function noteKey(name: string, publicKey: Uint8Array): Result<NoteKey> {
  if (!isKeyName(name)) return fail(problem('usage', `'${name}' can't name a note key`));
  if (publicKey.length !== 32) return fail(problem('usage', 'an Ed25519 key has 32 bytes'));
  const typed = concatBytes(Uint8Array.of(ED25519), publicKey);
  const keyId = sha256Bytes(`${name}\n`, typed).slice(0, KEY_ID_BYTES);
  return ok({ name, keyId, publicKey });
}

/** `name+hex(keyid)+base64(0x01 || key)` */
export function formatVkey(key: NoteKey): string {
  const typed = concatBytes(Uint8Array.of(ED25519), key.publicKey);
  return `${key.name}+${toHex(key.keyId)}+${toBase64(typed)}`;
}

/** `invalid-file` for other key types, and for a key id that doesn't follow from name and key. */
export function parseVkey(vkey: string): Result<NoteKey> {
  const [name = '', idHex = '', ...rest] = vkey.split('+');
  const keyId = fromHex(idHex);
  const typed = fromBase64(rest.join('+')); // base64 has plus signs of its own
  if (keyId === null || typed === null || typed[0] !== ED25519) return fail(badVkey(vkey));
  const key = noteKey(name, typed.slice(1));
  if (!key.ok || !equalBytes(key.value.keyId, keyId)) return fail(badVkey(vkey));
  return key;
}

/** The note's writing. The text must end with a newline and hold no other control character. */
export function formatNote(note: SignedNote): Result<string> {
  if (!isNoteText(note.text) || note.signatures.length === 0) {
    return fail(problem('usage', 'a note needs a text that ends with a newline, and a signature'));
  }
  const lines = note.signatures.map(
    ({ name, keyId, signature }) => `— ${name} ${toBase64(concatBytes(keyId, signature))}\n`,
  );
  return ok(`${note.text}\n${lines.join('')}`);
}

/** Takes a note apart without believing it; `integrity` when it is malformed. */
export function parseNote(note: string): Result<SignedNote> {
  const end = note.lastIndexOf('\n\n');
  if (note.length > NOTE_LENGTH_MAX || end < 0 || !note.endsWith('\n')) return fail(malformed());
  const text = note.slice(0, end + 1);
  const lines = note.slice(end + 2, -1).split('\n');
  if (!isNoteText(text) || lines.length > SIGNATURES_MAX) return fail(malformed());
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const signature = parseSignatureLine(line);
    if (signature === null) return fail(malformed());
    signatures.push(signature);
  }
  return ok({ text, signatures });
}

/**
 * The note's text and the keys that signed it, in the order of the note. Signatures of unknown keys
 * are ignored (so witnesses and second keys can be added); one of a known key that doesn't hold
 * rejects the note, as does a note that no known key signed (`integrity`).
 */
export function openNote(
  note: string,
  keys: readonly NoteKey[],
): Result<{ text: string; signedBy: readonly NoteKey[] }> {
  const parsed = parseNote(note);
  if (!parsed.ok) return parsed;
  const { text, signatures } = parsed.value;
  const message = utf8(text);
  const signedBy: NoteKey[] = [];
  for (const { name, keyId, signature } of signatures) {
    const known = keys.filter((key) => key.name === name && equalBytes(key.keyId, keyId));
    const key = known[0];
    if (key === undefined) continue;
    if (known.length > 1) return fail(problem('integrity', `two keys are ${name}+${toHex(keyId)}`));
    if (!verifyEd25519(key.publicKey, message, signature)) {
      return fail(problem('integrity', `the signature of ${name}+${toHex(keyId)} doesn't hold`));
    }
    if (!signedBy.includes(key)) signedBy.push(key);
  }
  if (signedBy.length === 0) return fail(problem('integrity', 'no known key signed the note'));
  return ok({ text, signedBy });
}

function parseSignatureLine(line: string): NoteSignature | null {
  const [dash, name = '', encoded = '', ...rest] = line.split(' ');
  const bytes = fromBase64(encoded);
  if (dash !== '—' || rest.length > 0 || !isKeyName(name)) return null;
  if (bytes === null || bytes.length <= KEY_ID_BYTES) return null;
  return { name, keyId: bytes.slice(0, KEY_ID_BYTES), signature: bytes.slice(KEY_ID_BYTES) };
}

const isKeyName = (name: string): boolean =>
  name !== '' && name.isWellFormed() && !/[\s\p{White_Space}+\p{Cc}]/u.test(name);

function isNoteText(text: string): boolean {
  if (!text.endsWith('\n') || !text.isWellFormed()) return false;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code < 0x20 && code !== 0x0a) return false;
  }
  return true;
}

const malformed = (): Problem => problem('integrity', 'a malformed signed note');
const badVkey = (vkey: string): Problem =>
  problem('invalid-file', `'${vkey}' is not an Ed25519 verifier key (name+keyid+key)`);
