import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { ensureKeeper } from '../../src/process/ensure-process.ts';
import { programPath } from '../../src/process/program.ts';
import type { KeeperState } from '../../src/protocol/keeper.ts';
import { nonceEnv, ownProcesses } from '../rig/own-processes.ts';
import { closeAllRigs, type ServiceRig, withServiceRig } from '../rig/service-rig.ts';

afterEach(closeAllRigs);

const of = (state: KeeperState, track: 'stable' | 'candidate') =>
  state.instances.find((one) => one.track === track);
const pidOf = (state: KeeperState, track: 'stable' | 'candidate'): number =>
  of(state, track)?.process.pid ?? 0;
const pidsOf = (rig: ServiceRig): number[] => ownProcesses(rig.nonce).map(({ pid }) => pid);

/** The sample, behind words of the shell. */
function sample(before: string): string {
  const main = join(import.meta.dirname, '../../workloads/sample/main.ts');
  return `${before} '${process.execPath}' '${main}'`;
}

test('the next keeper never says of a track that lives that it is down', () =>
  withServiceRig({ workload: { healthEveryMs: 1_000 } }, async (rig) => {
    const { pid } = await rig.startKeeper();
    const first = (await rig.splitterState()).lastSeq;
    await sleep(1_200);
    for (let round = 0, keeper = pid; round < 3; round += 1) {
      process.kill(keeper, 'SIGKILL');
      keeper = (await rig.startKeeper()).pid;
    }
    await sleep(1_200);
    const read = await rig.call('splitter', 'GET', `/intervals?after=${first + 1}`);
    const rows = read.ok ? (read.value as { stable: { up: boolean } | null }[]) : [];
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.map(({ stable }) => stable?.up)).not.toContain(false);
  }));

test('killed in an adoption: the old stable ends all the same, and weights hold afterwards', () =>
  withServiceRig({}, async (rig) => {
    const before = await rig.startKeeper();
    await rig.startCandidate();
    const adoption = { fence: rig.nextFence(), version: '2.0.0' };
    const asked = rig.call('keeper', 'POST', '/adopt', adoption);
    await expect.poll(async () => (await rig.splitterState()).candidate).toBe(null);
    process.kill(before.pid, 'SIGKILL');
    await asked;
    const after = await rig.startKeeper();
    expect(after.instances.map(({ version }) => version)).toEqual(['2.0.0']);
    await expect.poll(() => pidsOf(rig)).not.toContain(pidOf(before, 'stable'));
    expect((await rig.call('keeper', 'POST', '/adopt', adoption)).ok).toBe(true);
    await rig.startCandidate({ version: '3.0.0-rc.1' });
    await rig.order(10);
    process.kill(pidOf(await rig.keeperState(), 'candidate'), 'SIGKILL');
    await expect
      .poll(async () => of(await rig.keeperState(), 'candidate')?.process.restarts)
      .toBe(1);
    expect((await rig.splitterState()).weights.candidate).toBe(10);
  }));

test('a stop that waits behind a start of a newer fence still stops everything', () =>
  withServiceRig({ workload: { healthDeadlineMs: 1_500 } }, async (rig) => {
    const { pid } = await rig.startKeeper();
    const start = rig.startCandidate({ command: 'sleep 1000' }).catch(() => null);
    const second = rig.startCandidate({ command: 'sleep 1001' }).catch(() => null);
    await sleep(200);
    const stopped = rig.call('keeper', 'POST', '/stop');
    expect((await stopped).ok).toBe(true);
    await Promise.all([start, second]);
    await expect.poll(() => pidsOf(rig)).not.toContain(pid);
    expect(ownProcesses(rig.nonce)).toEqual([]);
  }));

test('a track that is ordered to stop does not wait for its start to fail', () =>
  withServiceRig({ workload: { healthDeadlineMs: 60_000 } }, async (rig) => {
    await rig.startKeeper();
    const start = rig.startCandidate({ command: 'sleep 1000' }).then(
      () => 'started',
      (error: Error) => error.message,
    );
    await sleep(200);
    const order = { fence: rig.nextFence(), track: 'candidate' };
    expect((await rig.call('keeper', 'POST', '/stop-track', order)).ok).toBe(true);
    expect(await start).toMatch(/^unavailable: candidate\/\d+ .* newer order/);
  }));

test.each([
  ['exec before the command', sample('exec')],
  ['more than one command', `cd . && ${sample('')}`],
])('%s: it starts, and ends by itself within its grace', (_, command) =>
  withServiceRig({}, async (rig) => {
    await rig.startKeeper();
    const state = await rig.startCandidate({ command });
    const { port = 0 } = of(state, 'candidate') ?? {};
    await fetch(`http://127.0.0.1:${port}/knobs`, {
      method: 'PUT',
      body: JSON.stringify({ SAMPLE_LATENCY_MS: '600' }),
    });
    const open = fetch(`http://127.0.0.1:${port}/`).then(({ status }) => status);
    await sleep(100);
    const order = { fence: rig.nextFence(), track: 'candidate' };
    expect((await rig.call('keeper', 'POST', '/stop-track', order)).ok).toBe(true);
    expect(await open).toBe(200);
  }),
);

