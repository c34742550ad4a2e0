import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { present } from '../../base/assert.ts';
import { fromBase64 } from '../../base/bytes.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Signer } from '../../engine/ports.ts';
import { noKey, readKeyFile, writeKeyFile } from './key-file.ts';

/**
 * Makes an Ed25519 key file (PKCS #8 PEM, mode 0600), on stable storage before it is used.
 * `conflict` when there is a file already: a log key is never replaced, a new key is a new log.
 */
export function createKeyFile(path: string): Result<Signer> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const written = writeKeyFile(path, privateKey);
  return written.ok ? ok(signerOf(privateKey)) : written;
}

/**
 * Opens a key file. `not-found` when there is none, `not-allowed` when others than its owner may
 * read or write it, `invalid-file` when it holds no Ed25519 key.
 */
export function openKeyFile(path: string): Result<Signer> {
  const key = readKeyFile(path);
  if (!key.ok) return key;
  if (key.value.asymmetricKeyType === 'ed25519') return ok(signerOf(key.value));
  return fail(noKey(path, 'Ed25519 private key'));
}

function signerOf(key: KeyObject): Signer {
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  const standard = present(x, 'an Ed25519 key has an x').replaceAll('-', '+').replaceAll('_', '/');
  const publicKey = present(fromBase64(`${standard}=`), 'x is 32 bytes of base64url');
  return {
    publicKey: () => publicKey.slice(),
    sign: async (bytes) => ok(new Uint8Array(sign(null, bytes, key))),
  };
}
