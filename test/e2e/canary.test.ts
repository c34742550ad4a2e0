/** `auroractl canary` as its users run it: the real program, real servers, real requests. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { startLoad } from '../rig/load.ts';
import { CanaryRig, plainServer, unusedPort } from './canary-rig.ts';

/** Much of the traffic and little time: enough for the judge to say promote. */
const SOON = ['--weight', '50', '--for', '5s'];
const LOAD = ['--load', '200rps /'];
const PROMOTION_MS = 120_000;

let rig: CanaryRig;
beforeEach(() => {
  rig = new CanaryRig();
});
afterEach(async () => await rig.close());

async function textAt(port: number | string): Promise<string> {
  return await (await fetch(`http://127.0.0.1:${port}/`)).text();
}

describe('any two builds, one line', () => {
  test(
    'a good candidate is promoted and no request fails; the next one is compared with it',
    async () => {
      rig.write('v1.js', plainServer('v1'));
      rig.write('v2.js', plainServer('v2'));
      rig.write('bad.js', plainServer('bad', 500));
      const pair = ['--stable', 'node v1.js', '--candidate', 'node v2.js', '--listen', ':0'];
      const call = rig.start('canary', ...pair, ...SOON);
      const [, port = ''] = await call.says(/answers at http:\/\/127\.0\.0\.1:(\d+)/);
      const load = startLoad({
        port: Number(port),
        ratePerSecond: 200,
        paths: ['/'],
        connections: 8,
      });
      const { code, out, err } = await call.ended;
      const report = await load.stop();
      expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
      expect(report.failed).toEqual([]);
      expect(out).toMatch(/^canary 1\.1\.0-rc\.1 is stable now, as 1\.1\.0\.$/m);
      expect(out).toMatch(/^ {2}the judge: .*not worse/m);
      expect(out).toContain('auroractl service stop canary');
      expect(await textAt(port)).toBe('v2');

      const other = await rig.run('canary', '--stable', 'node v1.js', '--candidate', 'node bad.js');
      expect(other).toMatchObject({
        code: 4,
        err: expect.stringContaining("is 'node v2.js', not"),
      });
      const moved = await rig.run('canary', '--candidate', 'node bad.js', '--health', '/x');
      expect(moved).toMatchObject({
        code: 4,
        err: expect.stringContaining('--health would change'),
      });

      const words = ['canary', '--candidate', 'node bad.js', ...LOAD, '--down', '-o', 'json'];
      const bad = await rig.run(...words);
      expect(bad.code).toBe(1);
      expect(JSON.parse(bad.out)).toMatchObject({
        kind: 'CanaryResult',
        candidate: '1.2.0-rc.1',
        stable: '1.1.0',
        outcome: { kind: 'rolled-back', cause: expect.stringMatching(/the judge|many-errors/) },
        door: null,
      });
      await expect(textAt(port)).rejects.toThrow();
    },
    PROMOTION_MS,
  );

  test(
    'the load that a plan makes itself is enough, and what runs elsewhere is left alone',
    async () => {
      const [one, two] = [await outside('one'), await outside('two')];
      try {
        const words = ['--stable', one.url, '--candidate', two.url, '--listen', ':0', ...LOAD];
        const { code, out, err } = await rig.run('canary', ...words, ...SOON);
        expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
        expect(out).toContain(`${one.url} is not used any more, and still runs.`);
        const [, port = ''] = /answers at http:\/\/127\.0\.0\.1:(\d+)/.exec(out) ?? [];
        expect(await textAt(port)).toBe('two');
        expect((await rig.run('service', 'stop', 'canary')).code).toBe(0);
        expect(await (await fetch(one.url)).text()).toBe('one');
        expect(await (await fetch(two.url)).text()).toBe('two');
      } finally {
        for (const { server } of [one, two]) server.close().closeAllConnections();
      }
    },
    PROMOTION_MS,
  );

  test(
    'Ctrl-C leaves it under way; a second one is told so',
    async () => {
      rig.write('v1.js', plainServer('v1'));
      rig.write('v2.js', plainServer('v2'));
      const words = ['--stable', 'node v1.js', '--candidate', 'node v2.js', '--listen', ':0'];
      const first = rig.start('canary', ...words, ...LOAD, '--for', '10m');
      await first.says(/canary run, candidate 10 %/);
      const second = await rig.run('canary', '--candidate', 'node v2.js');
      expect(second.code).toBe(4);
      expect(second.err).toMatch(/^error: canary is being promoted already: canary-1\.1\.0-/);
      expect(second.err).toMatch(/\nhint: .*auroractl status canary-1\.1\.0-\S+ -w/);
      first.kill('SIGINT');
      const { code, err } = await first.ended;
      expect(code).toBe(130);
      expect(err).toMatch(/auroractl status canary-1\.1\.0-\S+ -w/);
      expect((await rig.run('status')).code).toBe(5);
      expect((await rig.run('abort')).code).toBe(0);
    },
    PROMOTION_MS,
  );
});

