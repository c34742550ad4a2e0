import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';

const KEY_FILE_MODE = 0o600;
const OTHERS = 0o077;

/** The private key of a PEM file that its owner alone may read; problems as openKeyFile's. */
export function readKeyFile(path: string): Result<KeyObject> {
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
  return key === null ? fail(noKey(path, 'private key')) : ok(key);
}

/**
 * Writes a private key (PKCS #8 PEM, mode 0600), on stable storage before it is used. `conflict`
 * when there is a file already.
 */
export function writeKeyFile(path: string, key: KeyObject): Result<void> {
  try {
    const file = openSync(path, 'wx', KEY_FILE_MODE);
    try {
      writeSync(file, key.export({ type: 'pkcs8', format: 'pem' }).toString());
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    syncFolder(dirname(path));
    return ok(undefined);
  } catch (error) {
    return fail(fileProblem(error, path));
  }
}

export function noKey(path: string, what: string): Problem {
  return problem('invalid-file', `${path} holds no ${what}`);
}

/** base64 of the DER SubjectPublicKeyInfo of a private key's public half. */
export function spkiOf(key: KeyObject): string {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).toString('base64');
}

function parseKey(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem);
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
