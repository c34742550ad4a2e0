import { fromBase64, toHex } from './bytes.ts';

/** DER of SubjectPublicKeyInfo for Ed25519 up to the 32 key bytes (RFC 8410, section 4). */
const ED25519_PREFIX_HEX = '302a300506032b6570032100';
const KEY_BYTES = 32;

/** The raw Ed25519 key of a base64 SubjectPublicKeyInfo, as plans hold it; null for anything else. */
export function ed25519FromSpki(base64: string): Uint8Array | null {
  const der = fromBase64(base64);
  if (der === null) return null;
  const prefixBytes = ED25519_PREFIX_HEX.length / 2;
  if (der.length !== prefixBytes + KEY_BYTES) return null;
  return toHex(der.subarray(0, prefixBytes)) === ED25519_PREFIX_HEX ? der.slice(prefixBytes) : null;
}
