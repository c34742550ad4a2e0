import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync } from 'node:fs';
import type { ProcessState } from '../protocol/keeper.ts';
import {
  findByNonce,
  groupUse,
  identityOf,
  isAlive,
  isGroupLeft,
  NONCE_VARIABLE,
} from './identity.ts';
import type { SavedProcess } from './keeper-file.ts';
import { openLog, rotateLog } from './log-file.ts';

export interface Command {
  file: string;
  args: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
}

export interface SupervisedOptions {
  saved: SavedProcess;
  logPath: string;
  /** Asked before each start. */
  command: () => Promise<Command>;
  /** On stable storage when it returns. */
  save: () => void;
  /** It has just started or been found; it has just ended. */
  onStart: () => void;
  onExit: () => void;
  /** How often an adopted one, which nobody reports the end of, is looked for. */
  pollMs: number;
  isFirstRestartImmediate: boolean;
}

const EXITS_KEPT = 20;
const BACKOFF_MS = 100;
const BACKOFF_MAX_MS = 30_000;
const HEALTHY_MS = 60_000;
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
    if (saved.identity === null && saved.nonce !== '') {
      const pid = findByNonce(saved.nonce);
      if (pid !== null) saved.identity = identityOf(pid);
    }
    if (saved.identity !== null && isAlive(saved.identity)) return this.adopt();
    if (saved.identity !== null) this.noteExit(null, null);
    await this.start();
  }

  /** Another process has taken over its work, with its nonce: that one is it from now on. */
  handOver(pid: number): void {
    this.child?.removeAllListeners('exit');
    this.child = null;
    this.saved.identity = identityOf(pid);
    this.saved.startedMs = Date.now();
    this.options.save();
    this.adopt();
  }

  /** SIGTERM, after the grace SIGKILL, to the whole group; resolves when nothing of it is left. */
  async stop(graceMs: number): Promise<void> {
    this.isWanted = false;
    if (this.restartTimer !== null) clearTimeout(this.restartTimer);
    const { identity, nonce } = this.saved;
    this.unwatch();
    if (identity === null) return;
    this.signal('SIGTERM');
    const deadline = performance.now() + graceMs;
    while (isAlive(identity) && performance.now() < deadline) await pause(POLL_MS);
    while (isAlive(identity) || isGroupLeft(identity.pid, nonce)) {
      this.signal('SIGKILL');
      await pause(POLL_MS);
    }
    this.up = false;
    this.saved.identity = null;
  }

  /** No more watching; the process goes on. */
  leave(): void {
    this.isWanted = false;
    if (this.restartTimer !== null) clearTimeout(this.restartTimer);
    this.unwatch();
  }

  sample(): void {
    const pid = this.pid;
    if (pid !== null) this.use = groupUse(pid);
    rotateLog(this.options.logPath);
  }

  /** It answered: the next failure is the first again, once that has lasted. */
  noteHealthy(): void {
    if (Date.now() - this.saved.startedMs > HEALTHY_MS) this.failures = 0;
  }

  private async start(): Promise<void> {
    const { options, saved } = this;
    const command = await options.command();
    if (!this.isWanted) return;
    saved.nonce = randomUUID();
    saved.identity = null;
    options.save();
    const log = openLog(options.logPath);
    const child = spawn(command.file, command.args, {
      cwd: command.cwd,
      env: { ...process.env, ...command.env, [NONCE_VARIABLE]: saved.nonce },
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.child = child;
    child.once('error', () => this.ended(null, null));
    child.once('exit', (code, signal) => this.ended(code, signal));
    if (child.pid === undefined) return;
    child.unref();
    saved.identity = identityOf(child.pid);
    saved.startedMs = Date.now();
    options.save();
    options.onStart();
  }

  private adopt(): void {
    this.unwatch();
    this.poller = setInterval(() => {
      const { identity } = this.saved;
      if (identity === null || !isAlive(identity)) this.ended(null, null);
    }, this.options.pollMs);
    this.options.onStart();
  }

  private ended(code: number | null, signal: string | null): void {
    this.unwatch();
    const { identity, nonce } = this.saved;
    // What it started goes with it: the next one needs its ports and files.
    if (identity !== null && isGroupLeft(identity.pid, nonce)) kill(-identity.pid, 'SIGKILL');
    if (!this.isWanted) return;
    this.up = false;
    this.noteExit(code, signal);
    this.options.onExit();
    const first = this.options.isFirstRestartImmediate ? 0 : BACKOFF_MS;
    const backoff = BACKOFF_MS * 2 ** Math.min(this.failures, 20);
    const delayMs = this.failures === 0 ? first : Math.min(backoff, BACKOFF_MAX_MS);
    this.failures += 1;
    this.saved.restarts += 1;
    this.restartTimer = setTimeout(() => void this.start(), delayMs);
  }

  private noteExit(code: number | null, signal: string | null): void {
    const { saved } = this;
    saved.identity = null;
    saved.exits = [...saved.exits, { atMs: Date.now(), code, signal }].slice(-EXITS_KEPT);
    this.options.save();
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
    const { identity, nonce } = this.saved;
    if (identity === null) return;
    if (isAlive(identity) || isGroupLeft(identity.pid, nonce)) kill(-identity.pid, signal);
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
