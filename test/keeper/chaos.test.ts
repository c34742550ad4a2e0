/**
 * The first promise of the data plane: whatever is ordered, killed or replaced, no request fails
 * that a track did not make fail itself.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { programPath } from '../../src/process/program.ts';
import { KeeperState } from '../../src/protocol/keeper.ts';
import { startLoad } from '../rig/load.ts';
import { closeAllRigs, withServiceRig } from '../rig/service-rig.ts';
import { openStreams } from '../rig/streams.ts';

afterEach(closeAllRigs);

const LOAD = { ratePerSecond: 500, paths: ['/', '/version', '/bytes?n=2000'], connections: 64 };

test(
  '500 requests/s, streams, WebSockets: 200 changes of weight, 20 rollbacks, a drain, the keeper killed, the splitter replaced: none fails',
  () =>
    withServiceRig({}, async (rig) => {
      await rig.startKeeper();
      await rig.startCandidate();
      await rig.order(50);
      const { port } = await rig.splitterState();
      const streams = await openStreams({ port, streams: 10, sockets: 10 });
      const load = startLoad({ port, ...LOAD });
      for (let change = 0; change < 200; change += 1) {
        await rig.order((change * 37) % 101);
        await sleep(10);
      }
      for (let round = 0; round < 20; round += 1) {
        await rig.order(50);
        await sleep(20);
        await rig.order(0);
        await sleep(20);
      }
      await rig.order(50);
      const before = await rig.keeperState();
      process.kill(before.pid, 'SIGKILL');
      await sleep(300);
      await rig.startKeeper();
      for (const program of [null, programPath('splitter')]) {
        await rig.ask('keeper', 'POST', '/replace-splitter', KeeperState, { program });
        await sleep(300);
      }
      const streamed = await streams.stop();
      // The candidate is drained and leaves; the open streams on it were closed above.
      await rig.order(0);
      const stop = { fence: rig.nextFence(), track: 'candidate' };
      await rig.ask('keeper', 'POST', '/stop-track', KeeperState, stop);
      await sleep(300);
      const report = await load.stop();
      expect(report.failed).toEqual([]);
      expect(streamed.broken).toEqual([]);
      expect(report.ok).toBe(report.sent);
      expect(report.sent).toBeGreaterThan(2_000);
      expect(Object.keys(report.byVersion).toSorted()).toEqual(['1.0.0', '2.0.0-rc.1']);
    }),
  60_000,
);

test(
  'a splitter that is killed is back at once; nothing fails before or after',
  () =>
    withServiceRig({}, async (rig) => {
      const { splitter } = await rig.startKeeper();
      const { port } = await rig.splitterState();
      const load = startLoad({ port, ...LOAD, timeoutMs: 5_000 });
      await sleep(1_000);
      expect(load.failedSoFar).toEqual([]);
      process.kill(splitter.pid ?? 0, 'SIGKILL');
      await sleep(5_000);
      const report = await load.stop();
      const times = report.failed.map(({ atMs }) => atMs);
      const outageMs = Math.max(...times) - Math.min(...times);
      process.stderr.write(`outage of the killed splitter: ${Math.round(outageMs)} ms\n`);
      expect(times.length).toBeGreaterThan(0);
      // A second on a machine that has one to give; on a busy one a process starts late.
      expect(outageMs).toBeLessThanOrEqual(4_000);
      expect((await rig.keeperState()).splitter).toMatchObject({ restarts: 1, up: true });
    }),
  30_000,
);

test('a splitter that is killed while no keeper lives is back as soon as there is one', () =>
  withServiceRig({}, async (rig) => {
    const { pid, splitter } = await rig.startKeeper();
    const { port } = await rig.splitterState();
    process.kill(pid, 'SIGKILL');
    process.kill(splitter.pid ?? 0, 'SIGKILL');
    await rig.startKeeper();
    await rig.splitterState();
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
  }));

test(
  'nobody renews any more: the candidate has no share within controllerLossMs and a second',
  () =>
    withServiceRig({}, async (rig) => {
      await rig.startKeeper();
      await rig.startCandidate();
      const { port } = await rig.splitterState();
      await rig.order(50, { controllerLossMs: 2_000 });
      const orderedMs = performance.now();
      const { instances } = await rig.keeperState();
      const candidate = instances.find(({ track }) => track === 'candidate');
      await fetch(`http://127.0.0.1:${candidate?.port}/knobs`, {
        method: 'PUT',
        body: JSON.stringify({ SAMPLE_ERROR_RATE: '1' }),
      });
      const load = startLoad({ port, ...LOAD, paths: ['/'] });
      const startedMs = performance.now() - orderedMs;
      await sleep(6_000);
      const report = await load.stop();
      const last = Math.max(...report.failed.map(({ atMs }) => atMs)) + startedMs;
      expect(report.failed.length).toBeGreaterThan(100);
      // Two seconds and one; the rest is for a busy machine.
      expect(last).toBeLessThan(5_000);
      expect((await rig.splitterState()).fallbackApplied).toBe(true);
    }),
  30_000,
);
