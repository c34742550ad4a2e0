import { readFileSync } from 'node:fs';
import { fromUtf8, utf8 } from '../../base/bytes.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { parseSshLine, type SshKey } from '../../base/ssh-key.ts';
import { sshsigFault, unarmorSshsig } from '../../base/sshsig.ts';
import { SSH_NAMESPACE } from '../../verify/pack/layout.ts';
import type { PackSigner } from './pack-signer.ts';
import { lastLine, runProgram } from './run-program.ts';

/**
 * Signs with an ssh key by `ssh-keygen -Y sign`: a private key's file, or the public one of a key that
 * the agent holds. `not-allowed` where ssh-keygen does not read it.
 */
export async function sshSigner(path: string): Promise<Result<PackSigner>> {
  const shown = await runProgram('ssh-keygen', ['-y', '-f', path]);
  if (!shown.ok) return shown;
  // Of a public key's file ssh-keygen -y says nothing: the line is the file itself.
  const line = shown.value.code === 0 ? fromUtf8(shown.value.out) : publicLine(path);
  const key = line === null ? null : parseSshLine(line.trim());
  if (line === null || key === null) {
    const why = lastLine(shown.value.err);
    return fail(problem('not-allowed', `${path} is no ssh key that can sign: ${why}`));
  }
  const [algorithm = '', blob = ''] = line.trim().split(' ');
  const allowed = `${SSH_NAMESPACE} namespaces="${SSH_NAMESPACE}" ${algorithm} ${blob}\n`;
  return ok({ ending: 'sig', publicKey: utf8(allowed), sign: (bytes) => sign(path, key, bytes) });
}

function publicLine(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

async function sign(path: string, key: SshKey, bytes: Uint8Array): Promise<Result<Uint8Array>> {
  const words = ['-Y', 'sign', '-q', '-n', SSH_NAMESPACE, '-f', path];
  const signed = await runProgram('ssh-keygen', words, bytes);
  if (!signed.ok) return signed;
  const blob = unarmorSshsig(fromUtf8(signed.value.out) ?? '');
  const why =
    blob === null
      ? lastLine(signed.value.err)
      : sshsigFault(blob, { key, namespace: SSH_NAMESPACE }, bytes);
  if (why === null) return ok(signed.value.out);
  return fail(problem('not-allowed', `ssh-keygen did not sign with ${path}: ${why}`));
}
