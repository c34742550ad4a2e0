import { closeSync, fsyncSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fail, ok, type Result } from '../../base/result.ts';
import { takeLock } from '../../process/exclusive-lock.ts';
import { fileProblem } from './file-problem.ts';

/** A folder for what is not finished yet; what is finished is moved out of it. */
export interface WorkFolder {
  path: string;
  remove(): void;
}

const PREFIX = '.ledger-work-';

/**
 * A new work folder in `parent`, which is on the same file system by that. What a process left that
 * was killed is removed first: the kernel has freed the lock in it.
 */
export function workFolder(parent: string): Result<WorkFolder> {
  try {
    for (const name of readdirSync(parent)) {
      if (name.startsWith(PREFIX)) removeDead(join(parent, name));
    }
    const path = mkdtempSync(join(parent, PREFIX));
    const lock = takeLock(join(path, 'lock'), 'process');
    if (!lock.ok) return lock;
    const remove = (): void => {
      lock.value.release();
      rmSync(path, { recursive: true, force: true });
    };
    return ok({ path, remove });
  } catch (error) {
    return fail(fileProblem(error, parent));
  }
}

function removeDead(path: string): void {
  const lock = takeLock(join(path, 'lock'), 'process');
  if (!lock.ok) return;
  lock.value.release();
  rmSync(path, { recursive: true, force: true });
}

/** A name is durable only once its folder is. Throws what the file system throws. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
