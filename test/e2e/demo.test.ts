/** The short form of `make demo`: the scenes that take seconds. */
import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const PROGRAM = join(import.meta.dirname, '../../bin/auroractl.js');
const run = promisify(execFile);

async function scene(number: string): Promise<{ text: string; folder: string }> {
  const { stdout } = await run(process.execPath, [PROGRAM, 'demo', '--only', number]);
  const folder = /^Everything lies in (\/.+)$/m.exec(stdout)?.[1];
  if (folder === undefined) throw new Error(stdout);
  return { text: stdout, folder };
}

test('a bad candidate is rolled back by the judge; checklist and ledger say so', async () => {
  const { text, folder } = await scene('2');
  expect(text).toContain('rolled-back: the judge: the candidate is worse than stable');
  expect(text).toContain('intact: every entry hashes to the signed root');
  const report = readFileSync(join(folder, 'reports/checklist-3.0.0-rc.1.md'), 'utf8');
  expect(report).toMatch(/Outcome: rolled-back, .*measured on generated load/);
  rmSync(folder, { recursive: true });
}, 120_000);

test('three weeks are rehearsed in seconds; what would have blocked is said', async () => {
  const { text, folder } = await scene('4');
  expect(text).toContain('rehearsed: the whole road was gone');
  expect(text).toMatch(/would have blocked in soak: \d+ of 100000 requests/);
  const report = readFileSync(join(folder, 'reports/checklist-5.0.0-rc.1.md'), 'utf8');
  expect(report).toContain('**Rehearsal: this never counts as a promotion.**');
  expect(report).toContain('## Left out by the rehearsal');
  rmSync(folder, { recursive: true });
}, 180_000);
