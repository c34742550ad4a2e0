import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { DEFAULT_LIMITS, type Limits } from '../../src/protocol/service.ts';
import type { TrackCounts } from '../../src/protocol/splitter.ts';
import { pause, RawTrack, sendRaw } from './raw-http.ts';
import { portOf, SplitterRig } from './splitter-rig.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const MIB = 1_048_576;

let rig: SplitterRig | null = null;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await rig?.stop();
});

async function start(
  limits: Partial<Limits>,
  listener: Parameters<SplitterRig['track']>[1],
): Promise<{ made: SplitterRig; port: number }> {
  const made = new SplitterRig({ limits: { ...DEFAULT_LIMITS, ...limits } });
  rig = made;
  const { port } = await made.start();
  await made.tracks(await made.track('stable', listener), null);
  return { made, port };
}

async function counted(made: SplitterRig, key: keyof TrackCounts): Promise<number> {
  const intervals = await made.intervals();
  return intervals.reduce((all, one) => all + Number(one.stable?.[key] ?? 0), 0);
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    sockets.push(socket);
    socket.on('error', reject);
  });
}

/** Milliseconds until the other side closes. */
async function lifetime(socket: Socket, limitMs: number): Promise<number> {
  const started = performance.now();
  let isOpen = true;
  socket.on('error', () => {});
  socket.on('close', () => {
    isOpen = false;
  });
  socket.resume();
  while (isOpen && performance.now() - started < limitMs) await pause(20);
  return isOpen ? Number.POSITIVE_INFINITY : performance.now() - started;
}

