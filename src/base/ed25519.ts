import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { present } from './assert.ts';
import { concatBytes, fromHex, toHex } from './bytes.ts';

/** DER of SubjectPublicKeyInfo for Ed25519 up to the 32 key bytes (RFC 8410, section 4). */
const SPKI_PREFIX = present(fromHex('302a300506032b6570032100'), 'constant hex');

/**
 * The y coordinates of the eight points of small order (sign bit cleared, little endian). With such
 * a key, or such an R, one signature holds for many messages.
 */
const SMALL_ORDER_Y: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

/**
 * Ed25519 (RFC 8032) over `message`. publicKey: 32 raw bytes, signature: 64. False for anything
 * that does not verify, lengths and malformed keys included; never throws. Stricter than the RFC in
 * one point, so that every verifier agrees: key and R must be canonical and not of small order.
 */
export function verifyEd25519(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  if (!isStrictPoint(publicKey) || !isStrictPoint(signature.subarray(0, 32))) return false;
  try {
    return verify(null, message, keyObject(publicKey), signature);
  } catch {
    return false; // not a point on the curve
  }
}

/** The last key used: a ledger is verified, and a log signed, under one key again and again. */
let lastKey: { hex: string; key: KeyObject } | null = null;

/** Throws for bytes that are no key. */
function keyObject(publicKey: Uint8Array): KeyObject {
  const hex = toHex(publicKey);
  if (lastKey?.hex === hex) return lastKey.key;
  const der = concatBytes(SPKI_PREFIX, publicKey);
  const key = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
  lastKey = { hex, key };
  return key;
}

function isStrictPoint(encoded: Uint8Array): boolean {
  const y = new Uint8Array(encoded); // a copy: slice() of a Node Buffer would be a view
  y[31] = (y[31] ?? 0) & 0x7f;
  return isBelowPrime(y) && !SMALL_ORDER_Y.has(toHex(y));
}

/** y < 2^255 - 19, bytes little endian: else a second writing of a small y. */
function isBelowPrime(y: Uint8Array): boolean {
  if (y[31] !== 0x7f) return true;
  for (let i = 30; i > 0; i -= 1) if (y[i] !== 0xff) return true;
  return (y[0] ?? 0) < 0xed;
}
