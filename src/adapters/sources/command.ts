import { type ChildProcess, spawn } from 'node:child_process';
import { sha256 } from '../../base/digest.ts';
import type { EvidenceQuery } from '../../core/gate/check.ts';
import { valueAt } from './field.ts';
import { type Found, failed, type SourceDeps } from './found.ts';
import { redact } from './redact.ts';

const REDUCER = 'command-field@1';
const STDOUT_BYTES_MAX = 1_048_576;
const STDERR_BYTES_KEPT = 8_192;
const GRACE_MS = 500;
/** What was written before the end is read by then, even if a descendant holds the pipe open. */
const DRAIN_MS = 500;
const TIMER_MS_MAX = 2 ** 31 - 1;

/**
 * Runs a command by /bin/sh. `field` is `exit` (its exit code), empty (a number alone on stdout), or
 * a path in JSON on stdout; what it printed counts only when it ended with 0.
 */
export async function commandEvidence(
  query: Extract<EvidenceQuery, { source: 'command' }>,
  deps: SourceDeps,
): Promise<Found> {
  const { field } = query;
  const place = `\`${redact(query.run)}\``;
  const run = await runCommand(query, deps.workFolder);
  const { stdout } = run;
  const error = (why: string): Found => failed(REDUCER, `${place} ${why}`, stdout);
  if (run.fault !== null) return error(run.fault);
  const { code } = run;
  const said = run.lastErrorLine === '' ? '' : `: ${redact(run.lastErrorLine)}`;
  // The shell's own words for "can't be run" and "not found": nothing was measured.
  if (code === 126 || code === 127) return error(`can't be run${said}`);
  const known = { atMs: deps.now(), samples: 1, reducer: REDUCER };
  if (field === 'exit') {
    const inputSha256 = sha256(`${code}\n`);
    return { ...known, inputSha256, kind: 'number', value: code };
  }
  if (code !== 0) return error(`ended with code ${code}${said}`);
  const inputSha256 = sha256(stdout);
  if (field === '') {
    const text = Buffer.from(stdout).toString('utf8').trim();
    const value = NUMBER.test(text) ? Number(text) : Number.NaN;
    if (!Number.isFinite(value)) return error('did not print a number');
    return { ...known, inputSha256, kind: 'number', value };
  }
  const value = valueAt(stdout, field);
  if (!value.ok) return error(`printed something else: ${value.problem}`);
  return { ...known, inputSha256, ...value.value };
}

const NUMBER = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?$/;

interface Run {
  code: number;
  stdout: Uint8Array;
  lastErrorLine: string;
  /** Why there is no exit code that means anything; null: there is one. */
  fault: string | null;
}

function runCommand(
  { run, timeoutMs }: { run: string; timeoutMs: number },
  cwd: string,
): Promise<Run> {
  const child = spawn('/bin/sh', ['-c', run], {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const parts: Uint8Array[] = [];
  let [bytes, stderr] = [0, ''];
  let fault: string | null = null;
  const timers: NodeJS.Timeout[] = [];
  const stop = (why: string): void => {
    fault ??= why;
    killGroup(child, 'SIGTERM');
    timers.push(setTimeout(() => killGroup(child, 'SIGKILL'), GRACE_MS));
  };
  child.stdout.on('data', (part: Uint8Array) => {
    bytes += part.length;
    if (bytes <= STDOUT_BYTES_MAX) parts.push(part);
    else if (fault === null) stop(`printed more than ${STDOUT_BYTES_MAX} bytes`);
  });
  child.stderr.on('data', (part: Uint8Array) => {
    stderr = (stderr + Buffer.from(part).toString('utf8')).slice(-STDERR_BYTES_KEPT);
  });
  const late = (): void => stop(`did not end within ${timeoutMs} ms and was stopped`);
  timers.push(setTimeout(late, Math.min(timeoutMs, TIMER_MS_MAX)));
  return new Promise((resolve) => {
    let isDone = false;
    const done = (code: number, why: string | null): void => {
      if (isDone) return;
      isDone = true;
      for (const timer of timers) clearTimeout(timer);
      // Nothing of it goes on: the deadline is over its whole group.
      killGroup(child, 'SIGKILL');
      child.stdout.destroy();
      child.stderr.destroy();
      const lines = stderr.split('\n').map((line) => line.trim());
      const lastErrorLine = (lines.findLast((line) => line !== '') ?? '').slice(0, 500);
      resolve({ code, stdout: Buffer.concat(parts), lastErrorLine, fault: fault ?? why });
    };
    child.once('error', (error) => done(-1, `can't be started: ${error.message}`));
    child.once('exit', (code, signal) => {
      const end = (): void => done(code ?? -1, code === null ? `was ended by ${signal}` : null);
      child.once('close', end);
      timers.push(setTimeout(end, DRAIN_MS));
    });
  });
}

/** Its group is named after it, so it ends with everything that it started. */
function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Nothing of it is left.
  }
}
