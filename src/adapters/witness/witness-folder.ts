import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../../base/digest.ts';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { type Checkpoint, parseCheckpointText } from '../../core/ledger/checkpoint.ts';
import { openNote } from '../../core/ledger/signed-note.ts';
import type { WitnessedLog } from '../../core/ledger/witness.ts';
import { takeLock } from '../../process/exclusive-lock.ts';

/** What a witness must never forget: a file a log, with the newest checkpoint that it cosigned. */
export interface WitnessFolder {
  newest(origin: string): Checkpoint | null;
  /** On stable storage when it answers ok. */
  keep(checkpoint: Checkpoint, note: string): Result<void>;
  /** The request with which a log contradicts what it signed before; the first FORKS_MAX of them. */
  keepFork(request: string): void;
  release(): void;
}

const FORKS_MAX = 100;

/**
 * Opens or makes the folder, for one witness at a time. `integrity` where a kept checkpoint is not
 * one of its log any more: to begin again from nothing would be to cosign a fork.
 */
export function openWitnessFolder(
  folder: string,
  logs: readonly WitnessedLog[],
): Result<WitnessFolder> {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const lock = takeLock(join(folder, 'witness.lock'), 'witness');
    if (!lock.ok) return lock;
    const kept = new Map<string, Checkpoint>();
    for (const log of logs) {
      const read = readKept(fileOf(folder, log.origin), log);
      if (!read.ok) {
        lock.value.release();
        return read;
      }
      if (read.value !== null) kept.set(log.origin, read.value);
    }
    return ok({
      newest: (origin) => kept.get(origin) ?? null,
      keep: (checkpoint, note) => {
        const written = writeDurably(folder, fileOf(folder, checkpoint.origin), note);
        if (written.ok) kept.set(checkpoint.origin, checkpoint);
        return written;
      },
      keepFork: (request) => {
        const forks = join(folder, 'forks');
        mkdirSync(forks, { recursive: true });
        if (readdirSync(forks).length >= FORKS_MAX) return;
        writeDurably(forks, join(forks, `${sha256(request).slice(0, 32)}.txt`), request);
      },
      release: lock.value.release,
    });
  } catch (error) {
    return fail(diskProblem(error, folder));
  }
}

/** An origin may hold characters that a file's name can't. */
const fileOf = (folder: string, origin: string): string =>
  join(folder, `${sha256(origin).slice(0, 32)}.checkpoint`);

function readKept(path: string, log: WitnessedLog): Result<Checkpoint | null> {
  let note: string;
  try {
    note = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ok(null);
    return fail(diskProblem(error, path));
  }
  const opened = openNote(note, [log.key]);
  const parsed = opened.ok ? parseCheckpointText(opened.value.text) : opened;
  const hint = `this witness of ${log.origin} is over: a new one begins with a new key and folder`;
  if (!parsed.ok) return fail(problem('integrity', `${path}: ${parsed.problem.message}`, hint));
  const { origin, size, root } = parsed.value;
  if (origin === log.origin) return ok({ origin, size, root });
  return fail(problem('integrity', `${path} is of ${origin}`, hint));
}

/** Whole or not at all, and there after a power cut: the name is durable once its folder is. */
function writeDurably(folder: string, path: string, text: string): Result<void> {
  try {
    const temporary = `${path}.tmp`;
    const file = openSync(temporary, 'w', 0o644);
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    const directory = openSync(folder, 'r');
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
    return ok(undefined);
  } catch (error) {
    return fail(diskProblem(error, path));
  }
}

function diskProblem(error: unknown, path: string): Problem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : null;
  if (code === null) throw error;
  return problem('unavailable', `${path}: ${code}`);
}
