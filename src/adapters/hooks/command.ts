import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { HookRunner } from '../../engine/ports.ts';
import { HookFiles, type HookRecord } from './hook-files.ts';
import { identityOf, isGroupAlive, type ProcessIdentity, signalGroup } from './process-identity.ts';

export interface CommandHooksOptions {
  /** Holds `hooks/`. */
  stateFolder: string;
  /** Where the commands run. */
  workFolder: string;
  /** Between SIGTERM and SIGKILL. */
  graceMs?: number;
}

/**
 * Waits for a line before it runs anything: the record of its start is on disk by then. Where the
 * parent dies first the pipe ends, and nothing was run. Writes the exit code down by itself.
 */
const GATE = [
  'IFS= read -r go <&3 || exit 125',
  'exec 3<&-',
  '/bin/sh -c "$1"',
  'code=$?',
  'printf "%s\\n" "$code" > "$2.new" && mv "$2.new" "$2"',
  'exit "$code"',
].join('\n');

const POLL_MS = 50;
const TIMER_MS_MAX = 2 ** 31 - 1;

/**
 * Runs operators' commands by /bin/sh, each in a process group of its own. The result is on disk
 * before it is answered, and answered again from there. A hook outlives this process: found alive it
 * is waited for; found dead, without an exit code, it is run again.
 */
export class CommandHooks implements HookRunner {
  private readonly options: CommandHooksOptions;
  private readonly running = new Map<string, Promise<Result<void>>>();

  constructor(options: CommandHooksOptions) {
    this.options = options;
  }

  /** `unavailable`: it failed, was stopped at its deadline, or could not be started or recorded. */
  run(effectId: string, hook: { run: string; timeoutMs: number }): Promise<Result<void>> {
    const known = this.running.get(effectId);
    if (known !== undefined) return known;
    const begun = this.runOnce(effectId, hook)
      .catch((error: unknown) => fail(problem('unavailable', `the hook: ${String(error)}`)))
      .finally(() => this.running.delete(effectId));
    this.running.set(effectId, begun);
    return begun;
  }

  private async runOnce(
    effectId: string,
    hook: { run: string; timeoutMs: number },
  ): Promise<Result<void>> {
    const files = new HookFiles(this.options.stateFolder, effectId);
    const known = files.read(effectId);
    if (!known.ok) return known;
    const record = known.value;
    if (record?.stage === 'ended') return answerOf(record);
    if (record?.stage === 'started') {
      const isLate = await this.waitForLost(record, hook.timeoutMs, files);
      if (isLate || files.exitCode() !== null) return this.end(effectId, hook, files, isLate);
    }
    const isLate = await this.start(effectId, hook, files);
    return this.end(effectId, hook, files, isLate);
  }

  /** Runs it to its end; true: it had to be stopped. Throws when it can't be started or recorded. */
  private async start(
    effectId: string,
    hook: { run: string; timeoutMs: number },
    files: HookFiles,
  ): Promise<boolean> {
    mkdirSync(dirname(files.stdout), { recursive: true, mode: 0o700 });
    rmSync(files.exit, { force: true });
    const child = this.spawn(hook.run, files);
    const ended = new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', () => resolve());
    });
    // It may end before anyone waits for it: the rejection is still taken below.
    ended.catch(() => undefined);
    const leader = child.pid === undefined ? null : identityOf(child.pid);
    const gate = child.stdio[3];
    if (leader !== null && gate !== null && gate !== undefined && 'write' in gate) {
      gate.on('error', () => undefined);
      try {
        files.write({ v: 1, effect: effectId, stage: 'started', leader, startedMs: Date.now() });
        gate.end('go\n');
      } finally {
        gate.end();
      }
    }
    return await this.untilDeadline(hook.timeoutMs, leader, ended);
  }

  private spawn(run: string, files: HookFiles): ChildProcess {
    const opened: number[] = [];
    try {
      for (const path of [files.stdout, files.stderr]) opened.push(openSync(path, 'a', 0o600));
      const [out, err] = opened;
      if (err !== undefined) writeSync(err, HookFiles.startLine(Date.now()));
      return spawn('/bin/sh', ['-c', GATE, 'hook', run, files.exit], {
        cwd: this.options.workFolder,
        detached: true,
        stdio: ['ignore', out, err, 'pipe'],
      });
    } finally {
      for (const file of opened) closeSync(file);
    }
  }

  /** One that an earlier process began: waits for what is left of its time. */
  private async waitForLost(
    record: Extract<HookRecord, { stage: 'started' }>,
    timeoutMs: number,
    files: HookFiles,
  ): Promise<boolean> {
    // The wall clock may have been set meanwhile; its time is never more than the whole.
    const leftMs = Math.min(timeoutMs, Math.max(0, record.startedMs + timeoutMs - Date.now()));
    const isOver = (): boolean => files.exitCode() !== null || !isGroupAlive(record.leader);
    if (isOver()) return false;
    const stop = new AbortController();
    const ended = untilTrue(isOver, stop.signal);
    const isLate = await this.untilDeadline(leftMs, record.leader, ended);
    stop.abort();
    return isLate;
  }

  private async untilDeadline(
    timeoutMs: number,
    leader: ProcessIdentity | null,
    ended: Promise<void>,
  ): Promise<boolean> {
    if (await within(ended, timeoutMs)) return false;
    if (leader === null) return true;
    signalGroup(leader.pid, 'SIGTERM');
    await within(ended, this.options.graceMs ?? 5_000);
    // What ignores SIGTERM, and what the leader left behind.
    if (isGroupAlive(leader)) signalGroup(leader.pid, 'SIGKILL');
    await ended;
    return true;
  }

  private end(
    effect: string,
    hook: { timeoutMs: number },
    files: HookFiles,
    isLate: boolean,
  ): Result<void> {
    const code = files.exitCode();
    const line = files.lastErrorLine();
    const why = isLate
      ? `it did not end within ${hook.timeoutMs} ms and was stopped`
      : code === null
        ? 'it was ended by a signal'
        : `it ended with code ${code}`;
    const isOk = code === 0 && !isLate;
    const message = isOk ? '' : line === '' ? `the hook failed: ${why}` : `${line} (${why})`;
    const record = { v: 1, effect, stage: 'ended', ok: isOk, message } as const;
    files.write(record);
    return answerOf(record);
  }
}

function answerOf(record: Extract<HookRecord, { stage: 'ended' }>): Result<void> {
  return record.ok ? ok(undefined) : fail(problem('unavailable', record.message));
}

/** Not a child of this process: nobody tells when it ends. */
async function untilTrue(isOver: () => boolean, signal: AbortSignal): Promise<void> {
  while (!isOver() && !signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Whether it came about in time. */
async function within(done: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), Math.min(ms, TIMER_MS_MAX));
  });
  try {
    return await Promise.race([done.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
