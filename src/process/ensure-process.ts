import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { type Problem, problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { callAdmin } from './admin-client.ts';
import { CONTROLLER_FLAGS, programPath } from './program.ts';
import { socketPath } from './socket-path.ts';

const START_MS = 20_000;
const POLL_MS = 25;
/** With less than this a ledger takes no entry. */
const DISK_MIN_BYTES = 262_144;

export interface Program {
  name: 'keeper' | 'server';
  /** A service's folder, or a state directory. */
  folder: string;
  /** Of its socket. */
  role: 'keeper' | 'controller';
  /** A cheap question that it answers once it is there. */
  question: string;
}

/** The keeper of a service's folder answers when this does. `not-found`: there is no such service. */
export async function ensureKeeper(folder: string): Promise<Result<void>> {
  if (!existsSync(join(folder, 'service.json'))) {
    const hint = 'auroractl service list; auroractl service add';
    return fail(problem('not-found', `there is no service in ${folder}`, hint));
  }
  return await ensureProcess({ name: 'keeper', folder, role: 'keeper', question: '/state' });
}

/** The controller of a state directory answers when this does. */
export function ensureController(folder: string): Promise<Result<void>> {
  return ensureProcess({ name: 'server', folder, role: 'controller', question: '/about' });
}

/**
 * Starts a process of Aurora, detached from the caller's terminal, unless it answers already. Two
 * callers at once start two, of which one holds the lock and the other ends.
 */
async function ensureProcess({ name, folder, role, question }: Program): Promise<Result<void>> {
  const socket = socketPath(folder, role);
  if (!socket.ok) return socket;
  const call = { method: 'GET', path: question, deadlineMs: 2_000 };
  if (existsSync(socket.value) && (await callAdmin(socket.value, call)).ok) return ok(undefined);
  const logs = join(folder, 'logs');
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const logPath = join(logs, `${role}.log`);
  const log = openSync(logPath, 'a', 0o600);
  const logBefore = readFileSync(logPath).length;
  const said = (): string => readFileSync(logPath).subarray(logBefore).toString('utf8');
  const flags = name === 'server' ? CONTROLLER_FLAGS : [];
  const child = spawn(process.execPath, [...flags, programPath(name), folder], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.unref();
  let isEnded = false;
  child.on('error', () => {
    isEnded = true;
  });
  child.on('exit', () => {
    isEnded = true;
  });
  const deadline = performance.now() + START_MS;
  while (performance.now() < deadline) {
    if (existsSync(socket.value) && (await callAdmin(socket.value, call)).ok) return ok(undefined);
    // Another caller's may hold the lock and still be on its way: only the deadline tells.
    if (isEnded && !said().includes(`another ${role} holds`)) break;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  if (freeBytes(folder) < DISK_MIN_BYTES) {
    const message = `the ${role} cannot start: no space is left on the disk of ${folder}`;
    return fail(problem('unavailable', message, 'free some, and say it again'));
  }
  return fail(whyNot(role, said(), logPath));
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** In its own words, where it said any before it ended. */
function whyNot(role: string, said: string, logPath: string): Problem {
  const lines = said.trimEnd().split('\n');
  const saidOf = (mark: string): string | undefined =>
    lines.findLast((line) => line.startsWith(mark))?.slice(mark.length);
  const error = saidOf('error: ');
  if (error === undefined) {
    const last = lines.slice(-2).join('; ');
    return problem('unavailable', `the ${role} does not answer: ${last}`, `look at ${logPath}`);
  }
  const hint = saidOf('hint: ') ?? `look at ${logPath}`;
  return problem('unavailable', `the ${role} does not start: ${error}`, hint);
}
