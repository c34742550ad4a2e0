import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { startLoad } from './load.ts';
import { nonceEnv, ownProcesses } from './own-processes.ts';
import { closeAllRigs, ServiceRig, withServiceRig } from './service-rig.ts';
import { openStreams } from './streams.ts';

afterEach(closeAllRigs);

test('load, streams and sockets through a splitter: counted by track, nothing left', async () => {
  let nonce = '';
  let state = '';
  await withServiceRig({}, async (rig) => {
    ({ nonce, state } = rig);
    const { port } = await rig.startPair();
    await rig.order(10);
    const streams = await openStreams({ port, streams: 3, sockets: 3 });
    const load = startLoad({
      port,
      ratePerSecond: 200,
      paths: ['/', '/bytes?n=9'],
      connections: 8,
    });
    await sleep(1_000);
    const report = await load.stop();
    expect(report.failed).toEqual([]);
    expect(report.ok).toBe(report.sent);
    expect(report.sent).toBeGreaterThan(150);
    expect((report.byVersion['2.0.0-rc.1'] ?? 0) / report.sent).toBeCloseTo(0.1, 1);
    const seen = await streams.stop();
    expect(seen).toMatchObject({ streams: 3, sockets: 3, broken: [] });
    expect(seen.chunks).toBeGreaterThan(20);
    expect(seen.echoes).toBeGreaterThan(20);
    expect(ownProcesses(nonce).length).toBe(3);
  });
  expect(ownProcesses(nonce)).toEqual([]);
  expect(existsSync(state)).toBe(false);
});

test('a track that turns bad and dies is seen: failures with status and track, broken lines', async () => {
  await withServiceRig({}, async (rig) => {
    const sample = await rig.startSample({ SAMPLE_VERSION: '3', SAMPLE_INSTANCE: 's' });
    const { port } = sample;
    const streams = await openStreams({ port, streams: 2, sockets: 2 });
    const load = startLoad({ port, ratePerSecond: 100, paths: ['/'], connections: 4 });
    await sleep(200);
    await sample.turn({ SAMPLE_ERROR_RATE: 1 });
    await sleep(300);
    sample.kill('SIGKILL');
    await sleep(200);
    const { failed, ok } = await load.stop();
    expect(ok).toBeGreaterThan(5);
    expect(failed.some(({ status, instance }) => status === 500 && instance === 's')).toBe(true);
    expect(failed.some(({ status, error }) => status === null && error !== '')).toBe(true);
    const { broken } = await streams.stop();
    expect(broken.map(({ kind }) => kind).sort()).toEqual(['socket', 'socket', 'stream', 'stream']);
  });
});

test('a slow answer counts from when it was due', async () => {
  await withServiceRig({}, async (rig) => {
    const { port } = await rig.startSample();
    const load = startLoad({ port, ratePerSecond: 50, paths: ['/slow?ms=100'], connections: 1 });
    await sleep(500);
    const { latencyMs } = await load.stop();
    expect(latencyMs.max).toBeGreaterThan(1_000);
  });
});

test('a process that outlives its splitter is ended and told of', async () => {
  const rig = new ServiceRig();
  await rig.startSplitter();
  const orphan = spawn('sleep', ['60'], { env: { ...process.env, ...nonceEnv(rig.nonce) } });
  await expect(rig.close()).rejects.toThrow(`process ${orphan.pid}: sleep 60`);
  expect(ownProcesses(rig.nonce)).toEqual([]);
});

test('when the story fails its error is told, and nothing is left', async () => {
  let nonce = '';
  const story = withServiceRig({}, async (rig) => {
    ({ nonce } = rig);
    await rig.startPair();
    throw new Error('the story');
  });
  await expect(story).rejects.toThrow('the story');
  expect(ownProcesses(nonce)).toEqual([]);
});
