import { request } from 'node:http';
import { Agent, fetch } from 'undici';
import { afterEach, expect, test } from 'vitest';
import type { Traffic } from '../../src/protocol/service.ts';
import { SplitterRig } from './splitter-rig.ts';

let rig: SplitterRig | null = null;
afterEach(async () => await rig?.stop());

interface Seen {
  stable: string[];
  candidate: string[];
}

async function start(
  traffic: Partial<Traffic> = {},
): Promise<{ rig: SplitterRig; port: number; seen: Seen }> {
  const made = new SplitterRig(traffic);
  rig = made;
  const { port } = await made.start();
  const seen: Seen = { stable: [], candidate: [] };
  const track = (name: keyof Seen) =>
    made.track(name, (asked, answer) => {
      const parts: Buffer[] = [];
      asked.on('data', (part: Buffer) => parts.push(part));
      asked.on('end', () => {
        seen[name].push(`${asked.method} ${asked.url} ${Buffer.concat(parts).toString()}`);
        answer.end(name);
      });
    });
  await made.tracks(await track('stable'), await track('candidate'));
  return { rig: made, port, seen };
}

/** As fast as it goes over a few kept connections; answers how many the candidate got. */
async function burst(
  port: number,
  count: number,
  headers: Record<string, string> = {},
): Promise<number> {
  const dispatcher = new Agent({ connections: 16 });
  let candidate = 0;
  let left = count;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const answer = await fetch(`http://127.0.0.1:${port}/`, { dispatcher, headers });
      if ((await answer.text()) === 'candidate') candidate += 1;
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  await dispatcher.close();
  return candidate;
}

test('10,000 requests at 1, 5, 10 and 50 %: within one of intended, and measured so', async () => {
  const { rig: made, port } = await start();
  for (const pct of [1, 5, 10, 50]) {
    await made.weights(pct);
    const candidate = await burst(port, 10_000);
    expect(Math.abs(candidate - pct * 100), `${pct} %: ${candidate}`).toBeLessThanOrEqual(1);
  }
  const intervals = await made.intervals();
  const sum = (track: 'stable' | 'candidate'): number =>
    intervals.reduce((all, one) => all + (one[track]?.requests ?? 0), 0);
  expect(sum('stable') + sum('candidate')).toBe(40_000);
  expect(Math.abs(sum('candidate') - 6_600)).toBeLessThanOrEqual(4);
  expect(intervals.some(({ weights }) => weights === null)).toBe(true);
}, 150_000);

test('a cookie keeps a client on its track; a share of 0 takes all of them back', async () => {
  const { rig: made, port } = await start({ sticky: { by: 'cookie', name: 'aurora' } });
  await made.weights(30);
  const cookies: string[] = [];
  for (let i = 0; i < 200; i += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/`);
    cookies.push(`${answer.headers.get('set-cookie')?.split(';')[0]} ${await answer.text()}`);
  }
  expect(cookies.filter((one) => one.endsWith('candidate'))).toHaveLength(60);
  for (const one of cookies.slice(0, 40)) {
    const [cookie = '', track] = one.split(' ');
    const again = await fetch(`http://127.0.0.1:${port}/`, { headers: { cookie } });
    expect(await again.text()).toBe(track);
    expect(again.headers.get('set-cookie')).toBeNull();
  }
  await made.weights(60);
  for (const one of cookies.filter((each) => each.endsWith('candidate')).slice(0, 20)) {
    const [cookie = ''] = one.split(' ');
    const still = await fetch(`http://127.0.0.1:${port}/`, { headers: { cookie } });
    expect(await still.text()).toBe('candidate');
  }
  await made.weights(0);
  expect(await burst(port, 100, { cookie: 'aurora=17' })).toBe(0);
  const intervals = await made.intervals();
  const assigned = intervals.map((one) => one.candidate?.stickyAssigned ?? 0);
  expect(assigned.reduce((all, one) => all + one, 0)).toBe(60);
});

