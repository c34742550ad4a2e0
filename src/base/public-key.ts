import { fromBase64, toHex } from './bytes.ts';
import { type KeyMaterial, keyFault, keyIdentity } from './key-material.ts';
import { ed25519FromSpki } from './spki.ts';
import { parseSshLine, type SshKey } from './ssh-key.ts';

/** Whose signature counts, as plans write it; the writing says how the person signs. */
export type PublicKey =
  /** base64 of the DER SubjectPublicKeyInfo: Ed25519, or ECDSA P-256 with SHA-256 */
  | { form: 'spki'; material: KeyMaterial }
  /** a line of OpenSSH's: `ssh-keygen -Y sign` */
  | { form: 'ssh'; key: SshKey }
  /** 40 hex digits: the fingerprint of the OpenPGP key that signs */
  | { form: 'openpgp'; fingerprint: string };

/** DER of SubjectPublicKeyInfo for P-256 up to the point (RFC 5480): uncompressed alone is taken. */
const P256_PREFIX_HEX = '3059301306072a8648ce3d020106082a8648ce3d030107034200';
/** The URI scheme that OpenPGP programs share for fingerprints. */
const OPENPGP = /^openpgp4fpr:([0-9a-fA-F]{40})$/;

/** null for anything else, unsound keys included. */
export function parsePublicKey(text: string): PublicKey | null {
  const [, fingerprint] = OPENPGP.exec(text) ?? [];
  if (fingerprint !== undefined) return { form: 'openpgp', fingerprint: fingerprint.toLowerCase() };
  if (text.includes(' ')) {
    const key = parseSshLine(text);
    return key === null ? null : { form: 'ssh', key };
  }
  const raw = ed25519FromSpki(text);
  const material: KeyMaterial | null = raw === null ? p256Of(text) : { kind: 'ed25519', raw };
  return material === null || keyFault(material) !== null ? null : { form: 'spki', material };
}

/** One text for one key: the same for a key file and for the ssh line of the same key. */
export function identityOf(key: PublicKey): string {
  if (key.form === 'openpgp') return `openpgp:${key.fingerprint}`;
  return keyIdentity(key.form === 'ssh' ? key.key.material : key.material);
}

function p256Of(base64: string): KeyMaterial | null {
  const der = fromBase64(base64);
  const prefixBytes = P256_PREFIX_HEX.length / 2;
  if (der === null || der.length !== prefixBytes + 65) return null;
  if (toHex(der.subarray(0, prefixBytes)) !== P256_PREFIX_HEX) return null;
  const point = der.slice(prefixBytes);
  return point[0] === 4 ? { kind: 'p256', point } : null;
}
