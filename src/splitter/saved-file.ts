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
import type { Tracks } from '../protocol/splitter.ts';
import type { SavedOrder } from './order-book.ts';

/** `splitter.json`: everything that a splitter must know to go on where another one ended. */
export interface Saved {
  v: 1;
  port: number;
  metricsPort: number;
  order: SavedOrder | null;
  tracks: Tracks;
  /** Set by a deliberate stop, so that a predecessor that still drains ends too. */
  stopped: boolean;
}

export const NOTHING_SAVED: Saved = {
  v: 1,
  port: 0,
  metricsPort: 0,
  order: null,
  tracks: { stable: null, candidate: null, adopt: false },
  stopped: false,
};

/** `integrity` when the file is there and not what a splitter wrote: no guess is made about a fence. */
export function readSaved(path: string): Result<Saved> {
  if (!existsSync(path)) return ok(NOTHING_SAVED);
  try {
    const saved = JSON.parse(readFileSync(path, 'utf8')) as Saved;
    if (saved.v === 1 && Number.isInteger(saved.port) && typeof saved.tracks === 'object') {
      return ok(saved);
    }
  } catch (error) {
    return fail(problem('integrity', `${path}: ${String(error)}`, HINT));
  }
  return fail(problem('integrity', `${path} is not what a splitter wrote`, HINT));
}

const HINT =
  'restore it, or remove it while no promotion is active: all requests then go to stable';

/** Replaces the file in one step; throws when the disk does not take it. */
export function writeSaved(path: string, saved: Saved, durably: boolean): void {
  const temporary = `${path}.${process.pid}`;
  const file = openSync(temporary, 'w', 0o600);
  try {
    writeSync(file, JSON.stringify(saved));
    if (durably) fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  if (!durably) return;
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
