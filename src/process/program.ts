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

/**
 * V8's own, for a process that stands beside what it releases: its live heap is a few ten MB, and
 * without this V8 lets garbage grow to several times that before it looks. It costs processor time,
 * of which a controller needs next to none (`make bench-engine`).
 */
export const CONTROLLER_FLAGS: readonly string[] = ['--optimize-for-size'];
