import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const LOCK = join(import.meta.dirname, '../../src/process/exclusive-lock.ts');

test('a lock is held as long as its process lives, whoever remembers it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'aurora-lock-'));
  const path = JSON.stringify(join(folder, 'x.lock'));
  const program = `
    import { takeLock } from ${JSON.stringify(LOCK)};
    const take = (path) => takeLock(path, 'keeper').ok;
    const first = take(${path});
    await new Promise((resolve) => setTimeout(resolve, 10));
    gc();
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.stdout.write([first, take(${path})].join());
  `;
  try {
    const flags = ['--expose-gc', '--input-type=module', '-e', program];
    expect(execFileSync(process.execPath, flags, { encoding: 'utf8' })).toBe('true,false');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
