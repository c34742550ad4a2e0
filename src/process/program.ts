import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The file that a process of Aurora runs: the source in a checkout, the built one beside the built
 * command line in a release.
 */
export function programPath(name: 'keeper' | 'splitter' | 'server' | 'load'): string {
  const source = join(import.meta.dirname, '..', name, 'main.ts');
  return existsSync(source) ? source : join(import.meta.dirname, '..', 'processes', `${name}.js`);
}
