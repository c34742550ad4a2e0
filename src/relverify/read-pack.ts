import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { sha256 } from '../base/digest.ts';
import { type Problem, problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { gunzip } from '../pack/gzip.ts';
import { type PackFiles, readTar } from '../verify/pack/tar.ts';

/** An archive as it lies on the disk. */
export interface ReadPack {
  path: string;
  sha256: string;
  /** Of the file beside it; null: there is none. */
  detached: string | null;
  /** `integrity` where it is no archive of ours. */
  files: Result<PackFiles>;
}

/** Reads an archive and the digest beside it. `usage` where there is no such file. */
export function readPack(path: string): Result<ReadPack> {
  const bytes = readFile(path);
  if (!bytes.ok) return bytes;
  const digest = readFile(`${path}.sha256`);
  const line = digest.ok ? new TextDecoder().decode(digest.value) : null;
  const tar = gunzip(bytes.value);
  return ok({
    path,
    sha256: sha256(bytes.value),
    detached: line,
    files: tar.ok ? readTar(tar.value) : tar,
  });
}

/** Why the digest beside the archive is not its own; null: it is, or there is none. */
export function detachedFault({ path, sha256: own, detached }: ReadPack): string | null {
  if (detached === null || detached === `${own}  ${basename(path)}\n`) return null;
  const said = detached.slice(0, 64);
  if (said === own) return null;
  return `${basename(path)}.sha256 names ${said}, and the archive has ${own}`;
}

export function readFile(path: string): Result<Uint8Array> {
  try {
    return ok(new Uint8Array(readFileSync(path)));
  } catch (error) {
    return fail(cannotRead(path, error));
  }
}

function cannotRead(path: string, error: unknown): Problem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return problem('usage', `${path} can't be read (${code})`);
}
