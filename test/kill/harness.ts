import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { buildSync } from 'esbuild';
import { createKeyFile } from '../../src/adapters/signer/file.ts';
import { present } from '../../src/base/assert.ts';
import { prng } from '../../src/base/prng.ts';
import type { PromotionEvent } from '../../src/core/promotion/event.ts';
import type { State } from '../../src/core/promotion/state.ts';
import type { World } from '../../src/engine/perform.ts';
import { VirtualClock } from '../sim/clock.ts';
import { Crowd } from '../sim/crowd.ts';
import { Faults } from '../sim/faults.ts';
import { simPlan } from '../sim/sim-plan.ts';
import { aliveLine, SimWorld } from '../sim/sim-world.ts';
import { STORIES } from '../sim/story.ts';
import type { FromController, Order, ToController } from './protocol.ts';

const ROUNDS_MAX = 400;

export interface KillRun {
  outcome: string;
  appends: number;
  kills: number;
  acknowledged: readonly string[];
  world: SimWorld;
  directory: string;
  clean(): void;
}

export interface KillPlan {
  /** Append of each controller's life at which it kills itself; 0: never. Once only. */
  at: number;
  when: 'before' | 'after';
  story?: number;
}

let program: string | null = null;

/** One file: a hundred controllers are started, and each would read two hundred. */
function bundled(): string {
  if (program !== null) return program;
  const folder = join(import.meta.dirname, '../../node_modules/.cache/aurora-kill');
  program = join(folder, `controller-${process.pid}.mjs`);
  buildSync({
    entryPoints: [join(import.meta.dirname, 'controller.ts')],
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external: ['better-sqlite3'],
    logLevel: 'warning',
    banner: {
      js: "import{createRequire as __r}from'node:module';const require=__r(import.meta.url);",
    },
  });
  process.once('exit', () => rmSync(present(program, 'it was built'), { force: true }));
  return program;
}

/** In memory where the machine has such a disk: a killed process needs no more, a power cut would. */
export function ledgerFolder(): string {
  const memory = '/dev/shm';
  return mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), 'aurora-kill-'));
}

/** One whole promotion with real processes for the controller, and a world that outlives them. */
export async function promoteThroughKills(kill: KillPlan): Promise<KillRun> {
  const run = new Promotion(kill);
  return await run.toTheEnd();
}

class Promotion {
  readonly directory = ledgerFolder();
  private readonly clock = new VirtualClock(1_780_000_000_000);
  private readonly world: SimWorld;
  private readonly crowd: Crowd;
  private readonly ports: World;
  private readonly kill: KillPlan;
  private readonly acknowledged: string[] = [];
  private child: Controller | null = null;
  private kills = 0;
  private appends = 0;
  private state: State | null = null;

  constructor(kill: KillPlan) {
    this.kill = kill;
    createKeyFile(join(this.directory, 'log.key'));
    const chance = prng(11);
    const faults = new Faults(chance);
    faults.scale = 0;
    const story = STORIES[kill.story ?? 0] ?? STORIES[0];
    this.world = new SimWorld(this.clock, chance, faults, simPlan('service'), story);
    this.crowd = new Crowd(prng(5), faults, this.clock);
    this.ports = this.world.portsFor(aliveLine());
  }

