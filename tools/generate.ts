/**
 * Writes what is generated from the sources and committed: the JSON Schemas that editors complete
 * plans, plan tests and profiles with, and the table of HTTP cases. `--check` writes nothing and exits 1 where a file has drifted.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PLAN_SCHEMA } from '../src/core/plan/schema.ts';
import { PLAN_TEST_SCHEMA } from '../src/core/plan-test/test-schema.ts';
import { PROFILE_SCHEMA } from '../src/core/profile/schema.ts';
import { httpTable } from '../test/splitter/http-table.ts';

const ROOT = join(import.meta.dirname, '..');

/** Every generated file by its path from the root. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const schemas = { plan: PLAN_SCHEMA, 'plan-test': PLAN_TEST_SCHEMA, profile: PROFILE_SCHEMA };
  const files = Object.entries(schemas).map(([name, schema]): [string, string] => [
    `schemas/${name}.schema.json`,
    `${JSON.stringify(schema, null, 2)}\n`,
  ]);
  return new Map([...files, ['docs/formats/http.md', httpTable()]]);
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
