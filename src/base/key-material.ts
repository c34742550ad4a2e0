import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { concatBytes, toHex } from './bytes.ts';
import { verifyEd25519 } from './ed25519.ts';

/** A public key apart from how it is written: the same key as a file and as an ssh line is one. */
export type KeyMaterial =
  /** 32 bytes */
  | { kind: 'ed25519'; raw: Uint8Array }
  /** 65 bytes: 0x04, x, y */
  | { kind: 'p256'; point: Uint8Array }
  /** big endian, without zeros in front */
  | { kind: 'rsa'; modulus: Uint8Array; exponent: Uint8Array };

export type HashName = 'sha256' | 'sha384' | 'sha512';

const RSA_BITS_MIN = 2_048;
/** Larger ones only cost time: OpenSSH's own limit. */
const RSA_BITS_MAX = 16_384;

/** One text for one key, whatever it was written as. */
export function keyIdentity(key: KeyMaterial): string {
  switch (key.kind) {
    case 'ed25519':
      return `ed25519:${toHex(key.raw)}`;
    case 'p256':
      return `p256:${toHex(key.point)}`;
    case 'rsa':
      return `rsa:${toHex(key.exponent)}:${toHex(key.modulus)}`;
  }
}

/** Why nobody should sign with such a key; null: it is sound. */
export function keyFault(key: KeyMaterial): string | null {
  // Any 32 bytes are one (RFC 8032): those that are no point verify nothing.
  if (key.kind === 'ed25519') return key.raw.length === 32 ? null : 'an Ed25519 key has 32 bytes';
  if (key.kind === 'rsa') {
    const bits = bitLength(key.modulus);
    if (bits < RSA_BITS_MIN) return `an RSA key of ${bits} bits; at least ${RSA_BITS_MIN}`;
    if (bits > RSA_BITS_MAX) return `an RSA key of ${bits} bits; at most ${RSA_BITS_MAX}`;
    const isOdd = (key.exponent.at(-1) ?? 0) % 2 === 1;
    const isOne = key.exponent.length === 1 && key.exponent[0] === 1;
    if (!isOdd || isOne || key.exponent.length > 8) return 'an RSA key with an unsound exponent';
  }
  return keyObject(key) === null ? 'its bytes are no key' : null;
}

/**
 * Whether `signature` is by the key over `message`. Ed25519: 64 bytes over the message itself. P-256:
 * ECDSA as DER, or as r and s of 32 bytes each. RSA: PKCS #1 v1.5, as long as the modulus.
 * False for anything that does not verify; never throws.
 */
export function verifyByKey(
  key: KeyMaterial,
  hash: HashName,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (key.kind === 'ed25519') return verifyEd25519(key.raw, message, signature);
  if (keyFault(key) !== null) return false;
  const object = keyObject(key);
  if (object === null) return false;
  try {
    if (key.kind === 'rsa') {
      return signature.length === key.modulus.length && verify(hash, message, object, signature);
    }
    if (signature.length === 64) {
      const pair = { key: object, dsaEncoding: 'ieee-p1363' } as const;
      if (verify(hash, message, pair, signature)) return true;
    }
    return verify(hash, message, { key: object, dsaEncoding: 'der' }, signature);
  } catch {
    return false;
  }
}

/** null for bytes that are no key: a point beside the curve. */
function keyObject(key: KeyMaterial): KeyObject | null {
  try {
    return createPublicKey({ key: jwkOf(key), format: 'jwk' });
  } catch {
    return null;
  }
}

function jwkOf(key: KeyMaterial): Record<string, string> {
  switch (key.kind) {
    case 'ed25519':
      return { kty: 'OKP', crv: 'Ed25519', x: base64url(key.raw) };
    case 'p256': {
      const [x, y] = [key.point.slice(1, 33), key.point.slice(33)];
      return { kty: 'EC', crv: 'P-256', x: base64url(x), y: base64url(y) };
    }
    case 'rsa':
      return { kty: 'RSA', n: base64url(key.modulus), e: base64url(key.exponent) };
  }
}

/** Of a number of 1 to 32 bytes, 32 bytes; null where it is longer. */
export function padTo32(bytes: Uint8Array): Uint8Array | null {
  return bytes.length > 32 ? null : concatBytes(new Uint8Array(32 - bytes.length), bytes);
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

function bitLength(bytes: Uint8Array): number {
  const [first = 0] = bytes;
  return first === 0 ? 0 : 8 * bytes.length - Math.clz32(first) + 24;
}
