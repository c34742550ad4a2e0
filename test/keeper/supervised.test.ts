import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { problem } from '../../src/base/problem.ts';
import { fail, ok } from '../../src/base/result.ts';
import { NO_PROCESS } from '../../src/keeper/keeper-file.ts';
import { Supervised, type SupervisedOptions } from '../../src/keeper/supervised.ts';

const folder = mkdtempSync(join(tmpdir(), 'aurora-supervised-'));
const running: Supervised[] = [];

afterEach(async () => {
  for (const one of running.splice(0)) await one.stop(0);
  rmSync(folder, { recursive: true, force: true });
});

function sleeper(more: Partial<SupervisedOptions> = {}): Supervised {
  const one = new Supervised({
    saved: { ...NO_PROCESS },
    logPath: () => join(folder, 'x.log'),
    command: async () => ok({ file: '/bin/sleep', args: ['1000'], cwd: folder, env: {} }),
    save: () => {},
    heir: async () => null,
    onStart: () => {},
    onExit: () => {},
    pollMs: 20,
    isFirstRestartImmediate: true,
    ...more,
  });
  running.push(one);
  return one;
}

async function killed(one: Supervised): Promise<number> {
  const before = one.saved.restarts;
  const pid = one.pid;
  const startMs = performance.now();
  process.kill(pid ?? 0, 'SIGKILL');
  await expect
    .poll(() => one.saved.restarts > before && one.pid !== null && one.pid !== pid, { interval: 5 })
    .toBe(true);
  return performance.now() - startMs;
}

test('one that has worked for long enough is back at once, each time', async () => {
  const one = sleeper({ steadyMs: 150 });
  await one.run();
  let tookMs = 0;
  for (let round = 0; round < 4; round += 1) {
    await sleep(200);
    tookMs = await killed(one);
  }
  // Had the pauses grown, the fourth would be 800 ms.
  expect(tookMs).toBeLessThan(700);
});

test('one that ends again and again waits longer each time', async () => {
  const one = sleeper();
  await one.run();
  const waited = [await killed(one), await killed(one), await killed(one)];
  expect(waited[1]).toBeGreaterThan(190);
  expect(waited[2]).toBeGreaterThan(390);
});

test('a disk that is full for a while, or a reason not to start: tried again, nothing dies', async () => {
  let isFull = true;
  let isRefused = true;
  let saves = 0;
  const saved = { ...NO_PROCESS };
  const args = ['1000'];
  const one = sleeper({
    saved,
    save: () => {
      saves += 1;
      if (isFull) throw new Error('ENOSPC');
    },
    command: async () => {
      if (isRefused) return fail(problem('refused', 'not the file of the release'));
      return ok({ file: '/bin/sleep', args, cwd: folder, env: {} });
    },
  });
  await one.run();
  expect(one.pid).toBe(null);
  isRefused = false;
  await sleep(600);
  expect(one.pid).toBe(null);
  expect(saves).toBeLessThan(5);
  isFull = false;
  await expect.poll(() => one.pid, { timeout: 3_000 }).not.toBe(null);
});
