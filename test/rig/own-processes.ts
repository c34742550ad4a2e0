import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const NONCE_NAME = 'AURORA_RIG_NONCE';
const POLL_MS = 20;

/** What is set in the environment of a process so that it, and all it starts, is found again. */
export function nonceEnv(nonce: string): Record<string, string> {
  return { [NONCE_NAME]: nonce };
}

export interface OwnProcess {
  pid: number;
  command: string;
}

/** Those that run now with the nonce in their environment, whoever their parent has become. */
export function ownProcesses(nonce: string): OwnProcess[] {
  const mark = `${NONCE_NAME}=${nonce}\0`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => readProc(name, 'environ').includes(mark))
    .map((name) => {
      const command = readProc(name, 'cmdline').replaceAll('\0', ' ').trim();
      return { pid: Number(name), command };
    });
}

/** Those that are still there after `withinMs`. */
export async function waitForNone(nonce: string, withinMs: number): Promise<OwnProcess[]> {
  const endMs = performance.now() + withinMs;
  for (;;) {
    const left = ownProcesses(nonce);
    if (left.length === 0 || performance.now() >= endMs) return left;
    await sleep(POLL_MS);
  }
}

/** Ends them for good, those too that are started meanwhile. Synchronous: also for an exit hook. */
export function killOwn(nonce: string): void {
  for (let round = 0; round < 10; round += 1) {
    const left = ownProcesses(nonce);
    if (left.length === 0) return;
    for (const { pid } of left) killPid(pid, 'SIGKILL');
  }
}

/** False where it is gone already. */
export function killPid(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Empty for a process that has ended, or that is another user's. */
function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}
