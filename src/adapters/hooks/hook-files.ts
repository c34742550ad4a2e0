import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../../base/digest.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** What is known of one hook: `<state>/hooks/<sha256 of the effect id>.json`. */
export type HookRecord =
  | { v: 1; effect: string; stage: 'started'; leader: ProcessIdentity; startedMs: number }
  | { v: 1; effect: string; stage: 'ended'; ok: boolean; message: string };

/** Begins a line between two runs, so that nobody takes the words of the first for the second's. */
const STARTED = '--- started ';

/** Where everything of one hook stands. Writes throw when the disk does not take them. */
export class HookFiles {
  readonly stdout: string;
  readonly stderr: string;
  /** The exit code, written by the hook's own shell: it is known even if nobody waited for it. */
  readonly exit: string;
  private readonly folder: string;
  private readonly record: string;

  constructor(stateFolder: string, effectId: string) {
    this.folder = join(stateFolder, 'hooks');
    const base = join(this.folder, sha256(effectId));
    this.record = `${base}.json`;
    this.stdout = `${base}.log`;
    this.stderr = `${base}.err.log`;
    this.exit = `${base}.exit`;
  }

  /** null: it never began. `integrity`: the file is not what was written here, and nothing is run. */
  read(effectId: string): Result<HookRecord | null> {
    let text: string;
    try {
      text = readFileSync(this.record, 'utf8');
    } catch (error) {
      if (isMissing(error)) return ok(null);
      return fail(problem('unavailable', `${this.record}: ${String(error)}`));
    }
    const hint = 'restore it, or remove it if the hook may run once more';
    try {
      const record = JSON.parse(text) as HookRecord;
      const isKnown = record.stage === 'started' || record.stage === 'ended';
      if (record.v === 1 && isKnown && record.effect === effectId) return ok(record);
    } catch (error) {
      return fail(problem('integrity', `${this.record}: ${String(error)}`, hint));
    }
    return fail(problem('integrity', `${this.record} is not the record of ${effectId}`, hint));
  }

  /** Durable when it returns. */
  write(record: HookRecord): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const temporary = `${this.record}.${process.pid}`;
    const file = openSync(temporary, 'w', 0o600);
    try {
      writeSync(file, JSON.stringify(record));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, this.record);
    const folder = openSync(this.folder, 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  }

  /** A line before what a run prints to stderr. */
  static startLine(atMs: number): string {
    return `${STARTED}${new Date(atMs).toISOString()}\n`;
  }

  /** null: the shell did not live to write it. */
  exitCode(): number | null {
    try {
      const text = readFileSync(this.exit, 'utf8').trim();
      return /^\d{1,3}$/.test(text) ? Number(text) : null;
    } catch {
      return null;
    }
  }

  /** The last line of stderr that is not empty, of at most 500 characters. */
  lastErrorLine(): string {
    const bytes = Buffer.alloc(8_192);
    let file: number;
    try {
      file = openSync(this.stderr, 'r');
    } catch {
      return '';
    }
    try {
      const from = Math.max(0, statSync(this.stderr).size - bytes.length);
      const count = readSync(file, bytes, 0, bytes.length, from);
      const lines = bytes.toString('utf8', 0, count).split('\n');
      const line = (lines.findLast((one) => one.trim() !== '') ?? '').trim();
      return line.startsWith(STARTED) ? '' : line.slice(0, 500);
    } finally {
      closeSync(file);
    }
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