/** As it comes from npm, under its own options. */
function thirdParty(name: string): string {
  const program = join(import.meta.dirname, '../../node_modules', name, 'bin.js');
  return `node '${program}' . --host 127.0.0.1 --port {port} --quiet`;
}

/** Servers that people know, in two versions each, with a client that stays connected throughout. */
const SERVERS: readonly {
  what: string;
  files: Readonly<Record<string, string>>;
  stable: string;
  candidate: string;
  path: string;
  client(port: number): { end(): Promise<void> };
}[] = [
  {
    what: 'a WebSocket echo server',
    files: { 'echo.js': echoServer() },
    stable: 'node echo.js v1',
    candidate: 'node echo.js v2',
    path: '/',
    client: webSocketClient,
  },
  {
    what: 'a file server',
    files: { 'files.js': fileServer(), 'large.bin': 'large '.repeat(50_000) },
    stable: 'node files.js v1',
    candidate: 'node files.js v2',
    path: '/files.js',
    client: (port) => downloadClient(port, ['v1', 'v2']),
  },
  {
    what: 'a server of others, sirv-cli 2 and 3',
    files: { 'large.bin': 'large '.repeat(50_000), 'page.txt': 'a page' },
    stable: thirdParty('sirv-cli-2'),
    candidate: thirdParty('sirv-cli-3'),
    path: '/page.txt',
    // They do not say which one they are.
    client: (port) => downloadClient(port, [null]),
  },
];

describe.each(SERVERS)('$what', ({ files, stable, candidate, path, client }) => {
  test(
    'is promoted under a client that stays connected',
    async () => {
      for (const [name, text] of Object.entries(files)) rig.write(name, text);
      const words = ['--stable', stable, '--candidate', candidate, '--listen', ':0', ...SOON];
      const call = rig.start('canary', ...words, '--load', `200rps ${path}`);
      const [, port = ''] = await call.says(/answers at http:\/\/127\.0\.0\.1:(\d+)/);
      const connected = client(Number(port));
      const { code, err } = await call.ended;
      await connected.end();
      expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    },
    PROMOTION_MS,
  );
});

