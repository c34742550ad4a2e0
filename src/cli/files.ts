import { randomUUID } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { type Problem, problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';

/** No file that a command reads whole is larger; parsers have tighter limits of their own. */
const READ_BYTES_MAX = 67_108_864;

/** `not-found` or `unavailable`, with the path in it; `invalid-file` for what is no file or too large. */
export function readBytes(path: string): Result<Uint8Array> {
  let file: number | null = null;
  try {
    file = openSync(path, 'r');
    const stat = fstatSync(file);
    // A pipe (/dev/stdin, <(...)) has no size of its own: what is read is what counts.
    if (stat.isDirectory()) return fail(problem('invalid-file', `${path} is a folder`));
    const bytes = readUpTo(file, READ_BYTES_MAX + 1);
    if (bytes.length <= READ_BYTES_MAX) return ok(bytes);
    return fail(problem('invalid-file', `${path} is larger than 64 MiB`));
  } catch (error) {
    return fail(fileProblem(error, path));
  } finally {
    if (file !== null) closeSync(file);
  }
}

function readUpTo(file: number, limit: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  let total = 0;
  while (total < limit) {
    const chunk = new Uint8Array(Math.min(65_536, limit - total));
    const count = readSync(file, chunk);
    if (count === 0) break;
    chunks.push(chunk.subarray(0, count));
    total += count;
  }
  return new Uint8Array(Buffer.concat(chunks, total));
}

/** As readBytes; `invalid-file` for what is not UTF-8. */
export function readText(path: string): Result<string> {
  const bytes = readBytes(path);
  if (!bytes.ok) return bytes;
  try {
    return ok(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.value));
  } catch {
    return fail(problem('invalid-file', `${path} is not UTF-8 text`));
  }
}

/** The whole text or nothing of it, even when the machine stops half way. Makes the folder. */
export function writeText(path: string, text: string): Result<void> {
  return writeWhole(path, text);
}

/** As writeText. */
export function writeWhole(path: string, content: string | Uint8Array): Result<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    const file = openSync(temporary, 'wx', 0o644);
    try {
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    return ok(undefined);
  } catch (error) {
    rmSync(temporary, { force: true });
    return fail(fileProblem(error, path));
  }
}

/** Names in a folder with one of the endings, in order of code units. */
export function listFiles(folder: string, ending: string): Result<string[]> {
  try {
    return ok(
      readdirSync(folder)
        .filter((name) => name.endsWith(ending))
        .sort(),
    );
  } catch (error) {
    return fail(fileProblem(error, folder));
  }
}

function fileProblem(error: unknown, path: string): Problem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : null;
  if (code === null) throw error;
  if (code === 'ENOENT') return problem('not-found', `${path} does not exist`);
  if (code === 'ENOTDIR') return problem('not-found', `${path}: a part of it is no folder`);
  if (code === 'EISDIR') return problem('invalid-file', `${path} is a folder`);
  if (code === 'EACCES' || code === 'EPERM') {
    return problem('not-allowed', `${path}: the system does not let this user`);
  }
  return problem('unavailable', `${path}: ${code}`);
}
