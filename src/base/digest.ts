import { createHash, hash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';

/** SHA-256 in lower-case hex of bytes, or of a text's UTF-8 bytes. */
export function sha256(data: Uint8Array | string): string {
  return hash('sha256', data, 'hex');
}

/** SHA-256 as 32 raw bytes. */
export function sha256Bytes(...parts: (Uint8Array | string)[]): Uint8Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return hash('sha256', only, 'buffer');
  const running = createHash('sha256');
  for (const part of parts) running.update(part);
  return running.digest();
}

/** SHA-256 in hex of a value's RFC 8785 form: how Aurora names plans, states and evidence. */
export function digestOf(value: unknown): string {
  return sha256(canonicalJson(value));
}
