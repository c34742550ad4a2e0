import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Exit } from '../protocol/keeper.ts';
import type { Fence } from '../protocol/splitter.ts';
import type { Identity } from './identity.ts';

export interface SavedProcess {
  /** Written before the process is started; `identity` after. Between the two it is found by it. */
  nonce: string;
  identity: Identity | null;
  startedMs: number;
  restarts: number;
  exits: Exit[];
}

export interface SavedInstance {
  track: 'stable' | 'candidate';
  instance: string;
  /** What it is called, and what its command is filled in with: they differ after an adoption. */
  version: string;
  build: string;
  command: string | null;
  port: number;
  process: SavedProcess;
}

/** `keeper.json`: everything that a keeper must know to go on where another one ended. */
export interface SavedKeeper {
  v: 1;
  fence: Fence;
  splitter: SavedProcess;
  instances: SavedInstance[];
  /** An adoption that the splitter has not acknowledged yet. */
  isAdopting: boolean;
}

export const NO_PROCESS: SavedProcess = {
  nonce: '',
  identity: null,
  startedMs: 0,
  restarts: 0,
  exits: [],
};

/** `integrity` when the file is there and not what a keeper wrote; null when there is none. */
export function readKeeperFile(path: string): Result<SavedKeeper | null> {
  if (!existsSync(path)) return ok(null);
  const hint = 'restore it, or stop what runs of the service and remove the file';
  try {
    const saved = JSON.parse(readFileSync(path, 'utf8')) as SavedKeeper;
    if (saved.v === 1 && Array.isArray(saved.instances)) return ok(saved);
  } catch (error) {
    return fail(problem('integrity', `${path}: ${String(error)}`, hint));
  }
  return fail(problem('integrity', `${path} is not what a keeper wrote`, hint));
}

/** On stable storage when it returns; throws when the disk does not take it. */
export function writeKeeperFile(path: string, saved: SavedKeeper): void {
  const file = openSync(`${path}.new`, 'w', 0o600);
  try {
    writeSync(file, `${JSON.stringify(saved, null, 1)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
