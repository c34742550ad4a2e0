import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync } from 'node:fs';
import type { Result } from '../base/result.ts';
import { logLine } from '../process/own-log.ts';
import type { ProcessState } from '../protocol/keeper.ts';
import {
  findByNonce,
  groupUse,
  hasNonce,
  type Identity,
  identityOf,
  isAlive,
  isGroupLeft,
  NONCE_VARIABLE,
} from './identity.ts';
import type { SavedProcess } from './keeper-file.ts';
import { appendLog, openLog, rotateLog } from './log-file.ts';

export interface Command {
  file: string;
  args: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
}

export interface SupervisedOptions {
  saved: SavedProcess;
  logPath: () => string;
  /** Asked before each start; a problem is written to its log, and it is asked again later. */
  command: () => Promise<Result<Command>>;
  /** On stable storage when it returns. */
  save: () => void;
  /** Who has taken over its work without the keeper, by its own word; null: nobody. */
  heir: () => Promise<number | null>;
  /** It has just started or, `isFound`, been found alive; it has just ended. */
  onStart: (isFound: boolean) => void;
  onExit: () => void;
  /** How often an adopted one, which nobody reports the end of, is looked for. */
  pollMs: number;
  isFirstRestartImmediate: boolean;
  /** Having lived, or answered, for so long, its next failure is the first again. */
  steadyMs?: number;
}

const EXITS_KEPT = 20;
const BACKOFF_MS = 100;
const BACKOFF_MAX_MS = 30_000;
const STEADY_MS = 60_000;
const POLL_MS = 20;

/**
 * One process that is to run: started in a group of its own, found again, started anew when it ends,
 * ended with everything it started. It lives on when its keeper dies.
 */
export class Supervised {
  up = false;
  private readonly options: SupervisedOptions;
  private child: ChildProcess | null = null;
  private poller: NodeJS.Timeout | null = null;
  private restartTimer: NodeJS.Timeout | null = null;
  private isWanted = false;
  private failures = 0;
  private use = { rssBytes: 0, cpuMs: 0 };

  constructor(options: SupervisedOptions) {
    this.options = options;
  }

  get saved(): SavedProcess {
    return this.options.saved;
  }

  get pid(): number | null {
    const { identity } = this.saved;
    return identity !== null && isAlive(identity) ? identity.pid : null;
  }

  get state(): ProcessState {
    const { startedMs, restarts, exits } = this.saved;
    return { pid: this.pid, up: this.up, startedMs, restarts, exits: [...exits], ...this.use };
  }

  /** Found where it lives, else started. */
  async run(): Promise<void> {
    this.isWanted = true;
    const { saved } = this;
    this.find();
    const heir = await this.heir();
    if (heir !== null) return this.handOver(heir);
    if (saved.identity !== null && isAlive(saved.identity)) return this.adopt();
    if (saved.identity !== null) {
      this.noteExit(null, null);
      saved.restarts += 1;
    }
    await this.startOrRetry();
  }

  /** Another process has taken over its work, with its nonce: that one is it from now on. */
  handOver(pid: number): void {
    const { saved } = this;
    const isSame = saved.identity?.pid === pid && isAlive(saved.identity);
    if (!isSame) {
      this.unwatch();
      saved.identity = identityOf(pid);
      saved.startedMs = Date.now();
      this.save();
    }
    if (this.child === null) this.adopt();
  }

  /** It is told to end by other means: an end is no failure from now on. */
  expectEnd(): void {
    this.isWanted = false;
    if (this.restartTimer !== null) clearTimeout(this.restartTimer);
  }

  /** SIGTERM, after the grace SIGKILL, to the whole group; resolves when nothing of it is left. */
  async stop(graceMs: number): Promise<void> {
    this.expectEnd();
    this.find();
    const { identity } = this.saved;
    this.unwatch();
    if (identity === null) return;
    this.signal('SIGTERM');
    const deadline = performance.now() + graceMs;
    // A shell ends before the program that it started, which may still be answering.
    while (this.isLeft(identity) && performance.now() < deadline) await pause(POLL_MS);
    while (this.isLeft(identity)) {
      this.signal('SIGKILL');
      await pause(POLL_MS);
    }
    this.up = false;
    this.saved.identity = null;
  }

  /** No more watching; the process goes on. */
  leave(): void {
    this.expectEnd();
    this.unwatch();
  }

  sample(): void {
    const pid = this.pid;
    this.use = pid === null ? { rssBytes: 0, cpuMs: 0 } : groupUse(pid);
    try {
      rotateLog(this.options.logPath());
    } catch (error) {
      logLine(`${this.options.logPath()} is not rotated: ${String(error)}`);
    }
  }

