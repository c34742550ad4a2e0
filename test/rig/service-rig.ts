import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Static, TSchema } from 'typebox';
import type { Result } from '../../src/base/result.ts';
import { callAdmin } from '../../src/process/admin-client.ts';
import { programPath } from '../../src/process/program.ts';
import { socketPath } from '../../src/process/socket-path.ts';
import { KeeperState, type StartInstance } from '../../src/protocol/keeper.ts';
import { parse } from '../../src/protocol/parse.ts';
import type { ServiceDefinition } from '../../src/protocol/service.ts';
import {
  type Fence,
  SplitterState,
  type Tracks,
  type Weights,
} from '../../src/protocol/splitter.ts';
import { killOwn, nonceEnv, waitForNone } from './own-processes.ts';
import { SampleProcess } from './sample-process.ts';
import { defineService, type RigOptions } from './service-definition.ts';

export type Role = 'keeper' | 'splitter';

const ROLES: readonly Role[] = ['keeper', 'splitter'];
const BUILT = join(import.meta.dirname, '../../dist/processes');
const START_MS = 15_000;
const CALL_MS = 10_000;
const STOP_MS = 20_000;
const GONE_MS = 5_000;
const SPLITTER_GONE_MS = 1_500;
const SAMPLES_MS = 5_000;
const POLL_MS = 10;
const rigs = new Set<ServiceRig>();

/** Last resort when a worker ends in the middle of a test. */
process.once('exit', () => {
  for (const rig of rigs) killOwn(rig.nonce);
});

/** A rig for the time of a story; what the story started is gone when this returns or throws. */
export async function withServiceRig<T>(
  options: RigOptions,
  story: (rig: ServiceRig) => Promise<T>,
): Promise<T> {
  const rig = new ServiceRig(options);
  let told: T;
  try {
    told = await story(rig);
  } catch (error) {
    for (const role of ROLES) process.stderr.write(rig.log(role));
    // Why the story failed matters more than what it then left behind.
    await rig.close().catch(() => {});
    throw error;
  }
  await rig.close();
  return told;
}

/** For an afterEach hook: a test that ran into its time limit never came to its own end. */
export async function closeAllRigs(): Promise<void> {
  for (const rig of [...rigs]) await rig.close();
}

/**
 * A service of its own in a temporary state folder, with the sample as its workload: either its
 * keeper, which starts the rest, or a splitter and sample processes that the rig itself starts.
 */
export class ServiceRig {
  readonly nonce = randomUUID();
  readonly state = mkdtempSync(join(tmpdir(), 'aurora-rig-'));
  readonly folder: string;
  readonly definition: ServiceDefinition;
  private readonly isBuilt: boolean;
  fence: Fence = { term: 1, generation: 0 };
  private readonly samples: SampleProcess[] = [];
  private readonly launched = new Set<Role>();
  private closing: Promise<void> | null = null;

  constructor(options: RigOptions = {}) {
    this.isBuilt = options.built === true;
    this.definition = defineService(options, this.state);
    this.folder = join(this.state, 'services', this.definition.name);
    mkdirSync(this.folder, { recursive: true });
    writeFileSync(join(this.folder, 'service.json'), JSON.stringify(this.definition));
    rigs.add(this);
  }

  /** Resolves when it answers. */
  async startSplitter(): Promise<SplitterState> {
    this.launch('splitter');
    return this.waitFor('splitter', SplitterState, () => true);
  }

  /** Resolves when stable is up and the splitter answers and knows of it. */
  async startKeeper(): Promise<KeeperState> {
    this.launch('keeper');
    const state = await this.waitFor('keeper', KeeperState, ({ splitter, instances }) => {
      const stable = instances.find(({ track }) => track === 'stable');
      return splitter.up && stable?.process.up === true;
    });
    await this.waitFor('splitter', SplitterState, ({ stable }) => stable?.up === true);
    return state;
  }

  /** A process that the rig itself watches; resolves when it listens. */
  async startSample(env: Readonly<Record<string, string>> = {}): Promise<SampleProcess> {
    const sample = await SampleProcess.start({ ...env, ...nonceEnv(this.nonce) });
    this.samples.push(sample);
    return sample;
  }

  /** The usual beginning without a keeper: a splitter, stable 1.0.0 and candidate 2.0.0-rc.1. */
  async startPair(): Promise<{
    port: number;
    stable: SampleProcess;
    candidate: SampleProcess;
  }> {
    const [{ port }, stable, candidate] = await Promise.all([
      this.startSplitter(),
      this.startSample({ SAMPLE_VERSION: '1.0.0' }),
      this.startSample({ SAMPLE_VERSION: '2.0.0-rc.1' }),
    ]);
    await this.putTracks({ stable: stable.place, candidate: candidate.place });
    return { port, stable, candidate };
  }

  putTracks(tracks: Partial<Tracks>): Promise<SplitterState> {
    const body: Tracks = { stable: null, candidate: null, adopt: false, ...tracks };
    return this.ask('splitter', 'PUT', '/tracks', SplitterState, body);
  }

