import { readFileSync } from 'node:fs';
import { packageFile } from './package-file.ts';

/** From the file VERSION, the one source. */
export function readVersion(): string {
  return readFileSync(packageFile('VERSION'), 'utf8').trim();
}
