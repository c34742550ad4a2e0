import {
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { dirname } from 'node:path';

const LOG_BYTES_MAX = 10 * 1_048_576;
const KEPT = 5;

/** A descriptor that appends: given to a child, which goes on writing whatever becomes of its keeper. */
export function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  return openSync(path, 'a', 0o600);
}

/**
 * `x.log` becomes `x.log.1`, up to `.5`, once it is large. The writer keeps its file, so it is copied
 * and cut; a line that is written in between is lost.
 */
export function rotateLog(path: string, bytesMax = LOG_BYTES_MAX): void {
  if (!existsSync(path) || statSync(path).size <= bytesMax) return;
  rmSync(`${path}.${KEPT}`, { force: true });
  for (let number = KEPT - 1; number >= 1; number -= 1) {
    if (existsSync(`${path}.${number}`)) renameSync(`${path}.${number}`, `${path}.${number + 1}`);
  }
  copyFileSync(path, `${path}.1`);
  truncateSync(path, 0);
}
