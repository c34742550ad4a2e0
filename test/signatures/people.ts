/** People with keys of every kind, made and used by the programs that people use. */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signOffWithGpg } from '../../src/adapters/signatures/gpg.ts';
import { signWithSsh } from '../../src/adapters/signatures/ssh.ts';
import { toBase64 } from '../../src/base/bytes.ts';
import type { Result } from '../../src/base/result.ts';
import { unarmorSshsig } from '../../src/base/sshsig.ts';
import { SIGN_OFF_NAMESPACE } from '../../src/core/decision/person-signature.ts';

export const DEADLINE_MS = 30_000;

export interface Signatory {
  /** As a plan holds it. */
  publicKey: string;
  /** base64, over the text's UTF-8 bytes */
  sign(text: string): Promise<string>;
}

/** A folder with a GnuPG home of its own; `remove` also ends its agent. */
export interface KeyFolder {
  path(name: string): string;
  gpgHome: string;
  gpg(...words: string[]): string;
  gpgWith(input: string, ...words: string[]): string;
  remove(): void;
}

export function keyFolder(): KeyFolder {
  const folder = mkdtempSync(join(tmpdir(), 'aurora-keys-'));
  const gpgHome = join(folder, 'g');
  mkdirSync(gpgHome, { mode: 0o700 });
  const env = { ...process.env, GNUPGHOME: gpgHome, LC_ALL: 'C' };
  const run = (program: string, words: readonly string[], input = ''): string =>
    execFileSync(program, [...words], { env, input, encoding: 'utf8', stdio: 'pipe' });
  const gpgWith = (input: string, ...words: string[]): string =>
    run(
      'gpg',
      ['--no-tty', '--quiet', '--pinentry-mode', 'loopback', '--passphrase', '', ...words],
      input,
    );
  return {
    path: (name) => join(folder, name),
    gpgHome,
    gpg: (...words) => gpgWith('', '--batch', ...words),
    gpgWith,
    remove: () => {
      run('gpgconf', ['--kill', 'all']);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.problem.code}: ${result.problem.message}`);
  return result.value;
}

export function keyFileOf(kind: 'ed25519' | 'p256'): Signatory & { privateKey: KeyObject } {
  const { publicKey, privateKey } =
    kind === 'p256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('ed25519');
  const hash = kind === 'p256' ? 'sha256' : null;
  return {
    privateKey,
    publicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    sign: async (text) => sign(hash, Buffer.from(text), privateKey).toString('base64'),
  };
}

export function sshKeyOf(folder: KeyFolder, name: string, ...type: string[]): Signatory {
  const keyFile = folder.path(name);
  execFileSync('ssh-keygen', ['-q', '-t', ...type, '-N', '', '-C', name, '-f', keyFile]);
  return sshSignatory(keyFile, readFileSync(`${keyFile}.pub`, 'utf8').trim());
}

export function sshSignatory(keyFile: string, publicKey: string): Signatory {
  const signing = { keyFile, namespace: SIGN_OFF_NAMESPACE, deadlineMs: DEADLINE_MS };
  return {
    publicKey,
    sign: async (text) => {
      const armored = must(await signWithSsh(Buffer.from(text), signing));
      return toBase64(unarmorSshsig(armored) ?? new Uint8Array());
    },
  };
}

/** A primary key that signs; its fingerprint in lower case. */
export function gpgKeyOf(
  folder: KeyFolder,
  name: string,
  algorithm: string,
  expires = 'never',
): Signatory & { fingerprint: string } {
  folder.gpg('--quick-gen-key', `${name} <${name}@example>`, algorithm, 'sign', expires);
  const listed = folder.gpg('--list-keys', '--with-colons', `${name}@example`);
  const [, fingerprint = ''] = /^fpr:+([0-9A-F]{40}):/m.exec(listed) ?? [];
  return {
    fingerprint: fingerprint.toLowerCase(),
    publicKey: `openpgp4fpr:${fingerprint}`,
    sign: async (text) =>
      inHome(folder, async () => {
        const key = `${fingerprint}!`;
        return toBase64(
          must(await signOffWithGpg(Buffer.from(text), { key, deadlineMs: DEADLINE_MS })),
        );
      }),
  };
}

/** The person's gpg is found by GNUPGHOME, which a test has for itself. */
export async function inHome<T>(folder: KeyFolder, run: () => Promise<T>): Promise<T> {
  const before = process.env.GNUPGHOME;
  process.env.GNUPGHOME = folder.gpgHome;
  try {
    return await run();
  } finally {
    if (before === undefined) delete process.env.GNUPGHOME;
    else process.env.GNUPGHOME = before;
  }
}
