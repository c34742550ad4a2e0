import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { formatInstant, parseInstant } from '../../base/instant.ts';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';

/** When the first round was, and for which bytes; beside the tokens, for whoever fetches the others later. */
export interface StampRecord {
  sha256: string;
  firstAskedMs: number;
}

const HEAD = { apiVersion: 'aurora/v1', kind: 'Timestamps' } as const;

/** The tokens of a file, beside it: `FILE.NAME.tsr` and `.tsq` an authority, and `FILE.timestamps.json`. */
export class StampFiles {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** SHA-256 of the file, in hex, of any size. */
  async sha256(): Promise<Result<string>> {
    const hash = createHash('sha256');
    try {
      for await (const part of createReadStream(this.#path)) hash.update(part);
    } catch (error) {
      return fail(fileProblem(error, this.#path));
    }
    return ok(hash.digest('hex'));
  }

  /** null where the file was never stamped. */
  record(): Result<StampRecord | null> {
    const path = this.#recordPath();
    const text = readIfThere(path);
    if (!text.ok) return text;
    if (text.value === null) return ok(null);
    const record = recordOf(text.value.toString('utf8'));
    if (record !== null) return ok(record);
    return fail(problem('invalid-file', `${path} is no record of timestamps`));
  }

  writeRecord({ sha256, firstAskedMs }: StampRecord): Result<void> {
    const record = {
      ...HEAD,
      file: basename(this.#path),
      sha256,
      firstAskedAt: formatInstant(firstAskedMs),
    };
    return writeWhole(this.#recordPath(), Buffer.from(`${JSON.stringify(record, null, 2)}\n`));
  }

  /** What an authority gave, and its query where that is still there; null: nothing yet. */
  token(authority: string): Result<{ response: Uint8Array; query: Uint8Array | null } | null> {
    const response = readIfThere(this.tokenPath(authority));
    if (!response.ok) return response;
    const query = readIfThere(this.#queryPath(authority));
    if (!query.ok) return query;
    return ok(response.value && { response: response.value, query: query.value });
  }

  /**
   * `conflict` where a token is there by now: of two runs at once the first one's stays, with its own
   * query. One that ends before the query is written leaves a token that is whole all the same.
   */
  writeToken(authority: string, query: Uint8Array, response: Uint8Array): Result<void> {
    const written = writeWhole(this.tokenPath(authority), response, 'new');
    return written.ok ? writeWhole(this.#queryPath(authority), query) : written;
  }

  tokenPath(authority: string): string {
    return `${this.#path}.${authority}.tsr`;
  }

  #queryPath(authority: string): string {
    return `${this.#path}.${authority}.tsq`;
  }

  #recordPath(): string {
    return `${this.#path}.timestamps.json`;
  }
}

const TOKEN_BYTES_MAX = 262_144;

function readIfThere(path: string): Result<Buffer | null> {
  try {
    const bytes = readFileSync(path);
    if (bytes.length <= TOKEN_BYTES_MAX) return ok(bytes);
    return fail(problem('invalid-file', `${path} is larger than ${TOKEN_BYTES_MAX} bytes`));
  } catch (error) {
    const known = fileProblem(error, path);
    return known.code === 'not-found' ? ok(null) : fail(known);
  }
}

/** The whole file or nothing of it, on stable storage with its name; `new`: nothing may be there. */
function writeWhole(path: string, bytes: Uint8Array, mode: 'new' | 'any' = 'any'): Result<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = openSync(temporary, 'wx', 0o644);
    try {
      writeFileSync(file, bytes);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (mode === 'any') renameSync(temporary, path);
    else {
      linkSync(temporary, path);
      rmSync(temporary);
    }
    const folder = openSync(dirname(path), 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
    return ok(undefined);
  } catch (error) {
    rmSync(temporary, { force: true });
    return fail(fileProblem(error, path));
  }
}

function recordOf(text: string): StampRecord | null {
  const record = parseJson(text);
  if (typeof record !== 'object' || record === null) return null;
  const { apiVersion, kind, sha256, firstAskedAt }: Record<string, unknown> = { ...record };
  if (apiVersion !== HEAD.apiVersion || kind !== HEAD.kind) return null;
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return null;
  const firstAskedMs = typeof firstAskedAt === 'string' ? parseInstant(firstAskedAt) : null;
  return firstAskedMs === null ? null : { sha256, firstAskedMs };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function fileProblem(error: unknown, path: string): Problem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : null;
  if (code === null) throw error;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return problem('not-found', `${path} does not exist`);
  }
  if (code === 'EEXIST') return problem('conflict', `another run wrote ${path} meanwhile`);
  if (code === 'EISDIR') return problem('invalid-file', `${path} is a folder`);
  if (code === 'EACCES' || code === 'EPERM') {
    return problem('not-allowed', `${path}: the system does not let this user`);
  }
  return problem('unavailable', `${path}: ${code}`);
}
