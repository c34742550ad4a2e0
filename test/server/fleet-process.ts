import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, 'fleet-controller.ts');
const READY_MS = 30_000;

export interface FleetProcess {
  /** Its state directory. */
  state: string;
  stop(): Promise<void>;
}

/** A controller with so many active promotions, in a process and a state directory of its own. */
export async function startFleet(active: number): Promise<FleetProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'aurora-fleet-'));
  const state = join(folder, 'state');
  mkdirSync(state);
  const child = spawn(process.execPath, [MAIN, state, String(active)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = async (): Promise<void> => {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await once(child.stdout, 'data', { signal: AbortSignal.timeout(READY_MS) });
  } catch (error) {
    await stop();
    throw error;
  }
  return { state, stop };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