test('the hash of a header keeps a client on its track; the share is about right', async () => {
  const { rig: made, port } = await start({ sticky: { by: 'header', name: 'X-User' } });
  await made.weights(25);
  let candidates = 0;
  for (let user = 0; user < 400; user += 1) {
    const twice = await burst(port, 2, { 'x-user': `user-${user}` });
    expect([0, 2]).toContain(twice);
    candidates += twice / 2;
  }
  expect(candidates).toBeGreaterThan(60);
  expect(candidates).toBeLessThan(140);
}, 60_000);

test('rules name a track, whatever the weights; what they send is counted apart', async () => {
  const rules: Traffic['rules'] = [
    { track: 'candidate', header: { name: 'X-Tester', value: 'yes' } },
    { track: 'candidate', cookie: { name: 'beta', value: '1' } },
    { track: 'candidate', pathPrefix: '/new' },
  ];
  const { rig: made, port, seen } = await start({ rules });
  expect(await burst(port, 10, { 'x-tester': 'yes' })).toBe(10);
  expect(await burst(port, 10, { cookie: 'a=b; beta=1' })).toBe(10);
  for (const path of ['/new', '/new/a', '/newer', '/new?x']) {
    await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  }
  expect(seen.candidate.slice(-3)).toEqual(['GET /new ', 'GET /new/a ', 'GET /new?x ']);
  expect(seen.stable).toEqual(['GET /newer ']);
  const intervals = await made.intervals();
  const total = (key: 'requests' | 'byRule'): number =>
    intervals.reduce((all, one) => all + (one.candidate?.[key] ?? 0), 0);
  expect([total('requests'), total('byRule')]).toEqual([0, 23]);
});

test('a share of stable is mirrored to the candidate; its answers are thrown away and measured', async () => {
  const { rig: made, port, seen } = await start({ mirrorPct: 50 });
  for (let i = 0; i < 20; i += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: `body ${i}` });
    expect(await answer.text()).toBe('stable');
  }
  await expect.poll(() => seen.candidate.length).toBe(10);
  expect(seen.stable).toHaveLength(20);
  for (const one of seen.candidate) expect(seen.stable).toContain(one);
  const intervals = await made.intervals();
  const mirrored = intervals.reduce((all, one) => all + (one.candidate?.mirrored ?? 0), 0);
  expect(mirrored).toBe(10);
});

test("what never reached the candidate is sent once more, to stable, and is the candidate's failure", async () => {
  const { rig: made, port, seen } = await start();
  const state = await made.until(() => true);
  const nowhere = { host: '127.0.0.1', port: 1, instance: 'gone', up: true };
  await made.tracks(state.stable, nowhere);
  await made.weights(50);
  for (let i = 0; i < 20; i += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'once' });
    expect([answer.status, await answer.text()]).toEqual([200, 'stable']);
  }
  expect(seen.stable).toHaveLength(20);
  expect(new Set(seen.stable)).toEqual(new Set(['POST / once']));
  const intervals = await made.intervals();
  const sum = (track: 'stable' | 'candidate', key: 'requests' | 'connectErrors' | 'retried') =>
    intervals.reduce((all, one) => all + (one[track]?.[key] ?? 0), 0);
  expect([sum('candidate', 'requests'), sum('candidate', 'connectErrors')]).toEqual([10, 10]);
  expect([sum('stable', 'requests'), sum('stable', 'retried')]).toEqual([10, 10]);
});

test('what reached the track is never sent again, whatever became of it', async () => {
  const made = new SplitterRig();
  rig = made;
  const { port } = await made.start();
  let asked = 0;
  const breaking = await made.track('candidate', (one) => {
    asked += 1;
    one.socket.destroy();
  });
  const stable = await made.track('stable', (_, answer) => answer.end('stable'));
  await made.tracks(stable, breaking);
  await made.weights(50);
  const statuses: number[] = [];
  for (let i = 0; i < 10; i += 1) {
    const status = await new Promise<number>((resolve, reject) => {
      const one = request({ port, host: '127.0.0.1', agent: false }, (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      });
      one.on('error', reject);
      one.end();
    });
    statuses.push(status);
  }
  expect(statuses.filter((status) => status === 502)).toHaveLength(5);
  expect(asked).toBe(5);
});
