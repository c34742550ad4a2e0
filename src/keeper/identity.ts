import { readdirSync, readFileSync } from 'node:fs';

/**
 * Which process it is: a pid alone is given to another process sooner or later, and after a reboot
 * at once. Linux's /proc, proc(5).
 */
export interface Identity {
  bootId: string;
  pid: number;
  /** Clock ticks from boot to its start: field 22 of /proc/PID/stat. */
  startTicks: number;
}

/** In the environment of each process that a keeper starts, and of what that one starts. */
export const NONCE_VARIABLE = 'AURORA_INSTANCE';

const TICK_MS = 10;
const PAGE_BYTES = 4_096;

export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** null: there is no such process, or it has ended and waits to be reaped. */
export function identityOf(pid: number): Identity | null {
  const stat = readStat(pid);
  return stat === null ? null : { bootId: bootId(), pid, startTicks: stat.startTicks };
}

export function isAlive(identity: Identity): boolean {
  const now = identityOf(identity.pid);
  return now?.startTicks === identity.startTicks && now.bootId === identity.bootId;
}

/** The leader of the process group that carries this nonce; null: there is none. */
export function findByNonce(nonce: string): number | null {
  for (const pid of allPids()) {
    if (hasNonce(pid, nonce) && readStat(pid)?.group === pid) return pid;
  }
  return null;
}

/** Whether anything of the group is left that was started under the nonce. */
export function isGroupLeft(group: number, nonce: string): boolean {
  return allPids().some((pid) => readStat(pid)?.group === group && hasNonce(pid, nonce));
}

/** Memory and processor time of a whole process group. */
export function groupUse(group: number): { rssBytes: number; cpuMs: number } {
  let rssBytes = 0;
  let cpuMs = 0;
  for (const pid of allPids()) {
    const stat = readStat(pid);
    if (stat?.group !== group) continue;
    rssBytes += stat.rssPages * PAGE_BYTES;
    cpuMs += stat.cpuTicks * TICK_MS;
  }
  return { rssBytes, cpuMs };
}

function allPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Whether it, or what started it, was started under the nonce. */
export function hasNonce(pid: number, nonce: string): boolean {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return environment.includes(`${NONCE_VARIABLE}=${nonce}`);
  } catch {
    // It has ended meanwhile, or belongs to someone else: not ours in either case.
    return false;
  }
}

interface Stat {
  group: number;
  startTicks: number;
  cpuTicks: number;
  rssPages: number;
}

function readStat(pid: number): Stat | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  // The name in parentheses may hold anything, parentheses and spaces too: count from the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const at = (number: number): number => Number(fields[number - 3]);
  if (fields[0] === 'Z' || fields[0] === 'X') return null;
  return { group: at(5), startTicks: at(22), cpuTicks: at(14) + at(15), rssPages: at(24) };
}
