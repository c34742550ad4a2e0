import { createHash } from 'node:crypto';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { KeeperWorkload } from '../../src/adapters/workload/keeper.ts';
import { rotateLog } from '../../src/keeper/log-file.ts';
import type { KeeperState } from '../../src/protocol/keeper.ts';
import { workloadDriverContract } from '../contract/workload-driver.ts';
import { ownProcesses } from '../rig/own-processes.ts';
import { closeAllRigs, ServiceRig, withServiceRig } from '../rig/service-rig.ts';

afterEach(closeAllRigs);

const of = (state: KeeperState, track: 'stable' | 'candidate') =>
  state.instances.find((one) => one.track === track);
const pidOf = (state: KeeperState, track: 'stable' | 'candidate'): number =>
  of(state, track)?.process.pid ?? 0;

workloadDriverContract('keeper', async () => {
  const rig = new ServiceRig();
  await rig.startKeeper();
  return { driver: new KeeperWorkload(join(rig.state, 'services')), service: rig.definition.name };
});

test('a track that ends is started again, counted, and its exit is known', () =>
  withServiceRig({}, async (rig) => {
    const before = await rig.startKeeper();
    process.kill(pidOf(before, 'stable'), 'SIGKILL');
    await expect
      .poll(async () => of(await rig.keeperState(), 'stable')?.process, { timeout: 10_000 })
      .toMatchObject({ restarts: 1, up: true, exits: [{ code: null, signal: 'SIGKILL' }] });
    const after = await rig.keeperState();
    expect(pidOf(after, 'stable')).not.toBe(pidOf(before, 'stable'));
    expect(of(after, 'stable')?.port).toBe(of(before, 'stable')?.port);
    await expect.poll(async () => (await rig.splitterState()).stable?.up).toBe(true);
  }));

test('a keeper that is killed leaves all at work; the next one finds them', () =>
  withServiceRig({}, async (rig) => {
    await rig.startKeeper();
    const before = await rig.startCandidate();
    process.kill(before.pid, 'SIGKILL');
    const { port } = await rig.splitterState();
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
    const after = await rig.startKeeper();
    expect(after.pid).not.toBe(before.pid);
    expect(after.splitter.pid).toBe(before.splitter.pid);
    expect(pidOf(after, 'stable')).toBe(pidOf(before, 'stable'));
    expect(pidOf(after, 'candidate')).toBe(pidOf(before, 'candidate'));
    process.kill(pidOf(after, 'candidate'), 'SIGKILL');
    await expect
      .poll(async () => of(await rig.keeperState(), 'candidate')?.process, { timeout: 10_000 })
      .toMatchObject({ restarts: 1, up: true, exits: [{ code: null, signal: null }] });
  }));

test('killed between its intent and the pid, it finds the process by the nonce', () =>
  withServiceRig({}, async (rig) => {
    const before = await rig.startKeeper();
    process.kill(before.pid, 'SIGKILL');
    const path = join(rig.folder, 'keeper.json');
    const saved = JSON.parse(readFileSync(path, 'utf8'));
    saved.instances[0].process.identity = null;
    saved.splitter.identity = null;
    writeFileSync(path, JSON.stringify(saved));
    const after = await rig.startKeeper();
    expect(pidOf(after, 'stable')).toBe(pidOf(before, 'stable'));
    expect(after.splitter.pid).toBe(before.splitter.pid);
    expect(of(after, 'stable')?.process.restarts).toBe(0);
  }));

test('a second keeper of the service ends at once', () =>
  withServiceRig({}, async (rig) => {
    const first = await rig.startKeeper();
    const second = await rig.startKeeper();
    expect(second.pid).toBe(first.pid);
    await expect.poll(() => rig.log('keeper')).toMatch(/another keeper holds/);
  }));

