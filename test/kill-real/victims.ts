import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownProcesses } from '../rig/own-processes.ts';
import type { ServiceRig } from '../rig/service-rig.ts';
import type { Victim } from './kill-plan.ts';

interface SavedKeeper {
  instances: { track: string; version: string; process: { identity: { pid: number } | null } }[];
  leaving: unknown[];
}

const PROGRAMS: Readonly<Record<string, RegExp>> = {
  controller: /src\/server\/main\.ts/,
  keeper: /src\/keeper\/main\.ts/,
  splitter: /src\/splitter\/main\.ts/,
  track: /workloads\/sample\/main\.ts/,
};

/** Pids of the rig's own processes of a role; the tracks are one role here. */
export function pidsOf(rig: ServiceRig, role: keyof typeof PROGRAMS): number[] {
  const program = PROGRAMS[role];
  return ownProcesses(rig.nonce)
    .filter(({ command }) => program?.test(command) === true)
    .map(({ pid }) => pid);
}

/** The pid to be killed; null: it does not run just now. */
export function pidOf(rig: ServiceRig, victim: Victim): number | null {
  if (victim === 'controller' || victim === 'keeper' || victim === 'splitter') {
    return pidsOf(rig, victim)[0] ?? null;
  }
  const saved = savedKeeper(rig);
  const instance = saved?.instances.find(({ track }) => track === victim);
  const pid = instance?.process.identity?.pid ?? null;
  // What the file says may have ended: only what is the rig's own is ever killed.
  return pid !== null && pidsOf(rig, 'track').includes(pid) ? pid : null;
}

/** What the keeper has written down; null: nothing yet. */
export function savedKeeper({ folder }: ServiceRig): SavedKeeper | null {
  const path = join(folder, 'keeper.json');
  if (!existsSync(path)) return null;
  return JSON.parse(readFileSync(path, 'utf8')) as SavedKeeper;
}