describe('mistakes', () => {
  const listenNowhere = `require('node:fs').writeFileSync('port', process.env.PORT); setInterval(() => {}, 1e6)`;
  test.each([
    ['a program that is not there', ['--stable', 'no-such-program'], /not found\nhint: .*--cwd/],
    [
      'one that ends at once',
      ['--stable', 'node ends.js'],
      /\(code 3\).*\n {2}no such table\nhint: /,
    ],
    [
      'one that never listens',
      ['--stable', 'node idle.js'],
      /nothing listens on port \d+.*\nhint: /,
    ],
    ['a health path that fails', ['--stable', 'node v1.js', '--health', '/no'], /GET \/no on port/],
    [
      'an address where nothing is',
      ['--stable', 'http://127.0.0.1:1'],
      /nothing answers at .*\nhint: /,
    ],
    ['https', ['--stable', 'https://127.0.0.1:1'], /speaks plain HTTP to tracks.*\nhint: /],
    ['no stable', [], /there is no service canary yet.*\nhint: --stable/],
    [
      'the version of stable',
      ['--stable', 'node v1.js', '--candidate-version', '1.0.0'],
      /needs a version of its own\nhint: /,
    ],
    ['a name that is a path', ['--stable', 'node v1.js', '--name', '../x'], /as --name, found/],
    ['a weight of all', ['--stable', 'node v1.js', '--weight', '100'], /as --weight, found "100"/],
    ['no load', ['--stable', 'node v1.js', '--load', 'much'], /as --load, found "much"/],
  ])('%s: an error, a hint, and nothing is left', async (_, words, expected) => {
    rig.write('v1.js', plainServer('v1').replace('200', "request.url === '/no' ? 500 : 200"));
    rig.write('ends.js', `console.error('no such table'); process.exit(3)`);
    rig.write('idle.js', listenNowhere);
    const rest = ['--candidate', 'node v1.js', '--listen', ':0', '--health-deadline', '2s'];
    const { code, out, err } = await rig.run('canary', ...words, ...rest);
    expect([2, 5]).toContain(code);
    expect(out).toBe('');
    expect(err).toMatch(/^error: /m);
    expect(err).toMatch(expected);
    const listed = await rig.run('service', 'list', '-o', 'json');
    expect(JSON.parse(listed.out)).toMatchObject({ items: [] });
  });

  test('a door that another program has: said before anything is started', async () => {
    const { server, url } = await outside('other');
    const [, port = ''] = /:(\d+)$/.exec(url) ?? [];
    const words = ['--stable', 'node v1.js', '--candidate', 'node v1.js', '--listen', `:${port}`];
    const { code, err } = await rig.run('canary', ...words);
    server.close().closeAllConnections();
    expect(code).toBe(5);
    expect(err).toMatch(
      /^error: another program listens at 127\.0\.0\.1:\d+ already\nhint: .*--listen/,
    );
  });

  test('a candidate that never comes up is taken back at once, with what it said', async () => {
    rig.write('v1.js', plainServer('v1'));
    rig.write('ends.js', `console.error('no such table'); process.exit(3)`);
    rig.write('idle.js', listenNowhere);
    const port = await unusedPort();
    const begin = ['--stable', 'node v1.js', '--listen', `:${port}`, '--health-deadline', '3s'];
    const ended = await rig.run('canary', ...begin, '--candidate', 'node ends.js');
    expect(ended.code).toBe(1);
    expect(ended.err).toMatch(
      /error: candidate ends as soon .*\(code 3\).*\n {2}no such table\nhint: /,
    );
    expect(ended.out).toMatch(/^canary 1\.0\.0 is still stable; 1\.1\.0-rc\.1 was taken back\.$/m);
    const idle = await rig.run('canary', '--candidate', 'node idle.js');
    expect(idle.code).toBe(1);
    expect(idle.err).toMatch(/error: candidate runs and does not become healthy: .*\nhint: /);
    expect(idle.out).toContain('1.1.0-rc.2 was taken back');
    expect(await textAt(port)).toBe('v1');
  }, 60_000);

  test('a candidate that speaks no HTTP is taken back by what its users would have met', async () => {
    rig.write('v1.js', plainServer('v1'));
    rig.write(
      'mute.js',
      `require('node:net').createServer((socket) => {
        socket.on('error', () => {});
        socket.end('220 mail ready');
      }).listen(process.env.PORT, '127.0.0.1');`,
    );
    const words = ['--stable', 'node v1.js', '--candidate', 'node mute.js', '--listen', ':0'];
    const { code, out } = await rig.run('canary', ...words, ...LOAD);
    expect(code).toBe(1);
    expect(out).toMatch(/why: .*(many-errors|the judge)/);
    expect(out).toMatch(/failed requests: candidate [1-9]\d* of \d+, stable 0 of \d+/);
  }, 60_000);
});

