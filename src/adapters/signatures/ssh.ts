import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromUtf8 } from '../../base/bytes.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { unarmorSshsig } from '../../base/sshsig.ts';
import { lastLine, runTool } from './run-tool.ts';

export interface SshSigning {
  /** A private key file, or a `.pub` file whose private half an agent holds. */
  keyFile: string;
  namespace: string;
  deadlineMs: number;
}

/** The armored signature that `ssh-keygen -Y sign` makes. `not-allowed` where the key can't be used. */
export async function signWithSsh(
  message: Uint8Array,
  { keyFile, namespace, deadlineMs }: SshSigning,
): Promise<Result<string>> {
  // Without a file name the message is read from the input and the signature written to the output.
  const words = ['-Y', 'sign', '-f', keyFile, '-n', namespace];
  const ran = await runTool({ program: 'ssh-keygen', words, input: message, deadlineMs });
  if (!ran.ok) return ran;
  const armored = fromUtf8(ran.value.out) ?? '';
  if (ran.value.code === 0 && unarmorSshsig(armored) !== null) return ok(armored);
  const message_ = `ssh-keygen could not sign with ${keyFile}: ${lastLine(ran.value.err)}`;
  return fail(problem('not-allowed', message_, 'ssh-add it, so that your agent holds the key'));
}

export interface SshVerifying {
  /** Lines of ssh-keygen(1), ALLOWED SIGNERS: valid-after and valid-before are held to. */
  allowedSigners: string;
  identity: string;
  namespace: string;
  /** Public keys, one a line, or a KRL: a key in it is refused whatever the time. */
  revoked?: string | Uint8Array;
  /** When the signature was there, by better evidence than its own word. */
  atMs: number;
  deadlineMs: number;
}

/**
 * Whether ssh-keygen itself takes an armored signature, by a signer whose key was good at that time.
 * `not-allowed` where the key was not, or is nobody's; `integrity` where the bytes are others.
 */
export async function verifyWithSsh(
  message: Uint8Array,
  armored: string,
  by: SshVerifying,
): Promise<Result<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'aurora-ssh-'));
  try {
    const [signers, signature, revoked] = ['signers', 'signature', 'revoked'].map((name) =>
      join(folder, name),
    ) as [string, string, string];
    await writeFile(signers, `${by.allowedSigners.trimEnd()}\n`);
    await writeFile(signature, armored);
    if (by.revoked !== undefined) await writeFile(revoked, by.revoked);
    const words = [
      ...['-Y', 'verify', '-f', signers, '-I', by.identity, '-n', by.namespace, '-s', signature],
      ...['-O', `verify-time=${timeWord(by.atMs)}`],
      ...(by.revoked === undefined ? [] : ['-r', revoked]),
    ];
    const { deadlineMs } = by;
    const ran = await runTool({ program: 'ssh-keygen', words, input: message, deadlineMs });
    if (!ran.ok) return ran;
    const said = fromUtf8(ran.value.out) ?? '';
    if (ran.value.code === 0 && /^Good "[^"]*" signature for /.test(said)) return ok(undefined);
    const isBroken = /incorrect signature|invalid format/.test(ran.value.err);
    const text = `no signature by ${by.identity}: ${lastLine(firstLine(ran.value.err))}`;
    return fail(problem(isBroken ? 'integrity' : 'not-allowed', text));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The cause comes first; the line after it says only that it could not be verified. */
function firstLine(text: string): string {
  return text.trim().split('\n').at(0) ?? '';
}

/** `20261121T040000Z` as ssh-keygen reads it: without the T. */
function timeWord(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
}
