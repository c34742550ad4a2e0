/** What goes on while orders, processes and builds change. */
import { request } from 'node:http';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { Agent, fetch } from 'undici';
import { afterEach, expect, test } from 'vitest';
import { programPath } from '../../src/process/program.ts';
import type { SplitterState } from '../../src/protocol/splitter.ts';
import { pause } from './raw-http.ts';
import { portOf, SplitterRig } from './splitter-rig.ts';

let rig: SplitterRig | null = null;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await rig?.stop();
});

async function start(): Promise<{ made: SplitterRig; port: number }> {
  const made = new SplitterRig();
  rig = made;
  const { port } = await made.start();
  const track = (name: string) =>
    made.track(name, (asked, answer) => {
      if (asked.url !== '/stream') return void answer.end(name);
      const timer = setInterval(() => answer.write(`${name} `), 100);
      answer.on('close', () => clearInterval(timer));
    });
  await made.tracks(await track('stable'), await track('candidate'));
  return { made, port };
}

/** Keeps asking on kept connections; answers what was answered when told to stop. */
function load(port: number): { stop(): Promise<{ ok: number; failures: string[] }> } {
  const dispatcher = new Agent({ connections: 8 });
  let isOn = true;
  let ok = 0;
  const failures: string[] = [];
  const worker = async (): Promise<void> => {
    while (isOn) {
      try {
        const answer = await fetch(`http://127.0.0.1:${port}/`, { dispatcher });
        await answer.text();
        if (answer.status === 200) ok += 1;
        else failures.push(String(answer.status));
      } catch (error) {
        failures.push(String((error as Error).cause ?? error));
      }
      await pause(2);
    }
  };
  const workers = Array.from({ length: 8 }, worker);
  const stop = async (): Promise<{ ok: number; failures: string[] }> => {
    isOn = false;
    await Promise.all(workers);
    await dispatcher.destroy();
    return { ok, failures };
  };
  return { stop };
}

test('200 changes of weight under load: not one request fails', async () => {
  const { made, port } = await start();
  const traffic = load(port);
  for (let change = 0; change < 200; change += 1) await made.weights((change * 37) % 101);
  const { ok, failures } = await traffic.stop();
  expect(failures).toEqual([]);
  expect(ok).toBeGreaterThan(100);
});

test('replaced five times under load and with a stream open: not one request fails', async () => {
  const { made, port } = await start();
  await made.weights(50);
  let streamed = '';
  let isCut = false;
  const stream = request({ host: '127.0.0.1', port, path: '/stream', agent: false }, (answer) => {
    answer.on('data', (part: Buffer) => {
      streamed += part.toString();
    });
    answer.on('close', () => {
      isCut = true;
    });
  });
  stream.on('error', () => {});
  stream.end();
  const traffic = load(port);
  const pids = new Set<number>();
  for (let round = 0; round < 5; round += 1) {
    await pause(150);
    const program = round % 2 === 0 ? null : programPath('splitter');
    const { pid } = (await made.tell('POST', '/replace', { program })) as { pid: number };
    made.owns(pid);
    pids.add(pid);
  }
  await pause(150);
  const { ok, failures } = await traffic.stop();
  expect(failures).toEqual([]);
  expect(ok).toBeGreaterThan(200);
  expect(pids.size).toBe(5);
  const before = streamed.length;
  await pause(400);
  expect(isCut).toBe(false);
  expect(streamed.length).toBeGreaterThan(before);
  stream.destroy();
  const intervals = await made.intervals();
  const measured = intervals.reduce(
    (all, one) => all + (one.stable?.requests ?? 0) + (one.candidate?.requests ?? 0),
    0,
  );
  expect(Math.abs(measured - ok)).toBeLessThanOrEqual(1);
  expect((await made.until(() => true)).weights.candidate).toBe(50);
}, 60_000);

test('an order given after a replacement reaches the connections that the old one still holds', async () => {
  const { made, port } = await start();
  await made.weights(100);
  const agent = new Agent({ connections: 1 });
  const ask = async (): Promise<string> =>
    await (await fetch(`http://127.0.0.1:${port}/`, { dispatcher: agent })).text();
  expect(await ask()).toBe('candidate');
  const { pid } = (await made.tell('POST', '/replace', { program: null })) as { pid: number };
  made.owns(pid);
  await made.weights(0);
  await pause(150);
  expect(await ask()).toBe('stable');
  await agent.destroy();
});

test('a newer build that does not start leaves the old one at work', async () => {
  const { made, port } = await start();
  const refused = await made.ask('POST', '/replace', { program: '/dev/null' });
  expect(refused.ok ? 'replaced' : refused.problem.message).toMatch(/the old one goes on/);
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('stable');
  await made.weights(10);
}, 30_000);

test('killed and started anew it knows port, tracks, order and fence, and numbers on', async () => {
  const { made, port } = await start();
  await made.weights(100);
  await made.until(({ lastSeq }) => lastSeq >= 1);
  const before = await made.until(() => true);
  made.child?.kill('SIGKILL');
  await pause(100);
  const after = await made.start();
  const same = ({ fence, weights, stable, candidate, metricsPort }: SplitterState) => ({
    ...{ fence, weights, stable, candidate, metricsPort },
  });
  expect(same(after)).toEqual(same(before));
  expect(after.port).toBe(port);
  expect(after.lastSeq).toBeGreaterThanOrEqual(before.lastSeq);
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('candidate');
});

test('nobody renews, splitter killed meanwhile: the fallback comes no later', async () => {
  const { made, port } = await start();
  const started = performance.now();
  await made.weights(100, { controllerLossMs: 1_500 });
  made.child?.kill('SIGKILL');
  await pause(100);
  await made.start();
  await made.until(({ fallbackApplied }) => fallbackApplied);
  expect(performance.now() - started).toBeLessThan(6_000);
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('stable');
});

test('tcp mode passes bytes through, both ways, with weights by connection', async () => {
  const made = new SplitterRig({ mode: 'tcp' });
  rig = made;
  const { port } = await made.start();
  const servers = await Promise.all(
    ['stable', 'candidate'].map(async (name) => {
      const server = createTcpServer((socket) => {
        socket.write(`${name}:`);
        socket.pipe(socket);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return {
        server,
        place: { host: '127.0.0.1', port: portOf(server), instance: name, up: true },
      };
    }),
  );
  await made.tracks(servers[0]?.place ?? null, servers[1]?.place ?? null);
  await made.weights(25);
  const got: string[] = [];
  for (let i = 0; i < 20; i += 1) {
    const text = await new Promise<string>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      sockets.push(socket);
      let seen = '';
      socket.on('data', (part) => {
        seen += part.toString();
      });
      socket.on('close', () => resolve(seen));
      socket.end('\x00\x01 any bytes');
    });
    got.push(text);
  }
  expect(got.filter((one) => one === 'candidate:\x00\x01 any bytes')).toHaveLength(5);
  expect(got.filter((one) => one === 'stable:\x00\x01 any bytes')).toHaveLength(15);
  for (const { server } of servers) await new Promise((resolve) => server.close(resolve));
});