test('a port that another has taken meanwhile: the next start but one takes a new one', () =>
  withServiceRig({}, async (rig) => {
    const before = await rig.startKeeper();
    const port = of(before, 'stable')?.port ?? 0;
    const thief = createServer((_, response) => response.writeHead(500).end());
    process.kill(pidOf(before, 'stable'), 'SIGKILL');
    for (let isTaken = false; !isTaken; ) {
      isTaken = await new Promise((resolve) => {
        thief.removeAllListeners('listening').removeAllListeners('error');
        thief.once('error', () => resolve(false));
        thief.once('listening', () => resolve(true));
        thief.listen(port, '127.0.0.1');
      });
    }
    try {
      // "Up" alone may still be said of the one that was killed a moment ago.
      await expect
        .poll(
          async () => {
            const stable = of(await rig.keeperState(), 'stable');
            return stable?.process.up === true && stable.port !== port;
          },
          { timeout: 15_000 },
        )
        .toBe(true);
    } finally {
      thief.close();
    }
  }));

test('a build that was changed is not started again', () =>
  withServiceRig({}, async (rig) => {
    await rig.startKeeper();
    const file = join(rig.state, 'app.tar');
    writeFileSync(file, 'the release');
    const sha256 = createHash('sha256').update('the release').digest('hex');
    const before = await rig.startCandidate({ artifacts: [{ name: 'app.tar', sha256 }] });
    writeFileSync(file, 'something else');
    process.kill(pidOf(before, 'candidate'), 'SIGKILL');
    const log = join(rig.folder, 'logs', 'candidate.log');
    await expect.poll(() => readFileSync(log, 'utf8')).toMatch(/app.tar is not the file/);
    expect(of(await rig.keeperState(), 'candidate')?.process).toMatchObject({
      pid: null,
      up: false,
    });
    writeFileSync(file, 'the release');
    await expect
      .poll(async () => of(await rig.keeperState(), 'candidate')?.process.up, { timeout: 5_000 })
      .toBe(true);
  }));

test('a splitter that was replaced while no keeper saw it is the splitter', () =>
  withServiceRig({}, async (rig) => {
    const { pid, splitter } = await rig.startKeeper();
    process.kill(pid, 'SIGKILL');
    const replaced = await rig.call('splitter', 'POST', '/replace', { program: null });
    const next = replaced.ok ? (replaced.value as { pid: number }).pid : 0;
    const after = await rig.startKeeper();
    expect(after.splitter).toMatchObject({ pid: next, restarts: 0 });
    await expect.poll(() => pidsOf(rig)).not.toContain(splitter.pid);
    await sleep(300);
    expect((await rig.keeperState()).splitter).toMatchObject({ pid: next, restarts: 0 });
  }));

test('SIGTERM: the keeper goes at once, even in the middle of a start; nothing else does', () =>
  withServiceRig({ workload: { healthDeadlineMs: 20_000 } }, async (rig) => {
    const before = await rig.startKeeper();
    const start = rig.startCandidate({ command: 'sleep 1000' }).catch(() => null);
    await expect.poll(async () => (await rig.keeperState()).instances.length).toBe(2);
    process.kill(before.pid, 'SIGTERM');
    await expect.poll(() => pidsOf(rig), { timeout: 2_000 }).not.toContain(before.pid);
    await start;
    const after = await rig.startKeeper();
    expect(pidOf(after, 'stable')).toBe(pidOf(before, 'stable'));
    expect(pidOf(after, 'candidate')).not.toBe(0);
  }));

test('adopted, what the candidate writes is in the log of stable', () =>
  withServiceRig({}, async (rig) => {
    await rig.startKeeper();
    const command = `echo I am the candidate; ${sample('exec')}`;
    await rig.startCandidate({ command });
    const adoption = { fence: rig.nextFence(), version: '2.0.0' };
    expect((await rig.call('keeper', 'POST', '/adopt', adoption)).ok).toBe(true);
    const logs = join(rig.folder, 'logs');
    expect(readFileSync(join(logs, 'stable.log'), 'utf8')).toMatch(/I am the candidate/);
    expect(existsSync(join(logs, 'candidate.log'))).toBe(false);
  }));

test('a keeper beside another says so and is content; a damaged memory is said', () =>
  withServiceRig({}, async (rig) => {
    const { pid } = await rig.startKeeper();
    expect(await runKeeper(rig)).toMatchObject({
      code: 0,
      said: expect.stringMatching(/another keeper holds/),
    });
    process.kill(pid, 'SIGKILL');
    const path = join(rig.folder, 'keeper.json');
    const good = readFileSync(path, 'utf8');
    for (const bad of ['{', '{"v":1,"instances":[{}]}', good.replace('"pid"', '"pit"')]) {
      writeFileSync(path, bad);
      const { code, said } = await runKeeper(rig);
      expect([code, said]).toEqual([2, expect.stringMatching(/^error: .*keeper\.json/)]);
    }
    writeFileSync(path, good);
    await rig.startKeeper();
  }));

test('there is no keeper of a service that is not there, and no folder either', async () => {
  const state = mkdtempSync(join(tmpdir(), 'aurora-none-'));
  const folder = join(state, 'nobody');
  const ensured = await ensureKeeper(folder);
  expect(ensured.ok ? 'ok' : ensured.problem.code).toBe('not-found');
  expect(existsSync(folder)).toBe(false);
  rmSync(state, { recursive: true });
});

function runKeeper(rig: ServiceRig): Promise<{ code: number; said: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, ...nonceEnv(rig.nonce) };
    execFile(process.execPath, [programPath('keeper'), rig.folder], { env }, (error, _, said) => {
      resolve({ code: error === null ? 0 : Number(error.code), said });
    });
  });
}
