import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { present } from '../../base/assert.ts';
import { fromBase64 } from '../../base/bytes.ts';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Signer } from '../../engine/ports.ts';

const KEY_FILE_MODE = 0o600;
const OTHERS = 0o077;

/**
 * Makes an Ed25519 key file (PKCS #8 PEM, mode 0600), on stable storage before it is used.
 * `conflict` when there is a file already: a log key is never replaced, a new key is a new log.
 */
export function createKeyFile(path: string): Result<Signer> {
  const { privateKey } = generateKeyPairSync('ed25519');
  try {
    const file = openSync(path, 'wx', KEY_FILE_MODE);
    try {
      writeSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    syncFolder(dirname(path));
  } catch (error) {
    return fail(fileProblem(error, path));
  }
  return ok(signerOf(privateKey));
}

/**
 * Opens a key file. `not-found` when there is none, `not-allowed` when others than its owner may
 * read or write it, `invalid-file` when it holds no Ed25519 key.
 */
export function openKeyFile(path: string): Result<Signer> {
  let pem: string;
  try {
    const file = openSync(path, 'r');
    try {
      const mode = fstatSync(file).mode % 0o1000;
      if ((mode & OTHERS) !== 0) {
        const message = `${path} is open to others (mode ${mode.toString(8)})`;
        return fail(problem('not-allowed', message, `chmod 600 ${path}`));
      }
      pem = readFileSync(file, 'utf8');
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return fail(fileProblem(error, path));
  }
  const key = parseKey(pem);
  if (key !== null) return ok(signerOf(key));
  return fail(problem('invalid-file', `${path} holds no Ed25519 private key`));
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

function parseKey(pem: string): KeyObject | null {
  try {
    const key = createPrivateKey(pem);
    return key.asymmetricKeyType === 'ed25519' ? key : null;
  } catch {
    return null; // OpenSSL's words for it could quote the key
  }
}

/** A new file's name is durable only once its folder is. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function fileProblem(error: unknown, path: string): Problem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === '') throw error;
  if (code === 'EEXIST') {
    return problem('conflict', `${path} exists; a log key is never replaced`);
  }
  if (code === 'ENOENT') return problem('not-found', `${path} does not exist`);
  return problem('unavailable', `${path}: ${code}`);
}
