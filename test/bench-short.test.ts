/** The benches' short forms: they run, and what does not depend on the machine holds. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const BENCH = join(import.meta.dirname, '..', 'bench');

test('many promotions at once: each judges every interval', { timeout: 60_000 }, () => {
  const args = [join(BENCH, 'engine.ts'), '--promotions', '100', '--minutes', '3'];
  const output = execFileSync(process.execPath, args, { encoding: 'utf8' });
  expect(output).toContain('100 of 100 promotions judged every one of 3 intervals');
  expect(output).toContain('bars held');
});
