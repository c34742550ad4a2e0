import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sha256 } from '../../base/digest.ts';
import { CommandHooks } from './command.ts';
import type { HookRecord } from './hook-files.ts';

let folder = '';
let hooks: CommandHooks;
const renew = (): CommandHooks =>
  new CommandHooks({ stateFolder: folder, workFolder: folder, graceMs: 200 });
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aurora-hooks-'));
  hooks = renew();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const hook = (run: string, timeoutMs = 5_000) => ({ run, timeoutMs });
const ran = (): number =>
  existsSync(join(folder, 'ran')) ? readFileSync(join(folder, 'ran'), 'utf8').length : 0;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const fileOf = (id: string, ending = 'json'): string =>
  join(folder, 'hooks', `${sha256(id)}.${ending}`);

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 8_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('it never came about');
    await pause(10);
  }
}

async function failure(run: string, timeoutMs?: number): Promise<string> {
  const result = await hooks.run('e', hook(run, timeoutMs));
  return result.ok ? 'ok' : `${result.problem.code}: ${result.problem.message}`;
}

test('0 is ok; it ran once, whoever asks again', async () => {
  const one = hook('printf x >> ran; echo said');
  const results = await Promise.all([hooks.run('a', one), hooks.run('a', one)]);
  results.push(await hooks.run('a', one), await renew().run('a', one));
  expect(results.every(({ ok }) => ok)).toBe(true);
  expect(ran()).toBe(1);
  expect((await hooks.run('b', one)).ok).toBe(true);
  expect(ran()).toBe(2);
  expect(readFileSync(fileOf('a', 'log'), 'utf8')).toBe('said\n');
  expect(statSync(fileOf('a')).mode & 0o777).toBe(0o600);
});

test.each([
  ['echo out; echo first >&2; echo last >&2; echo >&2; exit 3', 'last (it ended with code 3)'],
  ['exit 1', 'the hook failed: it ended with code 1'],
  ['kill -9 $$', expect.stringMatching(/\(?it ended with code 137\)?$/)],
  ['no-such-program', expect.stringMatching(/not found \(it ended with code 127\)$/)],
])('%s is unavailable', async (run, message) => {
  const result = await hooks.run('e', hook(run));
  expect(result).toMatchObject({ ok: false, problem: { code: 'unavailable', message } });
  expect(await renew().run('e', hook('true'))).toEqual(result);
});

test('at its deadline its whole group ends, TERM or no TERM', async () => {
  const startedMs = performance.now();
  const run = `trap '' TERM; (sleep 0.7; printf x >> ran) & sleep 30`;
  expect(await failure(run, 200)).toMatch(/did not end within 200 ms and was stopped$/);
  expect(performance.now() - startedMs).toBeLessThan(2_000);
  await pause(700);
  expect(ran()).toBe(0);
});

test('a folder that takes no file, a record that is not one: nothing runs', async () => {
  await hooks.run('a', hook('printf x >> ran'));
  writeFileSync(fileOf('a'), '{"v":1,');
  const damaged = await hooks.run('a', hook('printf x >> ran'));
  expect(damaged.ok ? '' : damaged.problem.code).toBe('integrity');
  rmSync(join(folder, 'hooks'), { recursive: true });
  writeFileSync(join(folder, 'hooks'), '');
  expect(await failure('printf x >> ran')).toMatch(/^unavailable: /);
  expect(ran()).toBe(1);
});

function elsewhere(run: string): ChildProcess {
  const script = `
    import { CommandHooks } from ${JSON.stringify(join(import.meta.dirname, 'command.ts'))};
    const folder = ${JSON.stringify(folder)};
    const hooks = new CommandHooks({ stateFolder: folder, workFolder: folder });
    await hooks.run('e', { run: ${JSON.stringify(run)}, timeoutMs: 5000 });`;
  return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' });
}

test('its parent is killed: the hook goes on, is waited for, and is not run again', async () => {
  const run = 'printf x >> ran; sleep 0.6; printf y >> ran; echo why >&2; exit 4';
  const parent = elsewhere(run);
  await until(() => ran() === 1);
  parent.kill('SIGKILL');
  expect(await failure(run)).toBe('unavailable: why (it ended with code 4)');
  expect(readFileSync(join(folder, 'ran'), 'utf8')).toBe('xy');
});

test('its parent and then itself are killed: it is run again', async () => {
  const run = 'printf x >> ran; test -e again || { echo first >&2; sleep 30; }; exit 5';
  const parent = elsewhere(run);
  await until(() => ran() === 1);
  parent.kill('SIGKILL');
  const record = JSON.parse(readFileSync(fileOf('e'), 'utf8')) as HookRecord;
  if (record.stage !== 'started') throw new Error(record.stage);
  process.kill(-record.leader.pid, 'SIGKILL');
  writeFileSync(join(folder, 'again'), '');
  // Not the last words of the first one.
  expect(await failure(run)).toBe('unavailable: the hook failed: it ended with code 5');
  expect(ran()).toBe(2);
  expect(readFileSync(fileOf('e', 'err.log'), 'utf8')).toContain('\nfirst\n');
});

test('what one parent left half done is held to its own deadline', async () => {
  const run = 'printf x >> ran; sleep 30';
  const parent = elsewhere(run);
  await until(() => ran() === 1);
  parent.kill('SIGKILL');
  expect(await failure(run, 100)).toMatch(/was stopped$/);
  expect(ran()).toBe(1);
  expect(readdirSync(join(folder, 'hooks')).some((name) => name.includes('.json.'))).toBe(false);
});