  /** It answers, or has worked till now: the next failure is the first again, once that has lasted. */
  noteHealthy(): void {
    if (this.isSteady()) this.failures = 0;
  }

  /** Killed between the intent and the pid, a keeper left only the nonce behind. */
  private find(): void {
    const { saved } = this;
    if (saved.identity !== null || saved.nonce === '') return;
    const pid = findByNonce(saved.nonce);
    if (pid !== null) saved.identity = identityOf(pid);
  }

  /** Believed only if it was started under the same nonce: whatever answers may be another's. */
  private async heir(): Promise<number | null> {
    const { nonce } = this.saved;
    const pid = nonce === '' ? null : await this.options.heir();
    return pid !== null && hasNonce(pid, nonce) && identityOf(pid) !== null ? pid : null;
  }

  private async startOrRetry(): Promise<void> {
    let why: string;
    try {
      const command = await this.options.command();
      if (!this.isWanted) return;
      if (command.ok) return this.start(command.value);
      why = command.problem.message;
      appendLog(this.options.logPath(), `not started: ${why}`);
    } catch (error) {
      // A full disk, no free port: what lives goes on, and this is tried again.
      logLine(`not started: ${String(error)}`);
    }
    if (this.isWanted) this.restartLater();
  }

  private start(command: Command): void {
    const { options, saved } = this;
    saved.nonce = randomUUID();
    saved.identity = null;
    options.save();
    const log = openLog(options.logPath());
    const child = spawn(command.file, command.args, {
      cwd: command.cwd,
      env: { ...process.env, ...command.env, [NONCE_VARIABLE]: saved.nonce },
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.child = child;
    child.once('error', () => void this.ended(null, null));
    child.once('exit', (code, signal) => void this.ended(code, signal));
    if (child.pid === undefined) return;
    child.unref();
    saved.identity = identityOf(child.pid);
    saved.startedMs = Date.now();
    this.save();
    options.onStart(false);
  }

  private adopt(): void {
    this.unwatch();
    this.poller = setInterval(() => {
      const { identity } = this.saved;
      if (identity === null || !isAlive(identity)) void this.ended(null, null);
    }, this.options.pollMs);
    this.options.onStart(true);
  }

  private async ended(code: number | null, signal: string | null): Promise<void> {
    this.unwatch();
    const { identity, nonce } = this.saved;
    // What it started goes with it: the next one needs its ports and files.
    if (identity !== null && isGroupLeft(identity.pid, nonce)) kill(-identity.pid, 'SIGKILL');
    if (!this.isWanted) return;
    this.up = false;
    const heir = await this.heir();
    if (!this.isWanted) return;
    if (heir !== null) return this.handOver(heir);
    if (this.options.isFirstRestartImmediate) this.noteHealthy();
    this.saved.restarts += 1;
    this.noteExit(code, signal);
    this.options.onExit();
    this.restartLater();
  }

  private restartLater(): void {
    const first = this.options.isFirstRestartImmediate ? 0 : BACKOFF_MS;
    const backoff = BACKOFF_MS * 2 ** Math.min(this.failures, 20);
    const delayMs = this.failures === 0 ? first : Math.min(backoff, BACKOFF_MAX_MS);
    this.failures += 1;
    this.restartTimer = setTimeout(() => void this.startOrRetry(), delayMs);
  }

  private isSteady(): boolean {
    return Date.now() - this.saved.startedMs > (this.options.steadyMs ?? STEADY_MS);
  }

  private noteExit(code: number | null, signal: string | null): void {
    const { saved } = this;
    saved.identity = null;
    saved.exits = [...saved.exits, { atMs: Date.now(), code, signal }].slice(-EXITS_KEPT);
    this.save();
  }

  /** What is not written now is written with the next change; only an intent must be. */
  private save(): void {
    try {
      this.options.save();
    } catch (error) {
      logLine(`keeper.json is not written: ${String(error)}`);
    }
  }

  private isLeft(identity: Identity): boolean {
    return isAlive(identity) || isGroupLeft(identity.pid, this.saved.nonce);
  }

  private unwatch(): void {
    if (this.poller !== null) clearInterval(this.poller);
    this.poller = null;
    this.child?.removeAllListeners('exit');
    this.child?.removeAllListeners('error');
    this.child?.on('error', () => {});
    this.child = null;
  }

  /** Only to what is known to be it: a pid may be another's by now. */
  private signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    const { identity } = this.saved;
    if (identity !== null && this.isLeft(identity)) kill(-identity.pid, signal);
  }
}

function kill(group: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(group, signal);
  } catch {
    // It has ended in between.
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