function rssMib(made: SplitterRig): number {
  const status = readFileSync(`/proc/${made.child?.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1_024;
}

test('a head that comes byte by byte ends at headersMs', async () => {
  const { port } = await start({ headersMs: 1_000 }, (_, answer) => answer.end());
  const socket = await open(port);
  const drip = setInterval(() => socket.write('x'), 100);
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nX-');
  const livedMs = await lifetime(socket, 15_000);
  clearInterval(drip);
  expect(livedMs).toBeLessThan(12_000);
});

test('a body that stops ends after bodyIdleMs; one that only is slow does not', async () => {
  const { made, port } = await start({ bodyIdleMs: 500 }, (asked, answer) => {
    asked.resume();
    asked.on('end', () => answer.end('whole'));
  });
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n';
  const stopped = await sendRaw(port, [head, 'half'], 2_000);
  expect(stopped.statuses).toEqual([408]);
  expect(stopped.isClosed).toBe(true);
  const slow: string[] = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].flatMap((one) => [one, '', '']);
  const whole = await sendRaw(port, [head, ...slow], 1_000);
  expect(whole.statuses).toEqual([200]);
  expect(await counted(made, 'aborts')).toBe(1);
});

test('a track that never answers: 504 after answerMs, and its own failure', async () => {
  const { made, port } = await start({ answerMs: 700 }, () => {});
  const got = await sendRaw(port, [GET], 3_000);
  expect(got.statuses).toEqual([504]);
  expect(await counted(made, 'timeouts')).toBe(1);
});

test('a client that takes nothing any more is let go', async () => {
  const { made, port } = await start({ bodyIdleMs: 700 }, (_, answer) => {
    answer.writeHead(200, { 'Content-Length': 512 * MIB });
    const piece = Buffer.alloc(MIB);
    const more = (): void => {
      while (!answer.destroyed && answer.write(piece));
      answer.once('drain', more);
    };
    more();
  });
  const socket = await open(port);
  socket.write(GET);
  socket.pause();
  await expect
    .poll(async () => (await made.until(() => true)).open.stable, { timeout: 8_000 })
    .toBe(1);
  await expect
    .poll(async () => (await made.until(() => true)).open.stable, { timeout: 8_000 })
    .toBe(0);
  expect(await counted(made, 'aborts')).toBe(1);
});

test('a client that closes its half has gone: nothing is kept for it', async () => {
  const { made, port } = await start(
    {},
    (_, answer) => void setTimeout(() => answer.end(), 12_000),
  );
  const socket = await open(port);
  socket.end(GET);
  expect(await lifetime(socket, 15_000)).toBeLessThan(8_000);
  expect((await made.until(() => true)).open.stable).toBe(0);
  expect(await counted(made, 'aborts')).toBe(1);
});

test('a track that closes its half in the middle of an answer has broken off', async () => {
  const { made, port } = await start({}, (_, answer) => {
    answer.writeHead(200, { 'Content-Length': 10 });
    answer.write('half', () => answer.socket?.end());
  });
  const got = await sendRaw(port, [GET], 1_000);
  expect([got.text.endsWith('half'), got.isClosed]).toEqual([true, true]);
  expect(await counted(made, 'truncated')).toBe(1);
});

test("a client that resets is nobody else's failure; a track that resets is the track's", async () => {
  const raw = new RawTrack();
  const { made, port } = await start({}, (_, answer) => answer.end());
  await new Promise<void>((resolve) => raw.server.listen(0, '127.0.0.1', resolve));
  const place = { host: '127.0.0.1', port: portOf(raw.server), instance: 'raw', up: true };
  await made.tracks(place, null);
  raw.answer = (_, socket) => {
    setTimeout(() => socket.resetAndDestroy(), 100);
    return 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf';
  };
  const cut = await sendRaw(port, [GET], 1_000);
  expect(cut.text).toMatch(/half$/);
  expect(cut.isClosed).toBe(true);
  raw.answer = () => null;
  const socket = await open(port);
  socket.on('error', () => {});
  socket.write(GET);
  await pause(200);
  socket.resetAndDestroy();
  await pause(200);
  const intervals = await made.intervals();
  const sum = (key: 'truncated' | 'aborts' | 'requests'): number =>
    intervals.reduce((all, one) => all + (one.stable?.[key] ?? 0), 0);
  expect([sum('requests'), sum('truncated'), sum('aborts')]).toEqual([2, 1, 1]);
  raw.reset();
  await new Promise((resolve) => raw.server.close(resolve));
});

test('10,000 idle connections cost memory within bounds, and others are served', async () => {
  const { made, port } = await start({}, (_, answer) => answer.end('ok'));
  const before = rssMib(made);
  for (let batch = 0; batch < 20; batch += 1) {
    await Promise.all(Array.from({ length: 500 }, () => open(port)));
  }
  const got = await sendRaw(port, [GET]);
  expect(got.statuses).toEqual([200]);
  expect(rssMib(made) - before).toBeLessThan(250);
}, 60_000);

test('connections above the limit are closed, those below are served', async () => {
  const { port } = await start({ connections: 5 }, (_, answer) => answer.end('ok'));
  const held = await Promise.all(Array.from({ length: 5 }, () => open(port)));
  const sixth = await open(port).catch(() => null);
  if (sixth !== null) expect(await lifetime(sixth, 15_000)).toBeLessThan(8_000);
  held[0]?.destroy();
  await pause(200);
  expect((await sendRaw(port, [GET])).statuses).toEqual([200]);
});

test('a gigabyte up and a gigabyte down at constant memory', async () => {
  const bytes = 1_024 * MIB;
  const { made, port } = await start({}, (asked, answer) => {
    let taken = 0;
    asked.on('data', (part: Buffer) => {
      taken += part.length;
    });
    asked.on('end', () => {
      answer.writeHead(200, { 'X-Taken': taken });
      const piece = Buffer.alloc(256 * 1_024);
      let left = asked.method === 'GET' ? bytes : 0;
      const more = (): void => {
        while (left > 0) {
          left -= piece.length;
          if (!answer.write(piece)) return void answer.once('drain', more);
        }
        answer.end();
      };
      more();
    });
  });
  const before = rssMib(made);
  let most = before;
  const sampler = setInterval(() => {
    most = Math.max(most, rssMib(made));
  }, 50);
  expect(await transfer(port, 'POST', bytes)).toEqual({ taken: bytes, got: 0 });
  expect(await transfer(port, 'GET', 0)).toEqual({ taken: 0, got: bytes });
  clearInterval(sampler);
  expect(most - before).toBeLessThan(150);
}, 120_000);

function transfer(
  port: number,
  method: string,
  bytes: number,
): Promise<{ taken: number; got: number }> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, method, agent: false }, (answer) => {
      let got = 0;
      answer.on('data', (part: Buffer) => {
        got += part.length;
      });
      answer.on('error', reject);
      answer.on('end', () => resolve({ taken: Number(answer.headers['x-taken']), got }));
    });
    asked.on('error', reject);
    const piece = Buffer.alloc(256 * 1_024);
    let left = bytes;
    const more = (): void => {
      while (left > 0) {
        left -= piece.length;
        if (!asked.write(piece)) return void asked.once('drain', more);
      }
      asked.end();
    };
    more();
  });
}
