import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { servicesOf } from '../../src/app.ts';
import type { Result } from '../../src/base/result.ts';
import { ControllerClient } from '../../src/cli/controller-client.ts';
import { type Order, type Promote, PromotionView } from '../../src/protocol/controller.ts';
import { type LoadReport, startLoad } from '../rig/load.ts';
import { killPid, nonceEnv } from '../rig/own-processes.ts';
import { type ServiceRig, withServiceRig } from '../rig/service-rig.ts';
import { type Kill, type KillPlan, killPlan, momentText, type Victim } from './kill-plan.ts';
import { hasCome, ledgerOf, stepsOf } from './ledger-watch.ts';
import { ServiceLog } from './service-log.ts';
import { shortPlan } from './short-plan.ts';
import { countedCommand } from './starts.ts';
import { findFaults } from './verdict.ts';
import { pidOf, pidsOf } from './victims.ts';

/** One that was really killed; `atMs` of performance.now(). */
export interface Killed {
  victim: Victim;
  pid: number;
  atMs: number;
}

/** Everything that a run leaves behind to be judged, while its processes still live. */
export interface Evidence {
  rig: ServiceRig;
  plan: KillPlan;
  killed: readonly Killed[];
  ended: PromotionView;
  /** Reasons of orders that were answered with ok. */
  acknowledged: readonly string[];
  serviceLog: ServiceLog;
  load: LoadReport;
  loadBeganMs: number;
  startsPath: string;
  /** Why it would not have gone on by itself. */
  helped: readonly string[];
}

export interface KillRunReport {
  seed: number;
  /** `controller when adopt 1 was issued`; one that was not there is told as such. */
  kills: string;
  outcome: string;
  failedRequests: number;
  seconds: number;
  problems: readonly string[];
}

const POLL_MS = 50;
const WATCH_MS = 5;
/** Where everything takes ten times as long, that alone is no fault. */
const RUN_MS_MAX = 300_000;
const SETTLE_MS = 60_000;
const BEGIN_ATTEMPTS = 4;
const HEALTH_MS = 60_000;
const PAUSED_MS = 400;
const LOAD = { ratePerSecond: 40, paths: ['/'], connections: 8 };

/** One whole promotion on real processes, of which some are killed. */
export async function killRun(seed: number): Promise<KillRunReport> {
  const begunMs = performance.now();
  const run = new Run(killPlan(seed));
  const options = { traffic: { intervalMs: 250 }, workload: { healthDeadlineMs: HEALTH_MS } };
  const problems: string[] = [];
  try {
    await withServiceRig(options, async (rig) => {
      Object.assign(process.env, nonceEnv(rig.nonce));
      problems.push(...(await run.through(rig)));
    });
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  }
  return {
    seed,
    kills: run.told.join(', '),
    outcome: run.outcome,
    failedRequests: run.failedRequests,
    seconds: Math.round(performance.now() - begunMs) / 1_000,
    problems,
  };
}

class Run {
  readonly told: string[] = [];
  outcome = 'none';
  failedRequests = 0;
  private readonly plan: KillPlan;
  private readonly killed: Killed[] = [];
  private readonly acknowledged: string[] = [];
  private readonly helped: string[] = [];
  private silentUntilMs = 0;
  private keeperIsBack: Promise<void> = Promise.resolve();
  private isOver = false;

  constructor(plan: KillPlan) {
    this.plan = plan;
  }

  async through(rig: ServiceRig): Promise<string[]> {
    const startsPath = join(rig.state, 'starts.txt');
    await begin(() => rig.startKeeper());
    const { port } = await rig.splitterState();
    const client = new ControllerClient(rig.state);
    const serviceLog = new ServiceLog(rig);
    const loadBeganMs = performance.now();
    const load = startLoad({ port, ...LOAD });
    try {
      await begin(async () => must(await client.promotions()));
      const id = await this.open(client, countedCommand(startsPath));
      const [ended] = await Promise.all([
        this.untilEnded(client, id),
        this.killAll(rig),
        this.pauseOnce(client, id),
      ]);
      this.outcome = ended.outcome?.kind ?? 'none';
      await this.settle(rig, client);
      const report = await load.stop();
      this.failedRequests = report.failed.length;
      await serviceLog.stop();
      const { plan, killed, acknowledged, helped } = this;
      return await findFaults({
        ...{ rig, plan, killed, ended, acknowledged, helped },
        ...{ serviceLog, load: report, loadBeganMs, startsPath },
      });
    } finally {
      this.isOver = true;
      await load.stop();
      await serviceLog.stop();
      await stopController(rig, client);
    }
  }

  private async open(client: ControllerClient, command: string): Promise<string> {
    const text = shortPlan(command);
    const asked: Promote = {
      ...{ path: 'short.yaml', text, args: {}, by: 'rm', rehearsal: false, supersede: false },
    };
    return must(await client.ask(PromotionView, 'POST', '/promote', asked)).id;
  }

