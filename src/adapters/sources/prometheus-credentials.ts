import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fail, ok, type Result } from '../../base/result.ts';
import type { PrometheusServer } from '../../core/gate/check.ts';

const OTHERS = 0o077;
const BYTES_MAX = 16_384;

/**
 * The headers that a server is asked with, read from their file anew each time, so that a secret that
 * was changed is in force at once and none is kept. A file that others may read holds no secret, and is
 * refused. What is told of it never quotes it.
 */
export function prometheusCredentials(
  { bearerFile, basicFile }: Pick<PrometheusServer, 'bearerFile' | 'basicFile'>,
  workFolder: string,
): Result<Readonly<Record<string, string>>, string> {
  const path = bearerFile ?? basicFile;
  if (path === null) return ok({});
  const text = readSecret(path, workFolder);
  if (!text.ok) return text;
  if (bearerFile !== null) {
    // Anything else would end the header, or begin another.
    if (!/^[!-~]+$/.test(text.value)) return fail(`${path} is not one token`);
    return ok({ authorization: `Bearer ${text.value}` });
  }
  const colon = text.value.indexOf(':');
  if (colon < 1 || /[\r\n]/.test(text.value)) return fail(`${path} is not user:password`);
  return ok({ authorization: `Basic ${Buffer.from(text.value).toString('base64')}` });
}

function readSecret(path: string, workFolder: string): Result<string, string> {
  try {
    // O_NONBLOCK: a pipe that nobody writes to would be waited for, for ever.
    const file = openSync(resolve(workFolder, path), constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(file);
      if (!stat.isFile()) return fail(`${path} is not a file`);
      if ((stat.mode & OTHERS) !== 0) {
        return fail(`${path} is open to others: chmod 600 ${path}`);
      }
      if (stat.size > BYTES_MAX) return fail(`${path} is larger than ${BYTES_MAX} bytes`);
      return ok(readFileSync(file, 'utf8').trim());
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return fail(code === 'ENOENT' ? `${path} does not exist` : `${path} can't be read: ${code}`);
  }
}
