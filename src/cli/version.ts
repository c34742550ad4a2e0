import { readFileSync } from 'node:fs';

/** From the file VERSION, the one source. It stands two folders above both src/cli and dist/cli. */
export function readVersion(): string {
  return readFileSync(new URL('../../VERSION', import.meta.url), 'utf8').trim();
}
