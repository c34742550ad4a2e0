import { writeSync } from 'node:fs';
import { EXIT } from './exit-codes.ts';

/**
 * Synchronous on the descriptors: Node's stream objects cost a tenth of a start-up each, and what
 * was printed before an exit is never lost.
 */
const STDOUT = 1;
const STDERR = 2;
const RETRY_MS = 1;

export function writeOut(text: string): void {
  write(STDOUT, text);
}

export function writeError(text: string): void {
  write(STDERR, text);
}

function write(descriptor: number, text: string): void {
  let rest: Uint8Array = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : null;
      // A reader that has seen enough (`| head`) is no failure of ours.
      if (code === 'EPIPE') process.exit(EXIT.yes);
      if (code !== 'EAGAIN') throw error;
      // Someone else made the pipe non-blocking, and its reader is slow.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}
