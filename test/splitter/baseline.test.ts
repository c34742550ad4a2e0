/** A fresh baseline: a third track that takes its requests out of stable's share, and no others. */
import { Agent, fetch } from 'undici';
import { afterEach, expect, test } from 'vitest';
import type { Traffic } from '../../src/protocol/service.ts';
import type { SplitterInterval, TrackPlace } from '../../src/protocol/splitter.ts';
import { SplitterRig } from './splitter-rig.ts';

let rig: SplitterRig | null = null;
afterEach(async () => await rig?.stop());

interface Stage {
  made: SplitterRig;
  port: number;
  places: Record<'stable' | 'candidate' | 'baseline', TrackPlace>;
}

async function start(traffic: Partial<Traffic> = {}): Promise<Stage> {
  const made = new SplitterRig(traffic);
  rig = made;
  const { port } = await made.start();
  const place = (name: string): Promise<TrackPlace> =>
    made.track(name, (_, answer) => void answer.end(name));
  const places = {
    stable: await place('stable'),
    candidate: await place('candidate'),
    baseline: await place('baseline'),
  };
  await made.tracks(places.stable, places.candidate, places.baseline);
  return { made, port, places };
}

async function burst(port: number, count: number): Promise<Record<string, number>> {
  const dispatcher = new Agent({ connections: 8 });
  const got: Record<string, number> = {};
  let left = count;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const answer = await (await fetch(`http://127.0.0.1:${port}/`, { dispatcher })).text();
      got[answer] = (got[answer] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  await dispatcher.close();
  return got;
}

function sum(
  rows: readonly SplitterInterval[],
  track: 'stable' | 'candidate' | 'baseline',
): number {
  return rows.reduce((all, row) => all + (row[track]?.requests ?? 0), 0);
}

test('as many requests as the candidate, exactly, and measured so; none without an order', async () => {
  const { made, port } = await start();
  expect(await burst(port, 200)).toEqual({ stable: 200 });
  // An interval of its own.
  await made.intervals();
  await made.weights(5, { baselinePct: 5 });
  const got = await burst(port, 4_000);
  expect(Math.abs((got.candidate ?? 0) - 200)).toBeLessThanOrEqual(1);
  expect(Math.abs((got.baseline ?? 0) - 200)).toBeLessThanOrEqual(1);
  const rows = await made.intervals();
  for (const track of ['candidate', 'baseline'] as const) {
    expect(sum(rows, track)).toBe(got[track]);
  }
  expect(sum(rows, 'stable')).toBe(200 + (got.stable ?? 0));
  const first = rows.find(({ weights }) => weights?.candidate === 0);
  expect(first).not.toHaveProperty('baseline');
  // A step without it takes it back in one order.
  await made.weights(50);
  expect(await burst(port, 400)).toEqual({ stable: 200, candidate: 200 });
}, 30_000);

test('not there, or down: its requests stay with stable, and the row says that it was not there', async () => {
  const { made, port, places } = await start();
  await made.weights(5, { baselinePct: 5 });
  await made.tracks(places.stable, places.candidate, null);
  // The one in which the weight was changed, and a whole one after it.
  await made.intervals();
  await made.intervals();
  expect(await burst(port, 400)).toEqual({ stable: 380, candidate: 20 });
  await made.tracks(places.stable, places.candidate, { ...places.baseline, up: false });
  expect((await burst(port, 400)).baseline).toBeUndefined();
  const rows = await made.intervals();
  const ordered = rows.filter(({ weights }) => weights?.candidate === 5);
  expect(ordered.some(({ baseline }) => baseline === null)).toBe(true);
  expect(ordered.some(({ baseline }) => baseline?.up === false)).toBe(true);
  expect(ordered.every((row) => row.baseline === null || row.baseline?.up === false)).toBe(true);
}, 30_000);

test('nobody renews: the fallback knows no baseline', async () => {
  const { made, port } = await start();
  await made.weights(5, { baselinePct: 5, controllerLossMs: 300 });
  await made.until(({ fallbackApplied }) => fallbackApplied);
  expect(await burst(port, 200)).toEqual({ stable: 200 });
});

test('more than stable has is refused', async () => {
  const { made } = await start();
  await expect(made.weights(60, { baselinePct: 60 })).rejects.toThrow('more than stable has');
});

test('a cookie keeps a client on it, and a candidate that rises comes to its clients last', async () => {
  const { made, port } = await start({ sticky: { by: 'cookie', name: 'aurora' } });
  await made.weights(5, { baselinePct: 5 });
  const clients: { cookie: string; track: string }[] = [];
  for (let i = 0; i < 200; i += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/`);
    const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
    clients.push({ cookie, track: await answer.text() });
  }
  const again = async (cookie: string): Promise<string> =>
    await (await fetch(`http://127.0.0.1:${port}/`, { headers: { cookie } })).text();
  const baseline = clients.filter(({ track }) => track === 'baseline');
  expect(baseline).toHaveLength(10);
  for (const { cookie, track } of [...baseline, ...clients.slice(0, 20)]) {
    expect(await again(cookie)).toBe(track);
  }
  await made.weights(50);
  for (const { cookie } of baseline) expect(await again(cookie)).toBe('stable');
});
