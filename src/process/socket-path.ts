import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';

/** sockaddr_un holds 108 bytes, the last one a zero; longer names are cut without a word. */
const PATH_BYTES_MAX = 107;

/**
 * Where the unix socket of a role stands: in its own folder, or, where that name is too long for the
 * kernel, under a digest of it in a folder of the user's own among the temporary files. The same for
 * everyone who asks. `unavailable` when that folder belongs to someone else.
 */
export function socketPath(folder: string, role: string): Result<string> {
  const near = join(folder, `${role}.sock`);
  if (Buffer.byteLength(near) <= PATH_BYTES_MAX) return ok(near);
  const { uid } = userInfo();
  const sockets = join(tmpdir(), `aurora-${uid}`);
  try {
    mkdirSync(sockets, { recursive: true, mode: 0o700 });
    const { uid: owner } = lstatSync(sockets);
    if (owner !== uid || !lstatSync(sockets).isDirectory()) {
      return fail(problem('unavailable', `${sockets} belongs to another user`));
    }
    chmodSync(sockets, 0o700);
  } catch (error) {
    return fail(problem('unavailable', `${sockets}: ${String(error)}`));
  }
  // Loaded here alone: a command that waits for it starts several milliseconds later.
  const { createHash } = process.getBuiltinModule('node:crypto');
  const name = createHash('sha256').update(near).digest('hex').slice(0, 32);
  return ok(join(sockets, `${name}.sock`));
}