  /** The next generation of the rig's term; its lease is long unless a test wants to lose it. */
  order(
    candidatePct: number,
    more: { fallback?: Weights; controllerLossMs?: number } = {},
  ): Promise<SplitterState> {
    const { fallback = { stable: 100, candidate: 0 }, controllerLossMs = 600_000 } = more;
    const weights = { stable: 100 - candidatePct, candidate: candidatePct };
    const order = { fence: this.nextFence(), weights, fallback, controllerLossMs };
    return this.ask('splitter', 'PUT', '/order', SplitterState, order);
  }

  /** By the keeper. */
  startCandidate(more: Partial<StartInstance> = {}): Promise<KeeperState> {
    const fence = this.nextFence();
    const body: StartInstance = {
      fence,
      track: 'candidate',
      instance: `candidate/${fence.generation}`,
      version: '2.0.0-rc.1',
      command: null,
      artifacts: [],
      ...more,
    };
    return this.ask('keeper', 'POST', '/start', KeeperState, body);
  }

  nextFence(): Fence {
    this.fence = { ...this.fence, generation: this.fence.generation + 1 };
    return this.fence;
  }

  splitterState(): Promise<SplitterState> {
    return this.ask('splitter', 'GET', '/state', SplitterState);
  }

  keeperState(): Promise<KeeperState> {
    return this.ask('keeper', 'GET', '/state', KeeperState);
  }

  /** Asks and parses; throws where the answer is a problem. */
  async ask<T extends TSchema>(
    role: Role,
    method: string,
    path: string,
    form: T,
    body?: unknown,
  ): Promise<Static<T>> {
    return must(parse(form, must(await this.call(role, method, path, body)), path));
  }

  call(role: Role, method: string, path: string, body?: unknown): Promise<Result<unknown>> {
    const deadlineMs = path === '/stop' ? STOP_MS : CALL_MS;
    return callAdmin(this.socket(role), { method, path, body, deadlineMs });
  }

  socket(role: Role): string {
    return must(socketPath(this.folder, role));
  }

  /** What the role has said on stdout and stderr. */
  log(role: Role): string {
    const path = join(this.state, `${role}.log`);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  /**
   * Asks all to stop, then ends what is left. Throws when a process or a socket was left behind by
   * one that had agreed to stop; what a test killed could not clean up, and is not blamed.
   */
  close(): Promise<void> {
    this.closing ??= this.stopAll();
    return this.closing;
  }

  private async stopAll(): Promise<void> {
    const faults: string[] = [];
    try {
      const stopped: Role[] = [];
      for (const role of ROLES) {
        if (existsSync(this.socket(role)) && (await this.call(role, 'POST', '/stop')).ok) {
          stopped.push(role);
        }
      }
      const samplesEnd = Promise.all(this.samples.map((sample) => sample.stop()));
      // One that a test has stopped with SIGSTOP does not answer SIGTERM.
      await Promise.race([samplesEnd, sleep(SAMPLES_MS, undefined, { ref: false })]);
      const isKeeperGone = this.launched.has('keeper') && !stopped.includes('keeper');
      const goneMs = this.launched.has('keeper') ? GONE_MS : SPLITTER_GONE_MS;
      const left = stopped.length === 0 ? [] : await waitForNone(this.nonce, goneMs);
      if (!isKeeperGone)
        faults.push(...left.map(({ pid, command }) => `process ${pid}: ${command}`));
      const sockets = stopped.map((role) => this.socket(role));
      faults.push(...sockets.filter((path) => existsSync(path)).map((path) => `socket ${path}`));
    } finally {
      killOwn(this.nonce);
      const left = await waitForNone(this.nonce, GONE_MS);
      faults.push(...left.map(({ pid, command }) => `can't be ended: ${pid}: ${command}`));
      for (const role of ROLES) rmSync(this.socket(role), { force: true });
      rmSync(this.state, { recursive: true, force: true });
      rigs.delete(this);
    }
    if (faults.length > 0) throw new Error(`left behind:\n${faults.join('\n')}`);
  }

  private launch(role: Role): void {
    const log = openSync(join(this.state, `${role}.log`), 'a');
    const program = this.isBuilt ? join(BUILT, `${role}.js`) : programPath(role);
    spawn(process.execPath, [program, this.folder], {
      env: { ...process.env, ...nonceEnv(this.nonce) },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.launched.add(role);
  }

  private async waitFor<T extends TSchema>(
    role: Role,
    form: T,
    isReady: (state: Static<T>) => boolean,
  ): Promise<Static<T>> {
    const endMs = performance.now() + START_MS;
    let last = '';
    while (performance.now() < endMs) {
      const asked = await this.call(role, 'GET', '/state');
      const state = asked.ok ? must(parse(form, asked.value, '/state')) : null;
      if (state !== null && isReady(state)) return state;
      last = asked.ok ? JSON.stringify(state) : asked.problem.message;
      await sleep(POLL_MS);
    }
    throw new Error(`no ${role} in ${START_MS} ms: ${last}\n${this.log(role)}`);
  }
}

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.problem.code}: ${result.problem.message}`);
  return result.value;
}
