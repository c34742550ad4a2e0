import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

const LINES = 8;
/** More than eight lines of any trace; a log may be as large as it likes. */
const TAIL_BYTES = 8_192;

/** How long a log is now: what is written from here on is what one wants to read later. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/**
 * The newest lines of a log behind its first `from` bytes, oldest first; none where there is no log.
 * Left out: the frames of a trace, and what a process that is started again and again repeats.
 */
export function lastLines(path: string, from: number): string[] {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return [];
  }
  try {
    const { size } = fstatSync(file);
    // Shorter than it was: another log has taken its place, and all of it is new.
    const begin = Math.max(size < from ? 0 : from, size - TAIL_BYTES);
    const bytes = Buffer.alloc(size - begin);
    const read = readSync(file, bytes, 0, bytes.length, begin);
    const lines = bytes.subarray(0, read).toString('utf8').split('\n');
    const telling = lines.filter((line) => line.trim() !== '' && !/^\s+at /.test(line));
    return [...new Set(telling)].slice(-LINES);
  } finally {
    closeSync(file);
  }
}
