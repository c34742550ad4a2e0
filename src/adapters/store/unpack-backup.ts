import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, type Result } from '../../base/result.ts';
import type { VerifyReport } from '../../core/ledger/verify.ts';
import { fileProblem } from './file-problem.ts';
import { verifyStore } from './verify-store.ts';

/**
 * Writes the ledger that is in the backup `file` to `into`, which must not be there yet, and verifies
 * all of it against the log key. `integrity` for anything that is not the whole, undamaged ledger of
 * that key, whether one byte is wrong or the file is something else altogether.
 */
export async function unpackBackup(
  file: string,
  into: string,
  vkey: string,
): Promise<Result<VerifyReport>> {
  const written = await decompress(file, into);
  if (written !== null) return fail(written);
  const verified = verifyStore(into, vkey);
  if (!verified.ok) {
    const { code, message } = verified.problem;
    return code === 'invalid-file' ? fail(damaged(file, message)) : verified;
  }
  const { damage, damageCount } = verified.value;
  const [first] = damage;
  if (first === undefined) return verified;
  const place = first.entry === null ? first.place : `entry ${first.entry}, ${first.place}`;
  const more = damageCount === 1 ? '' : `, and ${damageCount - 1} more`;
  return fail(damaged(file, `${place}: ${first.message}${more}`));
}

async function decompress(file: string, into: string): Promise<Problem | null> {
  try {
    const target = createWriteStream(into, { flags: 'wx', mode: 0o600, flush: true });
    await pipeline(createReadStream(file), createZstdDecompress(), target);
    return null;
  } catch (error) {
    if (error instanceof Error && 'code' in error && /^(?:Z|ERR_)/.test(String(error.code))) {
      return damaged(file, `it cannot be decompressed (${String(error.code)})`);
    }
    return fileProblem(error, file);
  }
}

function damaged(file: string, what: string): Problem {
  return problem('integrity', `${file}: ${what}`, 'take another backup');
}
