/** The short form of `make bench-ledger`: what it measures is there; a busy machine may miss a bar. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const BENCH = join(import.meta.dirname, '../../bench/ledger.ts');

test('every figure with its bar, beside raw SQLite in the same run', { timeout: 120_000 }, () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BENCH, '--short'], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  const figures = [
    'single append p50, times raw: \\d+\\.\\d\\d \\(<= 1.7\\)',
    'batches, share of raw: \\d+\\.\\d\\d \\(>= 0.4\\)',
    'verify 1,000,000 entries \\(scaled\\), ms: \\d+ \\(<= 10000\\)',
    'inclusion proof at 10240, ms: \\d+\\.\\d{3} \\(<= 1\\)',
  ];
  for (const figure of figures)
    expect(stdout).toMatch(new RegExp(`^(?:met   |MISSED) ${figure}$`, 'm'));
  expect(stdout).toContain('met    inclusion proof at 10240, bytes: 448 (<= 640)');
  expect(status).toBe(stdout.includes('MISSED') ? 1 : 0);
});
