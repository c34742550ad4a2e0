import { hash } from 'node:crypto';
import { concatBytes, toHex } from './bytes.ts';
import { type HashName, type KeyMaterial, padTo32 } from './key-material.ts';

/** A public key packet of version 4 (RFC 4880, 5.5.2), primary or subkey. */
export interface OpenpgpKey {
  fingerprint: string;
  createdAtMs: number;
  material: KeyMaterial;
}

/** A signature packet of version 4 (RFC 4880, 5.2.3). */
export interface OpenpgpSignature {
  /** 0x00: over a document's bytes as they are */
  type: number;
  hash: HashName;
  /** What the signer claims; no evidence of time. */
  createdAtMs: number | null;
  /** Of the key that made it, where its hashed part says. */
  issuer: string | null;
  /** From the version to the end of the hashed part. */
  hashed: Uint8Array;
  /** The first two bytes of the digest. */
  check: Uint8Array;
  /** As `verifyByKey` takes it for the kind of key. */
  signatureFor(kind: KeyMaterial['kind'], modulusBytes: number): Uint8Array | null;
}

const TAG = { signature: 2, publicKey: 6, publicSubkey: 14 } as const;
const RSA = [1, 3];
const ECDSA = 19;
/** The draft number under which GnuPG writes Ed25519 in version 4. */
const EDDSA = 22;
const OID_ED25519 = '2b06010401da470f01';
const OID_P256 = '2a8648ce3d030107';
const HASHES: Readonly<Record<number, HashName>> = { 8: 'sha256', 9: 'sha384', 10: 'sha512' };
const SUBPACKET = { created: 2, expires: 3, issuerFingerprint: 33 } as const;
/** RFC 4880, 5.2.3.1: the highest bit of a subpacket's type. */
const CRITICAL = 0x80;
/** Critical ones whose meaning is known here, or takes nothing away. */
const UNDERSTOOD: readonly number[] = [2, 16, 33];

/** The packets of a text of bytes; null where lengths do not fit. Partial lengths are refused. */
export function readPackets(
  bytes: Uint8Array,
): readonly { tag: number; body: Uint8Array }[] | null {
  const packets: { tag: number; body: Uint8Array }[] = [];
  let at = 0;
  while (at < bytes.length) {
    const head = bytes[at] ?? 0;
    if ((head & 0x80) === 0) return null;
    const isNew = (head & 0x40) !== 0;
    const tag = isNew ? head & 0x3f : (head >> 2) & 0x0f;
    const length = isNew ? newLength(bytes, at + 1) : oldLength(bytes, at + 1, head & 0x03);
    if (length === null || length.end + length.value > bytes.length) return null;
    at = length.end + length.value;
    packets.push({ tag, body: bytes.slice(length.end, at) });
  }
  return packets;
}

export function isKeyPacket(tag: number): boolean {
  return tag === TAG.publicKey || tag === TAG.publicSubkey;
}

export function isSignaturePacket(tag: number): boolean {
  return tag === TAG.signature;
}

/** null for other versions and algorithms than Ed25519, ECDSA P-256 and RSA. */
export function readKeyPacket(body: Uint8Array): OpenpgpKey | null {
  if (body[0] !== 4 || body.length < 7 || body.length > 0xffff) return null;
  const head = Uint8Array.of(0x99, body.length >> 8, body.length & 0xff);
  const fingerprint = hash('sha1', concatBytes(head, body), 'hex');
  const createdAtMs = 1_000 * uint32(body, 1);
  const material = materialOf(body[5] ?? 0, body.subarray(6));
  return material === null ? null : { fingerprint, createdAtMs, material };
}

/**
 * null for other versions and hashes, for a critical subpacket that is not understood, and for a
 * signature with an end: there is no time here to hold it against.
 */
export function readSignaturePacket(body: Uint8Array): OpenpgpSignature | null {
  const [version, type = -1, algorithm = 0, hashId = 0] = body;
  const name = HASHES[hashId];
  if (version !== 4 || name === undefined || body.length < 6) return null;
  const hashedEnd = 6 + uint16(body, 4);
  const unhashedEnd = hashedEnd + 2 + uint16(body, hashedEnd);
  if (unhashedEnd + 2 > body.length) return null;
  const facts = readSubpackets(body.subarray(6, hashedEnd));
  if (facts === null) return null;
  const numbers = readMpis(body.subarray(unhashedEnd + 2));
  if (numbers === null) return null;
  return {
    type,
    hash: name,
    ...facts,
    hashed: body.slice(0, hashedEnd),
    check: body.slice(unhashedEnd, unhashedEnd + 2),
    signatureFor: (kind, modulusBytes) => {
      const [first, second] = numbers;
      if (first === undefined) return null;
      if (kind === 'rsa') {
        if (!RSA.includes(algorithm) || numbers.length !== 1) return null;
        if (first.length > modulusBytes) return null;
        return concatBytes(new Uint8Array(modulusBytes - first.length), first);
      }
      if (algorithm !== (kind === 'ed25519' ? EDDSA : ECDSA)) return null;
      const r = padTo32(first);
      const s = second === undefined || numbers.length !== 2 ? null : padTo32(second);
      return r === null || s === null ? null : concatBytes(r, s);
    },
  };
}

