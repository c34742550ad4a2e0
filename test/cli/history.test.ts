/** What is told of ended promotions, of logs, and of the controller itself. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FleetProcess, startFleet } from '../server/fleet-process.ts';
import { type Bench, BIN, bench, type Outcome } from './program.ts';

let here: Bench;
let fleet: FleetProcess;
beforeAll(async () => {
  here = bench();
  fleet = await startFleet(2);
});
afterAll(async () => {
  // A controller that a failed test started would outlive it.
  if (fleet !== undefined) run('controller', 'stop', '--force');
  await fleet?.stop();
  here?.remove();
});

const run = (...words: string[]): Outcome => here.runWith({ AURORA_STATE: fleet.state }, ...words);

describe('history', () => {
  test('a line a promotion', () => {
    const { code, out, err } = run('history');
    expect([code, err]).toEqual([0, '']);
    const [head, line, ...more] = out.trimEnd().split('\n');
    expect(head).toMatch(/^PROMOTION +ENDED +TOOK +PLAN +SHARE +BY +OUTCOME$/);
    expect(line).toMatch(
      /^old-1\.0\.0-0 +\d+s ago +\d+s +sim +20 % +rm-1 +rolled back: rollback by rm-1: a test$/,
    );
    expect(more).toEqual([]);
  });

  test('-o json, a limit, and a service', () => {
    const list = JSON.parse(run('history', 'old', '-n', '1', '-o', 'json').out);
    expect(list).toMatchObject({
      apiVersion: 'aurora/v1',
      kind: 'PromotionHistory',
      items: [{ id: 'old-1.0.0-0', by: 'rm-1', highestPct: 20, outcome: { kind: 'rolled-back' } }],
    });
    expect(run('history', '-o', 'wide').out).toMatch(/ 1\.0\.0-rc\.1 /);
    expect(run('history', 'service-0')).toMatchObject({ code: 2, out: '' });
    expect(run('history', '-n', '0')).toMatchObject({ code: 2, out: '' });
    expect(run('history', '-n', 'x').err).toMatch(/^error: expected --limit as a whole number/);
  });
});

test('checklist: of an ended one, and into a file', () => {
  expect(run('checklist', 'old').out).toMatch(
    /^# Release checklist: old 1\.0\.0-rc\.1 to 1\.0\.0\n/,
  );
  const { code, out, err } = run('checklist', 'service-1', '--out', 'list.md');
  expect([code, out]).toEqual([0, '']);
  expect(err).toMatch(/^list\.md: the checklist of service-1-1\.0\.0-\d+\n$/);
  expect(readFileSync(here.path('list.md'), 'utf8')).toContain('No outcome yet.');
  expect(run('checklist', 'nobody')).toMatchObject({ code: 2, out: '' });
});

test('list -o wide: with plan and who', () => {
  const { out } = run('list', '-o', 'wide');
  expect(out).toMatch(/^PROMOTION +AGE +PHASE +CANDIDATE +PLAN +BY +OUTCOME +WAITS FOR\n/);
  expect(out).toMatch(/^service-0-\S+ +\d+s +canary +20 % +sim +rm-1 +- +duration/m);
});

describe('logs', () => {
  const logOf = (service: string, file: string): string =>
    join(fleet.state, 'services', service, 'logs', file);
  beforeAll(() => {
    mkdirSync(join(fleet.state, 'services/service-0/logs'), { recursive: true });
    for (const whose of ['stable', 'candidate', 'splitter']) {
      writeFileSync(logOf('service-0', `${whose}.log`), `${whose} one\n${whose} two\n`);
    }
  });

  test('both tracks of the service, or of the promotion, that is named', () => {
    const text = 'candidate one\ncandidate two\nstable one\nstable two\n';
    expect(run('logs', 'service-0')).toMatchObject({ code: 0, out: text });
    expect(run('logs', 'service-0-1')).toMatchObject({ code: 0, out: text });
    expect(run('logs', 'service-0', '--lines', '1').out).toBe('candidate two\nstable two\n');
    expect(run('logs', 'service-0', '--of', 'splitter').out).toBe('splitter one\nsplitter two\n');
  });

  test('nothing there: 2', () => {
    expect(run('logs', 'service-1').err).toMatch(
      /^error: nothing in .*logs was written .*\nhint: /,
    );
    expect(run('logs', 'nobody').err).toMatch(/^error: no promotion .* nobody\nhint: /);
    expect(run('logs', '--of', 'controller').code).toBe(2);
  });

  test('-f goes on, also with a log that is begun later', async () => {
    const words = ['logs', 'service-0', '--of', 'keeper', '-f', '--state', fleet.state];
    const child = spawn(process.execPath, [BIN, ...words], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const first = once(child.stdout, 'data');
      writeFileSync(logOf('service-0', 'keeper.log'), 'begun\n');
      expect(String(await first)).toBe('begun\n');
      const second = once(child.stdout, 'data');
      appendFileSync(logOf('service-0', 'keeper.log'), 'more\n');
      expect(String(await second)).toBe('more\n');
    } finally {
      child.kill('SIGKILL');
    }
  });
});

describe('controller', () => {
  test('status: who it is, and where its metrics are', async () => {
    const about = JSON.parse(run('controller', 'status', '-o', 'json').out);
    expect(about).toMatchObject({ kind: 'Controller', term: 1, active: 2, metricsProblem: null });
    const page = await (await fetch(`http://127.0.0.1:${about.metricsPort}/metrics`)).text();
    expect(page).toContain('aurora_promotions{service="service-0",phase="canary"} 1\n');
    expect(page).toMatch(/^process_resident_memory_bytes \d+$/m);
    expect(run('controller', 'start').out).toContain(String(about.pid));
  });

  test('stop: refused while candidates have traffic; by force it tells what stands still', () => {
    const { code, err } = run('controller', 'stop');
    expect(code).toBe(4);
    expect(err).toMatch(/^error: service-0-\S+: its candidate has 20 %; after 3m .*fallback: .*\n/);
    expect(err).toContain('hint: wait until it has ended, abort it, or stop with --force\n');
    expect(run('controller', 'status').code).toBe(0);
    const forced = run('controller', 'stop', '--force');
    expect(forced.code).toBe(0);
    expect(forced.err).toMatch(/until it is started again these stand still: service-0-/);
    expect(forced.err).toContain('auroractl controller start');
    const gone = run('controller', 'status');
    expect(gone).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/^no controller/) });
    expect(run('controller', 'stop')).toMatchObject({ code: 0, err: 'no controller runs\n' });
  });
});

test('controller start: metrics at the port given; one that is taken stops nothing', async () => {
  const other = bench();
  const state = other.path('.aurora');
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  const env = { AURORA_STATE: state, AURORA_METRICS_PORT: String(port) };
  const start = () => JSON.parse(other.runWith(env, 'controller', 'start', '-o', 'json').out);
  try {
    const taken = start();
    expect(taken.metricsPort).toBeNull();
    expect(taken.metricsProblem).toMatch(/EADDRINUSE/);
    expect(other.runWith(env, 'controller', 'status').out).toMatch(/ none: .*EADDRINUSE/);
    expect(other.runWith(env, 'logs', '--of', 'controller').code).toBe(0);
    expect(other.runWith(env, 'controller', 'stop').code).toBe(0);
    holder.close();
    await once(holder, 'close');
    expect(start()).toMatchObject({ metricsPort: port, metricsProblem: null, term: 2 });
  } finally {
    holder.close();
    other.run('controller', 'stop', '--state', state);
    other.remove();
  }
});
