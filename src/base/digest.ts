import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';

/** SHA-256 in lower-case hex of bytes, or of a text's UTF-8 bytes. */
export function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}

/** SHA-256 as 32 raw bytes. */
export function sha256Bytes(...parts: (Uint8Array | string)[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** SHA-256 in hex of a value's RFC 8785 form: how Aurora names plans, states and evidence. */
export function digestOf(value: unknown): string {
  return sha256(canonicalJson(value));
}
