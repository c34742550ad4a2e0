/** A real splitter process between real servers, for tests of the data plane alone. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callAdmin } from '../../src/process/admin-client.ts';
import { programPath } from '../../src/process/program.ts';
import { socketPath } from '../../src/process/socket-path.ts';
import {
  DEFAULT_LIMITS,
  type ServiceDefinition,
  type Traffic,
} from '../../src/protocol/service.ts';
import type { SplitterInterval, SplitterState, TrackPlace } from '../../src/protocol/splitter.ts';

export const ALL_STABLE = { stable: 100, candidate: 0 };

export class SplitterRig {
  readonly services: string;
  readonly folder: string;
  readonly service = 'sample';
  private readonly pids = new Set<number>();
  private readonly servers: Server[] = [];
  private generation = 0;
  child: ChildProcess | null = null;

  constructor(traffic: Partial<Traffic> = {}) {
    this.services = mkdtempSync(join(tmpdir(), 'aurora-splitter-'));
    this.folder = join(this.services, this.service);
    writeFolder(this.folder, traffic);
  }

  /** Starts the process and waits until it answers on its socket. */
  async start(): Promise<SplitterState> {
    this.child = spawn(process.execPath, [programPath('splitter'), this.folder], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const { pid } = this.child;
    if (pid !== undefined) this.pids.add(pid);
    return await this.until((state) => state.pid === pid);
  }

  /** Asks until the splitter's state is as wanted. */
  async until(wanted: (state: SplitterState) => boolean, limitMs = 10_000): Promise<SplitterState> {
    const deadline = performance.now() + limitMs;
    for (;;) {
      const state = await this.ask('GET', '/state');
      if (state.ok && wanted(state.value as SplitterState)) return state.value as SplitterState;
      if (performance.now() > deadline) throw new Error(`splitter: ${JSON.stringify(state)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async ask(method: string, path: string, body?: unknown): ReturnType<typeof callAdmin> {
    const socket = socketPath(this.folder, 'splitter');
    if (!socket.ok) throw new Error(socket.problem.message);
    return await callAdmin(socket.value, { method, path, body, deadlineMs: 40_000 });
  }

  /** As `ask`, where anything but a value is the test's failure. */
  async tell(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await this.ask(method, path, body);
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.problem.message}`);
    return answer.value;
  }

  async weights(
    candidate: number,
    {
      controllerLossMs = 60_000,
      baselinePct,
    }: { controllerLossMs?: number; baselinePct?: number } = {},
  ): Promise<void> {
    this.generation += 1;
    const fence = { term: 1, generation: this.generation };
    const weights = { stable: 100 - candidate, candidate };
    const share = baselinePct === undefined ? {} : { baselinePct };
    const order = { fence, weights, fallback: ALL_STABLE, controllerLossMs, ...share };
    await this.tell('PUT', '/order', order);
  }

  /** A server in this process, as a track. */
  async track(instance: string, listener: RequestListener | Server): Promise<TrackPlace> {
    const server = typeof listener === 'function' ? createServer(listener) : listener;
    this.servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { host: '127.0.0.1', port: portOf(server), instance, up: true };
  }

  async tracks(
    stable: TrackPlace | null,
    candidate: TrackPlace | null,
    baseline?: TrackPlace | null,
  ): Promise<void> {
    const third = baseline === undefined ? {} : { baseline };
    await this.tell('PUT', '/tracks', { stable, candidate, ...third, adopt: false });
  }

  /** The intervals that were closed, and the open one's end awaited. */
  async intervals(): Promise<SplitterInterval[]> {
    const { lastSeq } = await this.until(() => true);
    await this.until((state) => state.lastSeq > lastSeq);
    return (await this.tell('GET', '/intervals?after=0&limit=10000')) as SplitterInterval[];
  }

  /** Remembers a process that the splitter started, to be ended with the rest. */
  owns(pid: number): void {
    this.pids.add(pid);
  }

  async stop(): Promise<void> {
    for (const pid of this.pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended already.
      }
    }
    for (const server of this.servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    rmSync(this.services, { recursive: true, force: true });
  }
}

export function portOf(server: { address(): AddressInfo | string | null }): number {
  return (server.address() as AddressInfo).port;
}

function writeFolder(folder: string, traffic: Partial<Traffic>): void {
  const definition: ServiceDefinition = {
    name: 'sample',
    version: '1.0.0',
    traffic: {
      mode: 'http',
      host: '127.0.0.1',
      port: 0,
      metricsPort: 0,
      intervalMs: 1_000,
      sticky: null,
      rules: [],
      mirrorPct: 0,
      limits: DEFAULT_LIMITS,
      ...traffic,
    },
    workload: {
      command: 'true',
      cwd: '/',
      env: {},
      healthPath: null,
      healthDeadlineMs: 1_000,
      healthEveryMs: 1_000,
      stopGraceMs: 1_000,
    },
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'service.json'), JSON.stringify(definition));
}
