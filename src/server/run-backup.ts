import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import { type Problem, problem } from '../base/problem.ts';
import { fail, type Result } from '../base/result.ts';
import { packageFile } from '../process/package-file.ts';
import { MadeBackup } from '../protocol/backup.ts';
import { parse } from '../protocol/parse.ts';

/** What a run may say, in characters: a document of a few lines, or an error. */
const SAID_MAX = 65_536;
const NICE = 10;
const INTEGRITY_EXIT = 6;

/**
 * Makes one backup by `auroractl ledger backup` in a process of its own: to hash a ledger takes
 * seconds, in which nobody would decide, and a person's backup by hand is the same one. Ended
 * when `signal` fires.
 */
export function runBackup(
  state: string,
  folder: string,
  signal: AbortSignal,
): Promise<Result<MadeBackup>> {
  const words = ['ledger', 'backup', '--state', state, '--folder', folder, '-o', 'json'];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [packageFile('bin/auroractl.js'), ...words], {
      cwd: state,
      signal,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { out: '', err: '' };
    const hear = (name: 'out' | 'err') => (part: Buffer) => {
      said[name] = (said[name] + part.toString('utf8')).slice(-SAID_MAX);
    };
    child.stdout.on('data', hear('out'));
    child.stderr.on('data', hear('err'));
    child.on('spawn', () => makeRoom(child.pid));
    child.on('error', (error) => {
      const why = signal.aborted ? String(signal.reason) : error.message;
      resolve(fail(problem('unavailable', `the backup was not made: ${why}`)));
    });
    child.on('close', (code) => {
      resolve(code === 0 ? read(said.out) : fail(failureOf(code, said.err)));
    });
  });
}

/** Deciding and serving go first. */
function makeRoom(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, NICE);
  } catch {
    // It has ended already, which its exit code tells.
  }
}

function read(text: string): Result<MadeBackup> {
  try {
    return parse(MadeBackup, JSON.parse(text), 'the backup command');
  } catch {
    return fail(problem('unavailable', 'the backup command answered something else than JSON'));
  }
}

/** In its own words. */
function failureOf(code: number | null, said: string): Problem {
  const lines = said.trimEnd().split('\n');
  const error = lines.find((line) => line.startsWith('error: '))?.slice('error: '.length);
  const message = error ?? `the backup command ended with ${code ?? 'a signal'}: ${lines.at(-1)}`;
  return problem(code === INTEGRITY_EXIT ? 'integrity' : 'unavailable', message);
}