function materialOf(algorithm: number, bytes: Uint8Array): KeyMaterial | null {
  if (RSA.includes(algorithm)) {
    const [modulus, exponent, ...more] = readMpis(bytes) ?? [];
    if (modulus === undefined || exponent === undefined || more.length > 0) return null;
    return { kind: 'rsa', modulus, exponent };
  }
  const oidBytes = bytes[0] ?? 0;
  const oid = toHex(bytes.subarray(1, 1 + oidBytes));
  const [point, ...more] = readMpis(bytes.subarray(1 + oidBytes)) ?? [];
  if (point === undefined || more.length > 0) return null;
  // 0x40 says that the native form of the curve follows.
  if (algorithm === EDDSA && oid === OID_ED25519 && point.length === 33 && point[0] === 0x40) {
    return { kind: 'ed25519', raw: point.slice(1) };
  }
  const isP256 = algorithm === ECDSA && oid === OID_P256;
  return isP256 && point.length === 65 && point[0] === 4 ? { kind: 'p256', point } : null;
}

function readSubpackets(
  bytes: Uint8Array,
): Pick<OpenpgpSignature, 'createdAtMs' | 'issuer'> | null {
  const facts: Pick<OpenpgpSignature, 'createdAtMs' | 'issuer'> = {
    createdAtMs: null,
    issuer: null,
  };
  let at = 0;
  while (at < bytes.length) {
    const length = subpacketLength(bytes, at);
    if (length === null || length.value < 1 || length.end + length.value > bytes.length)
      return null;
    const content = bytes.subarray(length.end + 1, length.end + length.value);
    const type = bytes[length.end] ?? 0;
    at = length.end + length.value;
    const kind = type & ~CRITICAL;
    if (kind === SUBPACKET.expires) return null;
    if (kind === SUBPACKET.created && content.length === 4) {
      facts.createdAtMs = 1_000 * uint32(content, 0);
    } else if (kind === SUBPACKET.issuerFingerprint && content[0] === 4) {
      facts.issuer = toHex(content.subarray(1));
    } else if ((type & CRITICAL) !== 0 && !UNDERSTOOD.includes(kind)) return null;
  }
  return facts;
}

/** Multiprecision integers up to the end (RFC 4880, 3.2), without zeros in front. */
function readMpis(bytes: Uint8Array): readonly Uint8Array[] | null {
  const numbers: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const end = at + 2 + ((uint16(bytes, at) + 7) >> 3);
    if (at + 2 > bytes.length || end > bytes.length) return null;
    numbers.push(bytes.slice(at + 2, end));
    at = end;
  }
  return numbers;
}

interface Length {
  value: number;
  end: number;
}

function newLength(bytes: Uint8Array, at: number): Length | null {
  const first = bytes[at] ?? 0;
  return first >= 224 && first < 255 ? null : subpacketLength(bytes, at);
}

/** RFC 4880, 5.2.3.1; as 4.2.2 but without partial lengths. */
function subpacketLength(bytes: Uint8Array, at: number): Length | null {
  const first = bytes[at];
  if (first === undefined) return null;
  if (first < 192) return { value: first, end: at + 1 };
  if (first < 255) return { value: ((first - 192) << 8) + (bytes[at + 1] ?? 0) + 192, end: at + 2 };
  return at + 5 > bytes.length ? null : { value: uint32(bytes, at + 1), end: at + 5 };
}

function oldLength(bytes: Uint8Array, at: number, type: number): Length | null {
  if (type === 0) return { value: bytes[at] ?? 0, end: at + 1 };
  if (type === 1) return { value: uint16(bytes, at), end: at + 2 };
  if (type === 2 && at + 4 <= bytes.length) return { value: uint32(bytes, at), end: at + 4 };
  return null;
}

function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function uint32(bytes: Uint8Array, at: number): number {
  return uint16(bytes, at) * 0x10000 + uint16(bytes, at + 2);
}
