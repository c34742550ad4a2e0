import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { callAdmin } from '../../src/process/admin-client.ts';
import { programPath } from '../../src/process/program.ts';
import { socketPath } from '../../src/process/socket-path.ts';
import { parse } from '../../src/protocol/parse.ts';
import type { Traffic } from '../../src/protocol/service.ts';
import { SplitterState } from '../../src/protocol/splitter.ts';
import { IntervalStore } from '../../src/splitter/interval-store.ts';
import { defineService } from '../../test/rig/service-definition.ts';
import { toolEnv } from './tools.ts';

/** What is measured. pid null: nothing stands between client and backend. */
export interface Subject {
  name: string;
  port: number;
  pid: number | null;
}

export const PROXY_CORE = 0;
export const OTHER_CORE = 1;
export const CANDIDATE_PCT = 10;
/** As a service has it when nothing else was said. */
const INTERVAL_MS = 10_000;
const READY_MS = 10_000;
const started: ChildProcess[] = [];

/** Ends what was started here; returns when it is gone. */
export async function stopAll(): Promise<void> {
  await Promise.all(
    started.map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 3_000);
      await ended;
      clearTimeout(timer);
    }),
  );
}

/** Two ports of one nginx worker, which answer a small body from memory. */
export async function startBackends(folder: string): Promise<[number, number]> {
  const ports: [number, number] = [await freePort(), await freePort()];
  const servers = ports.map(
    (port) =>
      `server { listen 127.0.0.1:${port} backlog=4096; location / { return 200 'ok\\n'; } }`,
  );
  const config = join(folder, 'nginx.conf');
  writeFileSync(
    config,
    `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 1h;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  ${servers.join('\n  ')}
}
`,
  );
  launch(folder, 'nginx', OTHER_CORE, ['nginx', '-p', folder, '-e', 'stderr', '-c', config]);
  await Promise.all(ports.map(waitForPort));
  return ports;
}

export async function startHaproxy(
  folder: string,
  [stable, candidate]: readonly [number, number],
): Promise<Subject> {
  const port = await freePort();
  const config = join(folder, 'haproxy.cfg');
  writeFileSync(
    config,
    `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  no log
  option http-keep-alive
  option forwardfor
  http-reuse always
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout http-request 10s
  timeout http-keep-alive 60s
frontend door
  bind 127.0.0.1:${port}
  default_backend tracks
backend tracks
  balance roundrobin
  server stable 127.0.0.1:${stable} weight ${100 - CANDIDATE_PCT}
  server candidate 127.0.0.1:${candidate} weight ${CANDIDATE_PCT}
`,
  );
  const pid = launch(folder, 'haproxy', PROXY_CORE, ['haproxy', '-db', '-f', config]);
  await waitForPort(port);
  return { name: 'HAProxy', port, pid };
}

export interface Counted {
  stable: number;
  candidate: number;
}

export interface SplitterSubject extends Subject {
  /** Stops it; the requests that it has written down since it began. */
  finish: () => Promise<Counted>;
}

/** With all that it does for a service: rule, weights, measurement, and stickiness where asked. */
export async function startSplitter(
  folder: string,
  name: string,
  sticky: Traffic['sticky'],
  [stable, candidate]: readonly [number, number],
): Promise<SplitterSubject> {
  const own = join(folder, name.replaceAll(/[^a-z]/g, '-'));
  mkdirSync(own);
  const rules: Traffic['rules'] = [
    { track: 'candidate', header: { name: 'x-preview', value: 'yes' } },
  ];
  const definition = defineService(
    { name: 'bench', traffic: { sticky, rules, intervalMs: INTERVAL_MS } },
    own,
  );
  writeFileSync(join(own, 'service.json'), JSON.stringify(definition));
  launch(own, 'splitter', PROXY_CORE, [process.execPath, programPath('splitter'), own]);
  const path = socketPath(own, 'splitter');
  if (!path.ok) throw new Error(path.problem.message);
  const ask = async (method: string, route: string, body?: unknown): Promise<unknown> => {
    const asked = await callAdmin(path.value, { method, path: route, body, deadlineMs: 2_000 });
    if (!asked.ok) throw new Error(`${asked.problem.message}\n${logOf(own, 'splitter')}`);
    return asked.value;
  };
  await until(() => ask('GET', '/state'));
  const place = (port: number, instance: string) => ({
    host: '127.0.0.1',
    port,
    instance,
    up: true,
  });
  await ask('PUT', '/tracks', {
    stable: place(stable, 'stable'),
    candidate: place(candidate, 'candidate'),
    adopt: false,
  });
  const order = {
    fence: { term: 1, generation: 1 },
    weights: { stable: 100 - CANDIDATE_PCT, candidate: CANDIDATE_PCT },
    fallback: { stable: 100, candidate: 0 },
    controllerLossMs: 86_400_000,
  };
  const state = parse(SplitterState, await ask('PUT', '/order', order), '/order');
  if (!state.ok) throw new Error(state.problem.message);
  const { port, pid } = state.value;
  const finish = async (): Promise<Counted> => {
    await ask('POST', '/stop');
    const store = new IntervalStore(join(own, 'intervals.db'));
    const sum = { stable: 0, candidate: 0 };
    for (const interval of store.read(0, Number.MAX_SAFE_INTEGER)) {
      sum.stable += interval.stable?.requests ?? 0;
      sum.candidate += interval.candidate?.requests ?? 0;
    }
    store.close();
    return sum;
  };
  return { name, port, pid, finish };
}

/** Milliseconds of processor time, all threads: fields 14 and 15 of proc(5) stat, in ticks of 10 ms. */
export function cpuMs(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name in field 2 may hold spaces and brackets.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** taskset becomes the program itself: the pid is the program's. */
function launch(folder: string, name: string, core: number, words: readonly string[]): number {
  const log = openSync(join(folder, `${name}.log`), 'a');
  const child = spawn('taskset', ['-c', String(core), ...words], {
    env: toolEnv(),
    stdio: ['ignore', log, log],
  });
  started.push(child);
  if (child.pid === undefined) throw new Error(`${name} could not be started`);
  return child.pid;
}

function logOf(folder: string, name: string): string {
  return readFileSync(join(folder, `${name}.log`), 'utf8');
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  server.close();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

async function until(attempt: () => Promise<unknown>): Promise<void> {
  const endMs = performance.now() + READY_MS;
  for (;;) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (performance.now() > endMs) throw error;
      await sleep(20);
    }
  }
}

function waitForPort(port: number): Promise<void> {
  return until(async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.destroy();
  });
}