async function outside(name: string): Promise<{ url: string; server: Server }> {
  const server = createServer((_, response) => void response.end(name)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

/** Echoes with its version in front; asked to end, it says goodbye to those who are connected. */
function echoServer(): string {
  return `
    const { WebSocketServer } = require('ws');
    const version = process.argv[2];
    const server = require('node:http').createServer((_, response) => response.end(version));
    const sockets = new WebSocketServer({ server });
    sockets.on('connection', (one) => one.on('message', (text) => one.send(version + ' ' + text)));
    process.on('SIGTERM', () => {
      for (const one of sockets.clients) one.close(1001, 'going away');
      server.close();
      setTimeout(() => process.exit(0), 500);
    });
    server.listen(process.env.PORT, '127.0.0.1');
  `;
}

/** Sends on; every message must come back, unless its server said goodbye before it could answer. */
function webSocketClient(port: number): { end(): Promise<void> } {
  const closes: number[] = [];
  const seen = new Set<string>();
  let [sent, lost] = [0, 0];
  let isOver = false;
  const live = async (): Promise<void> => {
    while (!isOver) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
      const open = new Set<string>();
      socket.on('message', (data) => {
        const [version = '', text = ''] = String(data).split(' ');
        seen.add(version);
        open.delete(text);
      });
      const closed = once(socket, 'close').then(([code]) => Number(code));
      await once(socket, 'open');
      while (!isOver && socket.readyState === WebSocket.OPEN) {
        sent += 1;
        open.add(String(sent));
        socket.send(String(sent));
        await sleep(20);
      }
      if (isOver) {
        await expect.poll(() => open.size, { timeout: 10_000 }).toBe(0);
        socket.close();
        await closed;
      } else {
        closes.push(await closed);
        lost += open.size;
      }
    }
  };
  const living = live();
  return {
    end: async () => {
      await expect.poll(() => seen.has('v2'), { timeout: 10_000 }).toBe(true);
      isOver = true;
      await living;
      // Only that the old version left ends a connection, and that it says.
      expect(closes.every((code) => code === 1001)).toBe(true);
      expect(closes.length).toBeLessThanOrEqual(1);
      expect(lost).toBeLessThanOrEqual(5);
      expect(sent).toBeGreaterThan(100);
    },
  };
}

/** Files of its folder, streamed. */
function fileServer(): string {
  return `
    const { createReadStream, existsSync } = require('node:fs');
    const { join, normalize } = require('node:path');
    require('node:http').createServer((request, response) => {
      const path = join(process.cwd(), normalize(request.url));
      const isThere = path.startsWith(process.cwd()) && existsSync(path);
      response.writeHead(isThere ? 200 : 404, { 'x-server': process.argv[2] });
      if (isThere) createReadStream(path).pipe(response);
      else response.end();
    }).listen(process.env.PORT, '127.0.0.1');
  `;
}

/** Downloads one large file after the other: each one whole, and always the same. */
function downloadClient(
  port: number,
  servedBy: readonly (string | null)[],
): { end(): Promise<void> } {
  const digests = new Set<string>();
  const servers = new Set<string | null>();
  let isOver = false;
  const live = async (): Promise<void> => {
    while (!isOver) {
      const response = await fetch(`http://127.0.0.1:${port}/large.bin`);
      servers.add(response.headers.get('x-server'));
      const body = Buffer.from(await response.arrayBuffer());
      digests.add(`${response.status} ${createHash('sha256').update(body).digest('hex')}`);
      await sleep(10);
    }
  };
  const living = live();
  return {
    end: async () => {
      isOver = true;
      await living;
      expect(digests.size).toBe(1);
      expect([...digests][0]).toMatch(/^200 /);
      expect([...servers].toSorted()).toEqual(servedBy);
    },
  };
}