  /** As a person would who looks at it: by asking a controller is started where none is. */
  private async untilEnded(client: ControllerClient, id: string): Promise<PromotionView> {
    const endMs = performance.now() + RUN_MS_MAX;
    let last = '';
    while (performance.now() < endMs) {
      await sleep(POLL_MS);
      if (performance.now() < this.silentUntilMs) continue;
      const seen = await client.promotion(id);
      last = JSON.stringify(seen.ok ? seen.value.waiting : seen.problem);
      if (!seen.ok) continue;
      if (seen.value.outcome !== null) {
        this.isOver = true;
        return seen.value;
      }
      const stuck = seen.value.waiting.find(({ on }) => on === 'person');
      if (stuck === undefined) continue;
      this.helped.push(stuck.text);
      await client.ask(PromotionView, 'POST', '/command', orderOf(id, 'retry', 'it stands still'));
    }
    this.isOver = true;
    throw new Error(`it did not end within ${RUN_MS_MAX} ms: ${last}`);
  }

  private async killAll(rig: ServiceRig): Promise<void> {
    const ledger = await ledgerOf(rig.state);
    let sinceMs = performance.now();
    try {
      for (const kill of this.plan.kills) {
        const { moment } = kill;
        while (!this.isOver) {
          const isNow =
            moment.kind === 'time'
              ? performance.now() - sinceMs >= moment.atMs
              : hasCome(stepsOf(ledger), moment);
          if (isNow) break;
          await sleep(WATCH_MS);
        }
        if (kill.delayMs > 0) await sleep(kill.delayMs);
        await this.kill(rig, kill);
        sinceMs = performance.now();
      }
      await this.keeperIsBack;
    } finally {
      ledger.close();
    }
  }

  private async kill(rig: ServiceRig, kill: Kill): Promise<void> {
    const what = `${kill.victim} ${momentText(kill.moment)}`;
    let pid = pidOf(rig, kill.victim);
    // One that is not there yet may still come.
    while (pid === null && !this.isOver) {
      await sleep(WATCH_MS);
      pid = pidOf(rig, kill.victim);
    }
    if (pid === null || !killPid(pid, 'SIGKILL')) {
      this.told.push(`${what} (was not there)`);
      return;
    }
    const atMs = performance.now();
    this.told.push(what);
    this.killed.push({ victim: kill.victim, pid, atMs });
    if (kill.victim === 'controller') this.silentUntilMs = atMs + this.plan.controllerAwayMs;
    // Whatever is killed meanwhile has no keeper.
    if (kill.victim === 'keeper') this.keeperIsBack = this.bringBack(rig);
  }

  private async bringBack(rig: ServiceRig): Promise<void> {
    await sleep(this.plan.keeperAwayMs);
    const started = await (await servicesOf(rig.state)).start(rig.definition.name);
    if (!started.ok) this.helped.push(`no keeper came: ${started.problem.message}`);
  }

  private async pauseOnce(client: ControllerClient, id: string): Promise<void> {
    const { pauseAtMs } = this.plan;
    if (pauseAtMs === null) return;
    const atMs = performance.now() + pauseAtMs;
    while (performance.now() < atMs && !this.isOver) await sleep(POLL_MS);
    if (this.isOver || !(await this.order(client, id, 'pause', 0))) return;
    await sleep(PAUSED_MS);
    for (let attempt = 0; !this.isOver; attempt += 1) {
      if (await this.order(client, id, 'resume', attempt)) return;
      await sleep(POLL_MS);
    }
  }

  /** Whether it was taken; of one that was not answered nobody knows. */
  private async order(
    client: ControllerClient,
    id: string,
    command: Order['command'],
    attempt: number,
  ): Promise<boolean> {
    const reason = `${command} ${attempt}`;
    const order = orderOf(id, command, reason);
    const taken = await client.ask(PromotionView, 'POST', '/command', order);
    if (taken.ok) this.acknowledged.push(reason);
    // A pause that nobody answered may have been taken all the same: it is resumed in any case.
    return taken.ok || taken.problem.code === (command === 'pause' ? 'unavailable' : 'conflict');
  }

  /** What was killed last comes back: only then the world is as it stays. */
  private async settle(rig: ServiceRig, client: ControllerClient): Promise<void> {
    const services = await servicesOf(rig.state);
    await begin(async () => must(await client.promotions()));
    await begin(async () => must(await services.start(rig.definition.name)));
    const endMs = performance.now() + SETTLE_MS;
    while (performance.now() < endMs) {
      const [keeper, splitter] = [
        await rig.call('keeper', 'GET', '/state'),
        await rig.call('splitter', 'GET', '/state'),
      ];
      if (keeper.ok && splitter.ok) {
        const { instances } = await rig.keeperState();
        const { stable, candidate } = await rig.splitterState();
        const isQuiet = instances.length === 1 && instances[0]?.process.up === true;
        if (isQuiet && stable?.up === true && candidate === null) break;
      }
      await sleep(POLL_MS);
    }
    // An old stable that drains is still there for a moment.
    while (performance.now() < endMs && pidsOf(rig, 'track').length > 1) await sleep(POLL_MS);
  }
}

/** What does not come up in its time on a busy machine is asked for again. */
async function begin(start: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await start();
      return;
    } catch (error) {
      if (attempt === BEGIN_ATTEMPTS) throw error;
    }
  }
}

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.problem.message);
  return result.value;
}

function orderOf(id: string, command: Order['command'], reason: string): Order {
  return { id, command, by: 'operator', reason };
}

/** It ends before the keeper: it would start one that it misses. */
async function stopController(rig: ServiceRig, client: ControllerClient): Promise<void> {
  const endMs = performance.now() + SETTLE_MS;
  if (pidsOf(rig, 'controller').length > 0) await client.ask(PromotionView, 'POST', '/stop');
  while (pidsOf(rig, 'controller').length > 0 && performance.now() < endMs) await sleep(20);
}