  async toTheEnd(): Promise<KillRun> {
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      if (await this.round()) break;
    }
    await this.child?.end();
    const { outcome } = this.lastState() ?? { outcome: null };
    const name = outcome?.kind === 'promoted' && outcome.ga ? 'ga' : (outcome?.kind ?? 'none');
    return {
      outcome: name,
      appends: this.appends,
      kills: this.kills,
      acknowledged: this.acknowledged,
      world: this.world,
      directory: this.directory,
      clean: () => rmSync(this.directory, { recursive: true, force: true }),
    };
  }

  /** From the ledger: the controller that wrote the end may not have lived to tell. */
  private lastState(): State | null {
    const db = new Database(join(this.directory, 'ledger.db'), { readonly: true });
    const body = db
      .prepare('SELECT body FROM snapshots ORDER BY leaf_idx DESC LIMIT 1')
      .pluck()
      .get();
    db.close();
    return typeof body === 'string' ? (JSON.parse(body) as State) : null;
  }

  /** True at the end. A controller that died is started again with the next round. */
  private async round(): Promise<boolean> {
    this.world.tick();
    const child = await this.controller();
    if (child === null) return false;
    const orders: (() => Order)[] = [() => ({ kind: 'turn', now: this.clock.now() })];
    if (this.state !== null) {
      for (const event of this.crowd.act(this.state)) orders.push(() => this.post(event));
    }
    for (const order of orders) {
      const quiet = await child.carryOut(order());
      if (quiet === null) {
        this.kills += 1;
        this.child = null;
        return false;
      }
      if (quiet.problem?.startsWith('ledger')) throw new Error(quiet.problem);
      if (quiet.state !== null) this.state = JSON.parse(quiet.state) as State;
      if (quiet.ended || quiet.state === null) return true;
    }
    this.clock.advance(60_000);
    return false;
  }

  private post(event: PromotionEvent): Order {
    return { kind: 'post', event, now: this.clock.now() };
  }

  private async controller(): Promise<Controller | null> {
    if (this.child !== null) return this.child;
    const armed = this.kills === 0 ? this.kill : { at: 0, when: 'before' as const };
    const child = new Controller(this.directory, this.ports, this.clock.now(), armed, (bodies) => {
      this.appends += 1;
      this.acknowledged.push(...bodies);
    });
    const opened = await child.opened();
    const isAlive =
      opened !== null &&
      (!opened.isNew ||
        (await child.carryOut({ kind: 'promote', plan: simPlan('service') })) !== null);
    if (!isAlive) {
      this.kills += 1;
      return null;
    }
    this.child = child;
    return child;
  }
}

type Quiet = Extract<FromController, { kind: 'quiet' }>;

/** The parent's side of one controller process. */
export class Controller {
  readonly process: ChildProcess;
  private waiting: ((message: FromController | null) => void) | null = null;
  private isDead = false;

  constructor(
    directory: string,
    ports: World,
    now: number,
    kill: KillPlan,
    onAcknowledged: (bodies: readonly string[]) => void,
    takeOver = false,
  ) {
    this.process = fork(bundled(), [directory, takeOver ? 'take-over' : ''], {
      env: {
        ...process.env,
        AURORA_NOW: String(now),
        AURORA_KILL_AT: String(kill.at),
        AURORA_KILL_WHEN: kill.when,
      },
    });
    this.process.on('message', (message: FromController) => {
      if (message.kind === 'call') void this.answer(ports, message);
      else if (message.kind === 'acknowledged') onAcknowledged(message.bodies);
      else if (message.kind === 'failed') throw new Error(message.message);
      else this.settle(message);
    });
    this.process.on('exit', () => {
      this.isDead = true;
      this.settle(null);
    });
  }

  /** What it found; null: it died before it was open. */
  async opened(): Promise<Extract<FromController, { kind: 'open' }> | null> {
    const message = await this.next();
    return message?.kind === 'open' ? message : null;
  }

  /** null: it died on the way. */
  async carryOut(order: Order): Promise<Quiet | null> {
    if (this.isDead) return null;
    const answer = this.next();
    this.tell(order);
    const message = await answer;
    return message?.kind === 'quiet' ? message : null;
  }

  async end(): Promise<void> {
    if (this.isDead) return;
    const gone = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGKILL');
    await gone;
  }

  private next(): Promise<FromController | null> {
    if (this.isDead) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.waiting = resolve;
    });
  }

  private settle(message: FromController | null): void {
    const waiting = this.waiting;
    this.waiting = null;
    waiting?.(message);
  }

  private tell(message: ToController): void {
    if (!this.isDead && this.process.connected) this.process.send(message, () => undefined);
  }

  private async answer(
    ports: World,
    call: Extract<FromController, { kind: 'call' }>,
  ): Promise<void> {
    const methods = ports[call.port] as unknown as Record<
      string,
      (...args: unknown[]) => Promise<unknown>
    >;
    const value = await methods[call.method]?.(...call.args);
    this.tell({ kind: 'answer', id: call.id, value });
  }
}
