/** Tracks that run already, at an address: watched as any other, never started and never ended. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { ensureKeeper } from '../../src/process/ensure-process.ts';
import type { KeeperState } from '../../src/protocol/keeper.ts';
import { closeAllRigs, type ServiceRig, withServiceRig } from '../rig/service-rig.ts';

interface Outside {
  url: string;
  port: number;
  /** What its /health answers from now on. */
  health: number;
  isListening(): boolean;
}

const IN_TIME = { timeout: 15_000 };
const servers: Server[] = [];
afterEach(async () => {
  await closeAllRigs();
  for (const one of servers.splice(0)) {
    one.close();
    one.closeAllConnections();
  }
});

/** A server of someone else's: it says its name, and how healthy it is told to be. */
function outside(name: string): Promise<Outside> {
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/health' ? made.health : 200;
    response.end(name);
  });
  servers.push(server);
  const made: Outside = { url: '', port: 0, health: 200, isListening: () => server.listening };
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      resolve(Object.assign(made, { url: `http://127.0.0.1:${port}/`, port }));
    });
  });
}

const of = (state: KeeperState, track: 'stable' | 'candidate') =>
  state.instances.find((one) => one.track === track);

async function answerAt(rig: ServiceRig): Promise<string> {
  const { port } = await rig.splitterState();
  return await (await fetch(`http://127.0.0.1:${port}/`)).text();
}

test('an address is stable: used, watched, and left alone when the service stops', async () => {
  const one = await outside('one');
  await withServiceRig({ workload: { command: one.url } }, async (rig) => {
    const state = await rig.startKeeper();
    expect(of(state, 'stable')).toMatchObject({ port: one.port, process: { pid: null, up: true } });
    expect(await answerAt(rig)).toBe('one');
    one.health = 500;
    await expect
      .poll(async () => of(await rig.keeperState(), 'stable')?.process.up, IN_TIME)
      .toBe(false);
    await expect.poll(async () => (await rig.splitterState()).stable?.up, IN_TIME).toBe(false);
    one.health = 200;
    await expect.poll(async () => (await rig.splitterState()).stable?.up, IN_TIME).toBe(true);
    expect((await rig.call('keeper', 'POST', '/stop')).ok).toBe(true);
    expect(one.isListening()).toBe(true);
    await rig.startKeeper();
    expect(await answerAt(rig)).toBe('one');
  });
});

test('an address becomes stable after a process, and a process after an address', async () => {
  const one = await outside('one');
  await withServiceRig({}, async (rig) => {
    const before = await rig.startKeeper();
    const { instances } = await rig.startCandidate({ command: one.url });
    expect(instances.map(({ track }) => track)).toEqual(['stable', 'candidate']);
    const adoption = { fence: rig.nextFence(), version: '2.0.0' };
    expect((await rig.call('keeper', 'POST', '/adopt', adoption)).ok).toBe(true);
    expect(await answerAt(rig)).toBe('one');
    const pid = of(before, 'stable')?.process.pid ?? 0;
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
    await rig.startCandidate({ command: null, version: '3.0.0-rc.1' });
    const next = { fence: rig.nextFence(), version: '3.0.0' };
    expect((await rig.call('keeper', 'POST', '/adopt', next)).ok).toBe(true);
    expect(await answerAt(rig)).not.toBe('one');
    expect(one.isListening()).toBe(true);
  });
});

test('the next keeper finds an adopted address, and never says that it is down', async () => {
  const [one, two] = [await outside('one'), await outside('two')];
  await withServiceRig({ workload: { command: one.url, healthEveryMs: 1_000 } }, async (rig) => {
    const { pid } = await rig.startKeeper();
    await rig.startCandidate({ command: two.url });
    const adoption = { fence: rig.nextFence(), version: '2.0.0' };
    expect((await rig.call('keeper', 'POST', '/adopt', adoption)).ok).toBe(true);
    const from = (await rig.splitterState()).lastSeq;
    for (let round = 0, keeper = pid; round < 2; round += 1) {
      process.kill(keeper, 'SIGKILL');
      keeper = (await rig.startKeeper()).pid;
    }
    expect(await answerAt(rig)).toBe('two');
    expect(one.isListening()).toBe(true);
    await expect
      .poll(async () => (await rig.splitterState()).lastSeq, IN_TIME)
      .toBeGreaterThan(from + 1);
    const read = await rig.call('splitter', 'GET', `/intervals?after=${from}`);
    const rows = read.ok ? (read.value as { stable: { up: boolean } | null }[]) : [];
    expect(rows.map(({ stable }) => stable?.up)).not.toContain(false);
  });
});

test('one that is never healthy is given up in time, and one that leaves is not stopped', async () => {
  const one = await outside('one');
  await withServiceRig({ workload: { healthDeadlineMs: 500 } }, async (rig) => {
    await rig.startKeeper();
    one.health = 503;
    await expect(rig.startCandidate({ command: one.url })).rejects.toThrow(
      /^unavailable: candidate\/\d+ was not healthy within 500 ms$/,
    );
    expect((await rig.keeperState()).instances.map(({ track }) => track)).toEqual(['stable']);
    one.health = 200;
    await rig.startCandidate({ command: one.url });
    const stopped = await rig.call('keeper', 'POST', '/stop-track', {
      fence: rig.nextFence(),
      track: 'candidate',
    });
    expect(stopped.ok).toBe(true);
    expect((await rig.splitterState()).candidate).toBe(null);
    expect(one.isListening()).toBe(true);
  });
});

test('what cannot be an own candidate is refused before anything is touched', async () => {
  const [one, two] = [await outside('one'), await outside('two')];
  const sha256 = '0'.repeat(64);
  await withServiceRig({ workload: { command: one.url } }, async (rig) => {
    await rig.startKeeper();
    await rig.startCandidate({ command: two.url });
    const local = `http://localhost:${one.port}`;
    for (const [order, message] of [
      [{ command: 'https://127.0.0.1:1' }, /^refused: the splitter speaks plain HTTP/],
      [{ command: `${two.url}path` }, /^refused: expected http:\/\/HOST:PORT and nothing more/],
      [{ command: local }, /^refused: .* is where stable is/],
      [{ command: null }, /^refused: .* is where stable is/],
      [
        { command: two.url, artifacts: [{ name: 'app.tar', sha256 }] },
        /^refused: nobody can tell whether .* runs the artifacts/,
      ],
    ] as const) {
      await expect(
        rig.startCandidate({ ...order, artifacts: [...(order.artifacts ?? [])] }),
      ).rejects.toThrow(message);
      expect(of(await rig.keeperState(), 'candidate')?.port).toBe(two.port);
    }
  });
});

test('a service at its own door, or at no address, has no keeper', async () => {
  for (const [command, message] of [
    ['http://localhost:65001', /port 65001 is the door/],
    ['https://localhost:1', /the splitter speaks plain HTTP/],
  ] as const) {
    const traffic = { host: '127.0.0.1', port: 65_001 };
    await withServiceRig({ traffic, workload: { command } }, async (rig) => {
      const started = await ensureKeeper(rig.folder);
      expect(started).toMatchObject({ problem: { message: expect.stringMatching(message) } });
    });
  }
});
