import { hash } from 'node:crypto';
import { concatBytes, equalBytes, fromBase64, toBase64, utf8 } from './bytes.ts';
import { keyIdentity, padTo32, verifyByKey } from './key-material.ts';
import { parseSshBlob, type SshKey } from './ssh-key.ts';
import { SshReader, sshString } from './ssh-wire.ts';

/** What `ssh-keygen -Y sign` makes (OpenSSH, PROTOCOL.sshsig): the key is in it, unproven. */
export interface Sshsig {
  key: SshKey;
  namespace: string;
  hash: 'sha256' | 'sha512';
  /** How the key signed: an ssh-rsa key by rsa-sha2-512 or rsa-sha2-256. */
  signedBy: string;
  signature: Uint8Array;
}

const MAGIC = utf8('SSHSIG');
const VERSION = 1;
const BEGIN = '-----BEGIN SSH SIGNATURE-----';
const END = '-----END SSH SIGNATURE-----';
/** An RSA signature of the largest key, twice over: nothing longer is looked at. */
const TEXT_CHARS_MAX = 16_384;
const LINE_CHARS = 70;
/** PROTOCOL.u2f: the person touched the token. */
const USER_PRESENT = 1;

/** Why bytes are no signature over `message` in that namespace by that key; null: they are. */
export function sshsigFault(
  blob: Uint8Array,
  by: { key: SshKey; namespace: string },
  message: Uint8Array,
): string | null {
  const parsed = parseSshsig(blob);
  if (parsed === null) return 'it is no ssh signature of a kind that is taken';
  if (parsed.namespace !== by.namespace) {
    return `it was made for ${JSON.stringify(parsed.namespace)}, not for ${by.namespace}`;
  }
  const isSame =
    parsed.key.algorithm === by.key.algorithm &&
    parsed.key.application === by.key.application &&
    keyIdentity(parsed.key.material) === keyIdentity(by.key.material);
  if (!isSame) return 'it is by another key';
  return holds(parsed, message) ? null : 'it is not over these bytes';
}

/** The parts of a signature's bytes; null for other versions, algorithms, and for bytes behind it. */
export function parseSshsig(blob: Uint8Array): Sshsig | null {
  const reader = new SshReader(blob);
  const magic = reader.take(MAGIC.length);
  if (magic === null || !equalBytes(magic, MAGIC) || reader.uint32() !== VERSION) return null;
  const key = parseSshBlob(reader.string() ?? new Uint8Array());
  const namespace = reader.text();
  const reserved = reader.string();
  const hashName = reader.text();
  const inner = reader.string();
  if (key === null || namespace === null || namespace === '' || reserved === null) return null;
  if (hashName !== 'sha256' && hashName !== 'sha512') return null;
  if (inner === null || !reader.isDone) return null;
  const signedBy = new SshReader(inner).text();
  if (signedBy === null) return null;
  // Without the algorithm in front, whose length a string of itself says.
  const signature = inner.slice(sshString(signedBy).length);
  return { key, namespace, hash: hashName, signedBy, signature };
}

/** The bytes of the armored form; null for anything else. Lines may end in CRLF, as mail writes them. */
export function unarmorSshsig(text: string): Uint8Array | null {
  if (text.length > TEXT_CHARS_MAX) return null;
  const lines = text.replaceAll('\r\n', '\n').replace(/\n+$/, '').split('\n');
  if (lines[0] !== BEGIN || lines.at(-1) !== END) return null;
  return fromBase64(lines.slice(1, -1).join(''));
}

/** As `ssh-keygen -Y verify` reads it. */
export function armorSshsig(blob: Uint8Array): string {
  const base64 = toBase64(blob);
  const lines = base64.match(new RegExp(`.{1,${LINE_CHARS}}`, 'g')) ?? [];
  return [BEGIN, ...lines, END, ''].join('\n');
}

function holds(parsed: Sshsig, message: Uint8Array): boolean {
  const signed = concatBytes(
    MAGIC,
    sshString(parsed.namespace),
    sshString(''),
    sshString(parsed.hash),
    sshString(hash(parsed.hash, message, 'buffer')),
  );
  const { key, signedBy } = parsed;
  const reader = new SshReader(parsed.signature);
  const raw = reader.string();
  if (raw === null) return false;
  if (key.algorithm === 'sk-ssh-ed25519@openssh.com') {
    const rest = reader.take(5);
    return signedBy === key.algorithm && reader.isDone && holdsOnToken(key, signed, raw, rest);
  }
  if (!reader.isDone) return false;
  switch (key.algorithm) {
    case 'ssh-ed25519':
      return signedBy === key.algorithm && verifyByKey(key.material, 'sha512', signed, raw);
    case 'ecdsa-sha2-nistp256': {
      const pair = pairOf(raw);
      return (
        signedBy === key.algorithm &&
        pair !== null &&
        verifyByKey(key.material, 'sha256', signed, pair)
      );
    }
    case 'ssh-rsa': {
      // PROTOCOL.sshsig: never by SHA-1, which the plain name ssh-rsa stands for.
      if (signedBy === 'rsa-sha2-512') return verifyByKey(key.material, 'sha512', signed, raw);
      return signedBy === 'rsa-sha2-256' && verifyByKey(key.material, 'sha256', signed, raw);
    }
  }
}

/** r and s of 32 bytes each, from two mpints. */
function pairOf(raw: Uint8Array): Uint8Array | null {
  const reader = new SshReader(raw);
  const r = padTo32(reader.mpint() ?? new Uint8Array(33));
  const s = padTo32(reader.mpint() ?? new Uint8Array(33));
  return r === null || s === null || !reader.isDone ? null : concatBytes(r, s);
}

/** A token signs the digests of application and message, with its flags and counter between them. */
function holdsOnToken(
  key: SshKey,
  signed: Uint8Array,
  raw: Uint8Array,
  rest: Uint8Array | null,
): boolean {
  if (rest === null || ((rest[0] ?? 0) & USER_PRESENT) === 0) return false;
  const said = concatBytes(
    hash('sha256', key.application ?? '', 'buffer'),
    rest,
    hash('sha256', signed, 'buffer'),
  );
  return verifyByKey(key.material, 'sha512', said, raw);
}
