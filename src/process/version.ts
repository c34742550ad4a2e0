import { readFileSync } from 'node:fs';

/**
 * From the file VERSION, the one source. It stands two folders above src/process, dist/cli and
 * dist/processes alike.
 */
export function readVersion(): string {
  return readFileSync(new URL('../../VERSION', import.meta.url), 'utf8').trim();
}
