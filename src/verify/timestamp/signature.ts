import { type KeyObject, verify } from 'node:crypto';
import type { DerValue } from './der.ts';

/** Hashes that stand for a document or a certificate. What is weaker is refused: collisions of SHA-1 are for sale. */
export type HashName = 'sha256' | 'sha384' | 'sha512';

/** NIST's numbers of hashes (RFC 5754, section 2). */
const HASHES: Readonly<Record<string, HashName>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

export function hashOf(oid: string): HashName | null {
  return HASHES[oid] ?? null;
}

interface SignatureKind {
  key: 'rsa' | 'ec' | 'ed25519';
  /** `beside`: the structure around it says so. */
  hash: HashName | 'beside' | 'none';
}

/** RFC 8017 A.2.4 (RSA), RFC 5758 3.2 (ECDSA), RFC 8410 3 (Ed25519). */
const SIGNATURES: Readonly<Record<string, SignatureKind>> = {
  '1.2.840.113549.1.1.1': { key: 'rsa', hash: 'beside' },
  '1.2.840.113549.1.1.11': { key: 'rsa', hash: 'sha256' },
  '1.2.840.113549.1.1.12': { key: 'rsa', hash: 'sha384' },
  '1.2.840.113549.1.1.13': { key: 'rsa', hash: 'sha512' },
  '1.2.840.10045.4.3.2': { key: 'ec', hash: 'sha256' },
  '1.2.840.10045.4.3.3': { key: 'ec', hash: 'sha384' },
  '1.2.840.10045.4.3.4': { key: 'ec', hash: 'sha512' },
  '1.3.101.112': { key: 'ed25519', hash: 'none' },
};

const RSA_BITS_MIN = 2_048;
const CURVES: readonly (string | undefined)[] = ['prime256v1', 'secp384r1', 'secp521r1'];

export interface Signed {
  bytes: Uint8Array;
  signature: Uint8Array;
  /** OID of the signature's algorithm. */
  algorithm: string;
  /** What the structure says of the hash where the algorithm doesn't; null: nothing may be beside. */
  hashBeside: HashName | null;
}

/** Why the signature is not the key's; null: it is. RSA is PKCS #1 v1.5: RSA-PSS is not read. */
export function signatureFault(signed: Signed, key: KeyObject): string | null {
  const kind = SIGNATURES[signed.algorithm];
  if (kind === undefined) return `is of an algorithm that is not accepted (${signed.algorithm})`;
  const weakness = keyWeakness(key, kind.key);
  if (weakness !== null) return weakness;
  const hash = kind.hash === 'beside' ? signed.hashBeside : kind.hash;
  if (hash === null) return 'does not say its hash';
  const holds = holdsWith(hash === 'none' ? null : hash, signed, key);
  return holds ? null : 'does not match';
}

function holdsWith(hash: HashName | null, { bytes, signature }: Signed, key: KeyObject): boolean {
  try {
    return verify(hash, bytes, key, signature);
  } catch {
    return false; // OpenSSL throws for a key that is none, such as a point beside its curve
  }
}

function keyWeakness(key: KeyObject, kind: SignatureKind['key']): string | null {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type !== kind) return `is said to be by a key of kind ${kind}, the key is ${type ?? 'none'}`;
  if (type === 'rsa' && (details?.modulusLength ?? 0) < RSA_BITS_MIN) {
    return `is by an RSA key below ${RSA_BITS_MIN} bits`;
  }
  if (type === 'ec' && !CURVES.includes(details?.namedCurve)) {
    return `is on a curve that is not accepted (${details?.namedCurve ?? 'unnamed'})`;
  }
  return null;
}

const NULL = 0x05;

/** The OID of an AlgorithmIdentifier whose parameters are absent or NULL, as all accepted ones' are. */
export function algorithmField(value: DerValue, name: string): string {
  const fields = value.fields(name);
  const oid = fields.next(`${name}'s algorithm`).oid(`${name}'s algorithm`);
  fields.optional(NULL);
  fields.end();
  return oid;
}