test('a process that ignores SIGTERM is killed after the grace, with what it started', () =>
  withServiceRig({ workload: { healthDeadlineMs: 2_000, stopGraceMs: 300 } }, async (rig) => {
    await rig.startKeeper();
    const stubborn = `sh -c 'trap "" TERM; sleep 1000 & while :; do sleep 1; done'`;
    await expect(rig.startCandidate({ command: stubborn })).rejects.toThrow(
      /^unavailable: candidate\/\d+ was not healthy within 2000 ms/,
    );
    expect((await rig.keeperState()).instances.map(({ track }) => track)).toEqual(['stable']);
    expect(ownProcesses(rig.nonce).filter(({ command }) => /sleep 1000/.test(command))).toEqual([]);
  }));

test('files that are not the release are refused, naming file and digests', () =>
  withServiceRig({}, async (rig) => {
    await rig.startKeeper();
    writeFileSync(join(rig.state, 'app.tar'), 'the release');
    symlinkSync('/etc/hostname', join(rig.state, 'link'));
    const sha256 = createHash('sha256').update('the release').digest('hex');
    const good = await rig.startCandidate({ artifacts: [{ name: 'app.tar', sha256 }] });
    expect(of(good, 'candidate')?.process.up).toBe(true);
    const wrong = { name: 'app.tar', sha256: '0'.repeat(64) };
    await expect(rig.startCandidate({ artifacts: [wrong] })).rejects.toThrow(
      `refused: app.tar is not the file of the release: expected ${wrong.sha256}, found ${sha256}`,
    );
    for (const name of ['../x', '/etc/hostname', 'link', 'missing']) {
      await expect(rig.startCandidate({ artifacts: [{ name, sha256 }] })).rejects.toThrow(
        /^refused: the artifact/,
      );
    }
  }));

test('adopted: the build goes on under its new name, and a restart starts the same one', () =>
  withServiceRig({}, async (rig) => {
    await rig.startKeeper();
    const before = await rig.startCandidate({ version: '2.0.0-rc.1' });
    await rig.order(100);
    const adoption = { fence: rig.nextFence(), version: '2.0.0' };
    expect((await rig.call('keeper', 'POST', '/adopt', adoption)).ok).toBe(true);
    const { weights, candidate, port } = await rig.splitterState();
    expect([weights.candidate, candidate]).toEqual([0, null]);
    const answer = await fetch(`http://127.0.0.1:${port}/version`);
    expect(await answer.json()).toMatchObject({ version: '2.0.0-rc.1' });
    const state = await rig.keeperState();
    expect(of(state, 'stable')).toMatchObject({ version: '2.0.0' });
    expect(pidOf(state, 'stable')).toBe(pidOf(before, 'candidate'));
    expect((await rig.call('keeper', 'POST', '/stop')).ok).toBe(true);
    const again = await rig.startKeeper();
    expect(again.instances.map(({ track, version }) => [track, version])).toEqual([
      ['stable', '2.0.0'],
    ]);
    const { port: same } = await rig.splitterState();
    expect(same).toBe(port);
    const later = await fetch(`http://127.0.0.1:${port}/version`);
    expect(await later.json()).toMatchObject({ version: '2.0.0-rc.1' });
  }));

test('what runs is measured: memory and processor time of the whole group', () =>
  withServiceRig({}, async (rig) => {
    await rig.startKeeper();
    await expect
      .poll(async () => of(await rig.keeperState(), 'stable')?.process.rssBytes, { timeout: 8_000 })
      .toBeGreaterThan(10_000_000);
  }));

test('a log that has grown becomes the older one, and five of them are kept', () =>
  withServiceRig({}, async (rig) => {
    const path = join(rig.state, 'x.log');
    for (let round = 1; round <= 7; round += 1) {
      writeFileSync(path, `round ${round}\n`, { flag: 'a' });
      rotateLog(path, 4);
    }
    const kept = [1, 2, 3, 4, 5].map((n) => readFileSync(`${path}.${n}`, 'utf8').trim());
    expect(kept).toEqual(['round 7', 'round 6', 'round 5', 'round 4', 'round 3']);
    expect(readFileSync(path, 'utf8')).toBe('');
  }));
