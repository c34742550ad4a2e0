import {
  appendFileSync,
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
  makeRoom(path);
  copyFileSync(path, `${path}.1`);
  truncateSync(path, 0);
}

/** `from` is `to` from now on, for its writer too; what `to` was becomes the newest of its older ones. */
export function takeOverLog(from: string, to: string): void {
  if (!existsSync(from)) return;
  makeRoom(to);
  if (existsSync(to)) renameSync(to, `${to}.1`);
  renameSync(from, to);
}

/** One line of the keeper's own, where whoever asks why nothing runs will look. */
export function appendLog(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  appendFileSync(path, `keeper: ${text}\n`, { mode: 0o600 });
}

function makeRoom(path: string): void {
  rmSync(`${path}.${KEPT}`, { force: true });
  for (let number = KEPT - 1; number >= 1; number -= 1) {
    if (existsSync(`${path}.${number}`)) renameSync(`${path}.${number}`, `${path}.${number + 1}`);
  }
}
