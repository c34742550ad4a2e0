import { join } from 'node:path';

/**
 * A file of the package itself, by its path from the top. The top is two folders above src/process,
 * dist/cli and dist/processes alike.
 */
export function packageFile(path: string): string {
  return join(import.meta.dirname, '../..', path);
}
