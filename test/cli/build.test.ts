import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './program.ts';

test('the same sources give the same bytes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'aurora-build-'));
  try {
    const built = ['one', 'two'].map((name) => {
      const out = join(folder, name);
      execFileSync(process.execPath, [join(ROOT, 'tools/build.ts'), '--out', out]);
      const files = readdirSync(out, { recursive: true, withFileTypes: true });
      return files
        .filter((entry) => entry.isFile())
        .map(({ name: file, parentPath }) => [file, readFileSync(join(parentPath, file), 'utf8')]);
    });
    expect(built[0]).toEqual(built[1]);
    expect(built[0]?.map(([name]) => name)).toContain('main.cjs');
    expect(JSON.stringify(built)).not.toContain(ROOT);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 120_000);
