import { createPublicKey } from 'node:crypto';

/** Base64 of the DER SubjectPublicKeyInfo (RFC 8410) of a raw 32-byte Ed25519 key: plans hold this. */
export function ed25519ToSpki(raw: Uint8Array): string {
  const x = Buffer.from(raw).toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  return key.export({ format: 'der', type: 'spki' }).toString('base64');
}
