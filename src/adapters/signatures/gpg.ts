import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromUtf8 } from '../../base/bytes.ts';
import { openpgpPair } from '../../base/openpgp-signature.ts';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { type GpgStatus, readGpgStatus, readRevocations } from './gpg-status.ts';
import { lastLine, runTool, type ToolAnswer } from './run-tool.ts';

export interface GpgSigning {
  /** As gpg finds it: a fingerprint, a key id, a mail address. */
  key: string;
  deadlineMs: number;
}

/** A detached signature of the person's gpg, armored (`.asc`), and the fingerprint that made it. */
export async function signWithGpg(
  message: Uint8Array,
  signing: GpgSigning,
): Promise<Result<{ armored: string; fingerprint: string }>> {
  const signed = await detach(message, signing, true);
  if (!signed.ok) return signed;
  const armored = fromUtf8(signed.value.out) ?? '';
  return ok({ armored, fingerprint: signed.value.fingerprint });
}

/** Public key and signature as two packets: what a plan's openpgp4fpr person signs off with. */
export async function signOffWithGpg(
  message: Uint8Array,
  signing: GpgSigning,
): Promise<Result<Uint8Array>> {
  const signed = await detach(message, signing, false);
  if (!signed.ok) return signed;
  const { out, fingerprint } = signed.value;
  const exported = await gpg(['--export', fingerprint], new Uint8Array(), signing.deadlineMs);
  if (!exported.ok) return exported;
  const pair = openpgpPair(exported.value.out, fingerprint, out);
  if (pair !== null) return ok(pair);
  const message_ = `the OpenPGP key ${fingerprint} is of a kind that cannot sign here`;
  return fail(problem('not-allowed', message_, 'Ed25519, ECDSA P-256 or RSA of 2048 bits'));
}

export interface GpgVerifying {
  /** The public keys with their revocations, armored or not. Nothing else is known to gpg. */
  publicKeys: Uint8Array;
  /** 40 hex digits, of the key that signed or of its primary. */
  fingerprint: string;
  /** When the signature was there, by better evidence than its own word. */
  atMs: number;
  deadlineMs: number;
}

export interface GpgSignature {
  /** Of the key that signed; its primary's is another one where it is a subkey. */
  fingerprint: string;
  /** The signer's own word for the time. */
  claimedAtMs: number;
}

/**
 * Whether a detached signature is by the pinned key, and that key was good at the given time, in a
 * GnuPG home of its own. Read from the status lines: gpg's exit code is 0 for a revoked key too.
 * `not-allowed`: another key, or it was expired or revoked then; `integrity`: other bytes.
 */
export async function verifyWithGpg(
  message: Uint8Array,
  signature: Uint8Array,
  by: GpgVerifying,
): Promise<Result<GpgSignature>> {
  const home = await mkdtemp(join(tmpdir(), 'aurora-gpg-'));
  const at = ['--faked-system-time', timeWord(by.atMs)];
  const inHome = (words: readonly string[], input: Uint8Array): Promise<Result<ToolAnswer>> =>
    gpg(
      ['--homedir', home, '--no-options', '--no-autostart', '--no-auto-key-retrieve', ...words],
      input,
      by.deadlineMs,
    );
  try {
    // By the clock of now: a revocation from after that time is to be known too.
    const imported = await inHome(['--import'], by.publicKeys);
    if (!imported.ok) return imported;
    const file = join(home, 'signature');
    await writeFile(file, signature);
    const ran = await inHome([...at, '--status-fd', '1', '--verify', file, '-'], message);
    if (!ran.ok) return ran;
    const status = readGpgStatus(fromUtf8(ran.value.out) ?? '');
    const fault = statusFault(status, by, lastLine(ran.value.err));
    if (fault !== null) return fail(fault);
    const valid = status?.valid;
    if (valid === null || valid === undefined) return fail(notBy(by, 'it was not checked'));
    if (status?.revoked === true) {
      const list = ['--check-sigs', '--with-colons', '--fixed-list-mode', valid.primary];
      const listed = await inHome([...at, ...list], new Uint8Array());
      if (!listed.ok) return listed;
      const revocations = readRevocations(fromUtf8(listed.value.out) ?? '', valid.fingerprint);
      const isLater = revocations?.every(({ soft, atMs }) => soft && atMs > by.atMs) ?? false;
      if (!isLater || revocations?.length === 0) return fail(notBy(by, 'its key is revoked'));
    }
    return ok({ fingerprint: valid.fingerprint, claimedAtMs: valid.claimedAtMs });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

function statusFault(status: GpgStatus | null, by: GpgVerifying, last: string): Problem | null {
  if (status === null)
    return problem('integrity', `it is no OpenPGP signature of one key: ${last}`);
  if (status.bad) return problem('integrity', 'the OpenPGP signature is not over these bytes');
  const { valid } = status;
  if (valid === null || status.unchecked) return notBy(by, last);
  const pinned = by.fingerprint.toLowerCase();
  if (valid.fingerprint !== pinned && valid.primary !== pinned) {
    return notBy(by, `it is by ${valid.fingerprint}`);
  }
  if (status.expiredKey) return notBy(by, 'its key had expired');
  if (status.expiredSignature) return notBy(by, 'the signature had expired');
  return status.good || status.revoked ? null : notBy(by, last);
}

function notBy({ fingerprint }: GpgVerifying, why: string): Problem {
  return problem('not-allowed', `no good OpenPGP signature by ${fingerprint}: ${why}`);
}

async function detach(
  message: Uint8Array,
  { key, deadlineMs }: GpgSigning,
  isArmored: boolean,
): Promise<Result<{ out: Uint8Array; fingerprint: string }>> {
  const words = [
    ...['--status-fd', '2', '--local-user', key, '--digest-algo', 'SHA256'],
    ...(isArmored ? ['--armor'] : []),
    '--detach-sign',
  ];
  const ran = await gpg(words, message, deadlineMs);
  if (!ran.ok) return ran;
  const { out, err } = ran.value;
  // [GNUPG:] SIG_CREATED <type> <algorithm> <hash> <class> <seconds> <fingerprint>
  const [, fingerprint] =
    /^\[GNUPG:\] SIG_CREATED D \d+ \d+ 00 \d+ ([0-9A-F]{40})$/m.exec(err) ?? [];
  if (fingerprint !== undefined && out.length > 0) {
    return ok({ out, fingerprint: fingerprint.toLowerCase() });
  }
  const said = err.split('\n').filter((line) => line !== '' && !line.startsWith('[GNUPG:]'));
  const text = `gpg could not sign with ${key}: ${said.at(-1) ?? 'it said nothing'}`;
  return fail(problem('not-allowed', text, 'gpg --list-secret-keys shows what can sign'));
}

function gpg(words: readonly string[], input: Uint8Array, deadlineMs: number) {
  const always = ['--batch', '--no-tty', '--quiet'];
  return runTool({ program: 'gpg', words: [...always, ...words], input, deadlineMs });
}

/** `20261121T040000!`: the clock stands still there. */
function timeWord(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19).replace(/[-:]/g, '')}!`;
}
