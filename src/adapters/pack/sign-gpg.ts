import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { PackSigner } from './pack-signer.ts';
import { lastLine, runProgram } from './run-program.ts';

const BATCH = ['--batch', '--no-tty', '--status-fd', '1'];

/**
 * Signs with an OpenPGP key of the caller's gpg: armored, detached. `not-allowed` where gpg has no such
 * key, or one that is revoked or expired: gpg signs by its exit code, and says so by its status lines.
 */
export async function gpgSigner(key: string): Promise<Result<PackSigner>> {
  const exported = await runProgram('gpg', ['--batch', '--no-tty', '--armor', '--export', key]);
  if (!exported.ok) return exported;
  if (exported.value.out.length === 0) {
    const hint = 'gpg --list-secret-keys';
    return fail(problem('not-allowed', `gpg has no key ${JSON.stringify(key)}`, hint));
  }
  return ok({ ending: 'asc', publicKey: exported.value.out, sign: (bytes) => sign(key, bytes) });
}

async function sign(key: string, bytes: Uint8Array): Promise<Result<Uint8Array>> {
  const words = [...BATCH, '--armor', '--detach-sign', '--local-user', key, '--output'];
  const folder = mkdtempSync(join(tmpdir(), 'aurora-gpg-'));
  try {
    const [data, signature] = [join(folder, 'data'), join(folder, 'signature')];
    writeFileSync(data, bytes, { mode: 0o600 });
    const signed = await runProgram('gpg', [...words, signature, data]);
    if (!signed.ok) return signed;
    const made = statusOf(signed.value.out).find(([word]) => word === 'SIG_CREATED');
    if (made === undefined) return fail(refused(key, lastLine(signed.value.err)));
    const verified = await runProgram('gpg', [...BATCH, '--verify', signature, data]);
    if (!verified.ok) return verified;
    const fault = verifyFault(statusOf(verified.value.out), made.at(-1) ?? '');
    if (fault !== null) return fail(refused(key, fault));
    return ok(new Uint8Array(readFileSync(signature)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Read again at once: a key that gpg would call revoked or expired signs nothing. */
function verifyFault(status: readonly (readonly string[])[], fingerprint: string): string | null {
  const words = new Set(status.map(([word]) => word));
  const bad = ['REVKEYSIG', 'EXPKEYSIG', 'EXPSIG', 'BADSIG', 'ERRSIG', 'NO_PUBKEY'].find((word) =>
    words.has(word),
  );
  if (bad !== undefined) return `gpg says ${bad} of its signature`;
  const valid = status.find(([word]) => word === 'VALIDSIG');
  if (!words.has('GOODSIG') || valid === undefined) return 'gpg does not call its signature good';
  return valid[1] === fingerprint ? null : 'gpg signed with another key than it named';
}

/** The words of each status line behind `[GNUPG:]`. */
function statusOf(out: Uint8Array): string[][] {
  return new TextDecoder()
    .decode(out)
    .split('\n')
    .filter((line) => line.startsWith('[GNUPG:] '))
    .map((line) => line.split(' ').slice(1));
}

const refused = (key: string, why: string) =>
  problem('not-allowed', `gpg did not sign with ${key}: ${why}`, 'gpg --list-secret-keys');
