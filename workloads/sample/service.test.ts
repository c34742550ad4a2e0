import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';

const MAIN = join(import.meta.dirname, 'main.ts');
const running = new Set<ChildProcess>();

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});

interface Sample {
  child: ChildProcess;
  url: string;
  exit: Promise<number | null>;
}

function launch(env: Record<string, string>): Omit<Sample, 'url'> & { stderr: string[] } {
  const own = { PATH: process.env.PATH ?? '', PORT: '0', ...env };
  const child = spawn(process.execPath, [MAIN], { env: own });
  running.add(child);
  const stderr: string[] = [];
  child.stderr.on('data', (text: Buffer) => stderr.push(text.toString()));
  const exit = once(child, 'exit').then(([code]) => code as number | null);
  return { child, exit, stderr };
}

async function start(env: Record<string, string> = {}): Promise<Sample> {
  const { child, exit, stderr } = launch(env);
  if (child.stdout === null) throw new Error('no stdout');
  const said = once(createInterface(child.stdout), 'line').then(([line]) => String(line));
  const line = await Promise.race([said, exit.then((code) => `exit ${code}: ${stderr.join('')}`)]);
  const port = /^listening on 127\.0\.0\.1:(\d+)$/.exec(line)?.[1];
  if (port === undefined) throw new Error(line);
  return { child, exit, url: `http://127.0.0.1:${port}` };
}

const turn = (sample: Sample, knobs: unknown): Promise<Response> =>
  fetch(`${sample.url}/knobs`, { method: 'PUT', body: JSON.stringify(knobs) });

test('says who it is on every answer', async () => {
  const sample = await start({ SAMPLE_VERSION: '2.0.0-rc.1', SAMPLE_INSTANCE: 'p/1' });
  for (const path of ['/', '/version', '/health', '/metrics', '/any', '/bytes?n=1', '/bytes?n=x']) {
    const { headers } = await fetch(sample.url + path);
    expect([headers.get('x-sample-version'), headers.get('x-sample-instance')]).toEqual([
      '2.0.0-rc.1',
      'p/1',
    ]);
  }
  const version = await (await fetch(`${sample.url}/version`)).json();
  expect(version).toEqual({ version: '2.0.0-rc.1', instance: 'p/1' });
});

describe('answers', () => {
  test('a body and its trailers come back', async () => {
    const { url } = await start();
    const asked = request(`${url}/echo`, {
      method: 'POST',
      headers: { trailer: 'x-sum', 'transfer-encoding': 'chunked' },
    });
    asked.write('one ');
    asked.addTrailers({ 'x-sum': '42' });
    asked.end('two');
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    let text = '';
    for await (const piece of response) text += String(piece);
    expect(text).toBe('one two');
    expect(response.trailers).toEqual({ 'x-sum': '42' });
  });

  test('a stream comes in its pieces, in time', async () => {
    const { url } = await start();
    const startMs = performance.now();
    expect(await (await fetch(`${url}/stream?chunks=4&everyMs=50`)).text()).toBe('0\n1\n2\n3\n');
    expect(performance.now() - startMs).toBeGreaterThan(140);
  });

  test('5,000,001 bytes are exactly as many', async () => {
    const { url } = await start();
    const body = await (await fetch(`${url}/bytes?n=5000001`)).bytes();
    expect(body.length).toBe(5_000_001);
    expect(String.fromCharCode(...body.subarray(-3))).toBe('ef0');
  });

  test('a WebSocket gives back what it got', async () => {
    const { url } = await start({ SAMPLE_VERSION: '7' });
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`);
    const [[upgrade]] = await Promise.all([once(socket, 'upgrade'), once(socket, 'open')]);
    expect((upgrade as IncomingMessage).headers['x-sample-version']).toBe('7');
    socket.send('hello');
    expect(String((await once(socket, 'message'))[0])).toBe('hello');
    socket.terminate();
  });
});

describe('knobs', () => {
  test('a turned candidate fails, its probes do not, and /metrics counts it', async () => {
    const sample = await start({ SAMPLE_SEED: '1' });
    expect((await fetch(sample.url)).status).toBe(200);
    expect((await turn(sample, { SAMPLE_ERROR_RATE: 1, SAMPLE_LATENCY_MS: '30' })).status).toBe(
      200,
    );
    const startMs = performance.now();
    expect((await fetch(sample.url)).status).toBe(500);
    expect(performance.now() - startMs).toBeGreaterThan(28);
    expect((await fetch(`${sample.url}/health`)).status).toBe(200);
    expect((await turn(sample, { SAMPLE_ERROR_RATE: 2 })).status).toBe(400);
    const metrics = await (await fetch(`${sample.url}/metrics`)).text();
    expect(metrics).toContain('sample_requests_total{code="200"} 1\n');
    expect(metrics).toContain('sample_requests_total{code="500"} 1\n');
    expect(metrics).toMatch(/sample_request_duration_ms_bucket\{le="25"\} 1\n/);
    expect(metrics).toMatch(/process_resident_memory_bytes [1-9]\d{7}/);
  });

  test('is unready for a while', async () => {
    const { url } = await start({ SAMPLE_UNREADY: '300ms' });
    expect((await fetch(`${url}/health`)).status).toBe(503);
    await sleep(350);
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  test('starts slowly', async () => {
    const startMs = performance.now();
    await start({ SAMPLE_SLOW_START: '400ms' });
    expect(performance.now() - startMs).toBeGreaterThan(400);
  });

  test.each([{ SAMPLE_CRASH_AFTER: '200ms' }, { SAMPLE_CRASH_AFTER: '3req' }])(
    'crashes: %o',
    async (env) => {
      const sample = await start(env);
      if (env.SAMPLE_CRASH_AFTER === '3req') {
        await fetch(sample.url);
        await fetch(sample.url);
        await expect(fetch(sample.url)).rejects.toThrow();
      }
      expect(await sample.exit).toBe(1);
    },
  );

  test('a leak shows in the resident memory', async () => {
    const sample = await start({ SAMPLE_LEAK: '16MiB/req' });
    const rss = async (): Promise<number> => {
      const text = await (await fetch(`${sample.url}/metrics`)).text();
      return Number(/^process_resident_memory_bytes (\d+)$/m.exec(text)?.[1]);
    };
    const before = await rss();
    for (let i = 0; i < 4; i += 1) await fetch(sample.url);
    expect((await rss()) - before).toBeGreaterThan(50 * 1_048_576);
  });
});

describe('the end', () => {
  test('an open request is finished, a new connection is not taken, then 0', async () => {
    const sample = await start();
    const open = fetch(`${sample.url}/slow?ms=500`);
    await sleep(150);
    sample.child.kill('SIGTERM');
    await sleep(100);
    await expect(fetch(`${sample.url}/version`)).rejects.toThrow();
    const response = await open;
    expect(await response.json()).toEqual({ sleptMs: 500 });
    expect(await sample.exit).toBe(0);
  });

  test.each([{ SAMPLE_LEAK: '1MB/s' }, { PORT: '65536' }, { SAMPLE_VERSION: 'a\nb' }])(
    'a word that is off is told, and the code is 2: %o',
    async (env) => {
      const { exit, stderr } = launch(env as unknown as Record<string, string>);
      expect(await exit).toBe(2);
      expect(stderr.join('')).toMatch(/^error: (?:SAMPLE_LEAK|PORT|SAMPLE_VERSION)=/);
    },
  );
});
