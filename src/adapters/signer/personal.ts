import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { fail, ok, type Result } from '../../base/result.ts';
import { noKey, readKeyFile, spkiOf, writeKeyFile } from './key-file.ts';

/** A key file of a person's, or of the service that signs statements. */
export interface PersonalKey {
  kind: 'ed25519' | 'p256';
  /** base64 of the DER SubjectPublicKeyInfo, as plans hold it */
  publicKey: string;
  /** Ed25519: 64 bytes over the message; P-256: ECDSA with SHA-256, as DER. */
  sign(message: Uint8Array): Uint8Array;
}

/** Makes a P-256 key file (PKCS #8 PEM, mode 0600). `conflict` when there is a file already. */
export function createP256KeyFile(path: string): Result<PersonalKey> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const written = writeKeyFile(path, privateKey);
  return written.ok ? ok(keyOf(privateKey, 'p256')) : written;
}

/** Opens an Ed25519 or P-256 key file; problems as openKeyFile's. */
export function openPersonalKey(path: string): Result<PersonalKey> {
  const key = readKeyFile(path);
  if (!key.ok) return key;
  const kind = kindOf(key.value);
  if (kind === null) return fail(noKey(path, 'Ed25519 or P-256 private key'));
  return ok(keyOf(key.value, kind));
}

function kindOf(key: KeyObject): PersonalKey['kind'] | null {
  if (key.asymmetricKeyType === 'ed25519') return 'ed25519';
  const isP256 =
    key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
  return isP256 ? 'p256' : null;
}

function keyOf(key: KeyObject, kind: PersonalKey['kind']): PersonalKey {
  return {
    kind,
    publicKey: spkiOf(key),
    sign: (message) => new Uint8Array(sign(kind === 'p256' ? 'sha256' : null, message, key)),
  };
}
