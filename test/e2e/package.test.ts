/** What `npm pack` makes is whole: unpacked elsewhere, with its dependencies beside it, it works. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'aurora-package-'));
const program = join(folder, 'package/bin/auroractl.js');

beforeAll(() => {
  const words = ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder];
  execFileSync('npm', words, { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] });
  const [tarball = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  execFileSync('tar', ['-xzf', tarball], { cwd: folder });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('it says its version, and writes a first plan that is sound', async () => {
  const { stdout } = await run(process.execPath, [program, 'version'], { cwd: folder });
  expect(stdout.trim()).toMatch(/^auroractl \d+\.\d+\.\d+/);
  const pair = [
    '--stable',
    'http://127.0.0.1:9001',
    '--candidate',
    "node 'package/bin/auroractl.js'",
  ];
  await run(process.execPath, [program, 'init', ...pair], { cwd: folder });
  await run(process.execPath, [program, 'plan', 'check', 'plan.yaml'], { cwd: folder });
});

test('it promotes real processes: a scene of the demonstration', async () => {
  const { stdout } = await run(process.execPath, [program, 'demo', '--only', '2'], { cwd: folder });
  const lies = /^Everything lies in (\/.+)$/m.exec(stdout)?.[1];
  expect(stdout).toContain('rolled-back: the judge: the candidate is worse than stable');
  rmSync(lies ?? join(folder, 'none'), { recursive: true, force: true });
}, 120_000);
