import { readdirSync, readFileSync } from 'node:fs';

/**
 * Which process it is, over restarts of its parent and of the machine: a pid alone is given to
 * another process sooner or later. Linux's /proc, proc(5).
 */
export interface ProcessIdentity {
  bootId: string;
  pid: number;
  /** Clock ticks from boot to its start. */
  startTicks: number;
}

/** null: there is no such process, or it has ended and waits to be reaped. */
export function identityOf(pid: number): ProcessIdentity | null {
  const stat = readStat(pid);
  return stat === null ? null : { bootId: bootId(), pid, startTicks: stat.startTicks };
}

/** Whether the leader of a process group or, where that one has ended, anything of its group lives. */
export function isGroupAlive(leader: ProcessIdentity): boolean {
  if (leader.bootId !== bootId()) return false;
  const stat = readStat(leader.pid);
  // The kernel gives no pid that still names a group: another process there means an empty group.
  if (stat !== null) return stat.startTicks === leader.startTicks;
  // Not by signal 0: it finds the dead too, and in a container nobody may ever reap them.
  return readdirSync('/proc').some((name) => {
    return /^\d+$/.test(name) && readStat(Number(name))?.group === leader.pid;
  });
}

export function signalGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Nothing of it is left.
  }
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

function readStat(pid: number): { group: number; startTicks: number } | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  // The name in parentheses may hold anything, parentheses too: count from the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return null;
  return { group: Number(fields[5 - 3]), startTicks: Number(fields[22 - 3]) };
}
