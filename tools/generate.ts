/**
 * Writes what is generated from the sources and committed: the JSON Schema that editors complete
 * plans with. `--check` writes nothing and exits 1 where a file has drifted.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PLAN_SCHEMA } from '../src/core/plan/schema.ts';

const ROOT = join(import.meta.dirname, '..');

/** Every generated file by its path from the root. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([['schemas/plan.schema.json', `${JSON.stringify(PLAN_SCHEMA, null, 2)}\n`]]);
}

function committed(path: string): string | null {
  try {
    return readFileSync(join(ROOT, path), 'utf8');
  } catch {
    // Not there yet: it differs from what it should be.
    return null;
  }
}

if (import.meta.main) {
  const drifted = [...generatedFiles()].filter(([path, text]) => committed(path) !== text);
  for (const [path, text] of drifted) {
    if (process.argv.includes('--check')) {
      console.error(`error: ${path} differs from its source\nhint: make generate`);
      process.exitCode = 1;
    } else {
      mkdirSync(dirname(join(ROOT, path)), { recursive: true });
      writeFileSync(join(ROOT, path), text);
      console.log(`wrote ${path}`);
    }
  }
}
