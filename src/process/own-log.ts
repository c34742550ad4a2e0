import { writeSync } from 'node:fs';

const STDERR = 2;

/**
 * A line into the process's own log. A log that takes nothing (its disk is full) is no reason to
 * end: Node's own stream would throw, and with it would go what carries people's requests.
 */
export function logLine(text: string): void {
  try {
    writeSync(STDERR, `${text}\n`);
  } catch {
    // There is nowhere left to say it.
  }
}
