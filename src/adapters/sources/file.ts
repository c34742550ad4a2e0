import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { sha256 } from '../../base/digest.ts';
import type { EvidenceQuery } from '../../core/gate/check.ts';
import { valueAt } from './field.ts';
import { type Found, failed, nothing, type SourceDeps } from './found.ts';

const REDUCER = 'file-field@1';
const FILE_BYTES_MAX = 16 * 1_048_576;
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

/** A path in a JSON file. It is as old as the file's last change; a file that is not there is none. */
export async function fileEvidence(
  query: Extract<EvidenceQuery, { source: 'file' }>,
  deps: Pick<SourceDeps, 'workFolder'>,
): Promise<Found> {
  const { path, field } = query;
  let file: FileHandle | null = null;
  try {
    // O_NONBLOCK: a pipe that nobody writes to would be waited for, for ever.
    file = await open(resolve(deps.workFolder, path), OPEN_FLAGS);
    const before = await file.stat();
    if (!before.isFile()) return failed(REDUCER, `${path} is not a file`);
    if (before.size > FILE_BYTES_MAX) {
      return failed(REDUCER, `${path} is larger than ${FILE_BYTES_MAX} bytes`);
    }
    const body = await file.readFile();
    const after = await file.stat();
    if (after.mtimeMs !== before.mtimeMs || after.size !== body.length) {
      return failed(REDUCER, `${path} was written while it was read`);
    }
    const value = valueAt(body, field);
    if (!value.ok) return failed(REDUCER, `${path}: ${value.problem}`, body);
    const atMs = Math.floor(before.mtimeMs);
    return { atMs, samples: 1, inputSha256: sha256(body), reducer: REDUCER, ...value.value };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (code === 'ENOENT') return nothing(REDUCER, `${path} does not exist`);
    return failed(REDUCER, `${path} can't be read: ${code}`);
  } finally {
    await file?.close();
  }
}
