/** Generated load on a real splitter: it measures, and the generator never outlives who wanted it. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Type from 'typebox';
import { afterAll, expect, test } from 'vitest';
import { ProcessLoadGenerator } from '../../src/adapters/load/generator.ts';
import { SplitterInterval } from '../../src/protocol/splitter.ts';
import { loadGeneratorContract } from '../contract/load-generator.ts';
import { nonceEnv, ownProcesses } from '../rig/own-processes.ts';
import { closeAllRigs, ServiceRig } from '../rig/service-rig.ts';

const INTERVAL_MS = 100;
const Rows = Type.Array(SplitterInterval);
const generators: { generator: ProcessLoadGenerator; service: string }[] = [];

afterAll(async () => {
  for (const name of Object.keys(nonceEnv(''))) delete process.env[name];
  await closeAllRigs();
});

async function subject() {
  for (const { generator, service } of generators) await generator.generate(service, null);
  const rig = new ServiceRig({ traffic: { intervalMs: INTERVAL_MS } });
  Object.assign(process.env, nonceEnv(rig.nonce));
  await rig.startPair();
  const generator = new ProcessLoadGenerator(join(rig.state, 'services'));
  const service = rig.definition.name;
  generators.push({ generator, service });
  const reached = async (): Promise<{ stable: number; candidate: number }> => {
    const rows = await rig.ask('splitter', 'GET', '/intervals?after=0&limit=1000', Rows);
    const sum = (track: 'stable' | 'candidate'): number =>
      rows.reduce((total, row) => total + (row[track]?.requests ?? 0), 0);
    return { stable: sum('stable'), candidate: sum('candidate') };
  };
  const pass = (): Promise<void> => sleep(1_500);
  return { rig, generator, service, reached, pass };
}

loadGeneratorContract('one process a service', subject);

test('killed, it is started again by the next round; without its parent it ends', async () => {
  const { rig, generator, service, reached, pass } = await subject();
  const order = { ratePerSecond: 50, path: '/', to: 'door' } as const;
  const running = (): number[] =>
    ownProcesses(rig.nonce)
      .filter(({ command }) => /load(?:\/main\.ts|\.js)/.test(command))
      .map(({ pid }) => pid);
  await generator.generate(service, order);
  const [first] = running();
  process.kill(first ?? Number.NaN, 'SIGKILL');
  while (running().length > 0) await sleep(20);
  // Its exit is told a moment after its end.
  while (running().length === 0) {
    await generator.generate(service, order);
    await sleep(20);
  }
  const before = await reached();
  await pass();
  expect((await reached()).stable).toBeGreaterThan(before.stable);
  // What a parent's end does to the pipe between them.
  await generator.generate(service, null);
  while (running().length > 0) await sleep(20);
});

test('once the candidate has a share, the probe door is closed: the split stays that of the weights', async () => {
  const { rig, generator, service, reached, pass } = await subject();
  await generator.generate(service, { ratePerSecond: 100, path: '/', to: 'candidate' });
  await pass();
  expect((await reached()).candidate).toBeGreaterThan(0);
  // Nobody has told the generator yet.
  await rig.order(50);
  await sleep(4 * INTERVAL_MS);
  const before = await reached();
  await pass();
  expect(await reached()).toEqual(before);
  await generator.generate(service, null);
});
