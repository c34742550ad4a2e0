import { join } from 'node:path';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { programPath } from '../process/program.ts';
import type { Adoption, KeeperState, StartInstance, StopTrack } from '../protocol/keeper.ts';
import type { ServiceDefinition } from '../protocol/service.ts';
import type { Fence, TrackName } from '../protocol/splitter.ts';
import { buildOf, checkAddress, checkStart } from './check-start.ts';
import { Instance, type InstanceOptions, newInstance } from './instance.ts';
import { newKeeperFile, readKeeperFile, type SavedKeeper, writeKeeperFile } from './keeper-file.ts';
import { takeOverLog } from './log-file.ts';
import { OrderQueue } from './order-queue.ts';
import { SplitterLink } from './splitter-link.ts';
import { Supervised } from './supervised.ts';

const SAMPLE_MS = 5_000;
const SPLITTER_POLL_MS = 50;
const SPLITTER_STOP_MS = 5_000;
/** Between the last request to an adopted-over stable and its SIGTERM; it ends what is open itself. */
const SETTLE_MS = 1_000;

/** The processes of one service: its splitter and its tracks. It does as it is told, and decides nothing. */
export class Keeper {
  private readonly folder: string;
  private readonly definition: ServiceDefinition;
  private readonly saved: SavedKeeper;
  private readonly splitter: Supervised;
  private readonly link: SplitterLink;
  private instances: Instance[];
  /** Of no track any more; they are being stopped. */
  private leaving: Instance[];
  private sampler: NodeJS.Timeout | null = null;
  private readonly orders: OrderQueue;

  private constructor(folder: string, definition: ServiceDefinition, saved: SavedKeeper) {
    this.folder = folder;
    this.definition = definition;
    this.saved = saved;
    this.orders = new OrderQueue(
      () => saved.fence,
      (fence) => {
        saved.fence = fence;
        this.save();
      },
    );
    this.link = new SplitterLink(folder, () => ({
      stable: this.find('stable')?.place ?? null,
      candidate: this.find('candidate')?.place ?? null,
      baseline: this.find('baseline')?.place ?? null,
      adopt: saved.isAdopting,
    }));
    this.splitter = new Supervised({
      saved: saved.splitter,
      logPath: () => join(folder, 'logs', 'splitter.log'),
      command: async () => {
        const args = [programPath('splitter'), folder];
        return ok({ file: process.execPath, args, cwd: folder, env: {} });
      },
      heir: () => this.link.pid(),
      save: () => this.save(),
      onStart: () => this.link.startOver(),
      onExit: () => {},
      pollMs: SPLITTER_POLL_MS,
      isFirstRestartImmediate: true,
    });
    this.instances = saved.instances.map((one) => new Instance(this.instanceOptions(one)));
    this.leaving = saved.leaving.map((one) => new Instance(this.instanceOptions(one)));
  }

  /** Finds what still lives, starts what should live and does not: there is no other start. */
  static async start(folder: string, definition: ServiceDefinition): Promise<Result<Keeper>> {
    const read = readKeeperFile(join(folder, 'keeper.json'));
    if (!read.ok) return read;
    const saved = read.value ?? newKeeperFile();
    const { workload } = definition;
    const checked = checkAddress(workload.command, definition);
    if (!checked.ok) return checked;
    if (!saved.instances.some(({ track }) => track === 'stable')) {
      const { version } = definition;
      const name = { track: 'stable', instance: `stable/${version}` } as const;
      const what = { version, build: version, command: null, artifacts: [] };
      saved.instances.push(await newInstance({ ...name, ...what }, workload));
    }
    const keeper = new Keeper(folder, definition, saved);
    await Promise.all([keeper.splitter, ...keeper.instances].map((one) => one.run()));
    keeper.link.begin();
    keeper.sampler = setInterval(() => keeper.sample(), SAMPLE_MS);
    // What an earlier keeper had begun; should it fail, the same order comes again.
    if (saved.isAdopting) void keeper.orders.inTurn(null, () => keeper.finishAdoption());
    else void keeper.orders.inTurn(null, () => keeper.endLeaving());
    return ok(keeper);
  }

  get state(): KeeperState {
    return {
      pid: process.pid,
      service: this.definition.name,
      fence: this.saved.fence,
      splitter: { ...this.splitter.state, up: this.link.isHeard && this.splitter.pid !== null },
      instances: this.instances.map((one) => one.state),
    };
  }

  startInstance(order: StartInstance): Promise<Result<KeeperState>> {
    const { fence, track, instance } = order;
    this.orders.hear(order);
    return this.orders.inTurn(fence, async () => {
      const known = this.instances.find(({ saved }) => saved.instance === instance);
      // Adopted meanwhile: it lives, and stable is not measured by a start.
      if (known !== undefined && known.saved.track !== track) return ok(this.state);
      if (known !== undefined) return await this.whenUp(known, fence);
      const what = buildOf(order, this.find('stable'));
      if (!what.ok) return what;
      const ordered = { ...order, ...what.value };
      const checked = await checkStart(ordered, this.definition, this.instances);
      if (!checked.ok) return checked;
      const other = this.find(track);
      if (other !== undefined) await this.remove(other);
      const { workload } = this.definition;
      const saved = await newInstance({ track, instance, ...what.value }, workload);
      const made = new Instance(this.instanceOptions(saved));
      this.instances.push(made);
      await made.run();
      return await this.whenUp(made, fence);
    });
  }

  stopTrack({ fence, track }: StopTrack): Promise<Result<KeeperState>> {
    this.orders.hear({ fence, track, instance: null });
    return this.orders.inTurn(fence, async () => {
      const found = this.find(track);
      if (found === undefined) {
        return this.saved.isAdopting ? await this.finishAdoption() : await this.endLeaving();
      }
      await this.link.drain(track, this.definition.traffic.limits.drainMs);
      await this.remove(found);
      return ok(this.state);
    });
  }

  adopt({ fence, version }: Adoption): Promise<Result<KeeperState>> {
    return this.orders.inTurn(fence, async () => {
      const candidate = this.find('candidate');
      const before = this.find('stable');
      // A moment after it died it would become a stable that is down, and the one that works go.
      if (candidate !== undefined && !(await candidate.becameHealthy(() => false))) {
        const message = `${candidate.saved.instance} is down: it does not become stable like that`;
        return fail(problem('unavailable', message));
      }
      if (candidate !== undefined) {
        this.leaving.push(...this.instances.filter((one) => one !== candidate));
        this.instances = [candidate];
        candidate.saved.track = 'stable';
        candidate.saved.version = version;
        this.saved.isAdopting = true;
        this.save();
      } else if (before?.saved.version !== version) {
        return fail(problem('refused', 'there is no candidate that could become stable'));
      }
      return await this.finishAdoption();
    });
  }

  replaceSplitter(program: string | null): Promise<Result<KeeperState>> {
    return this.orders.inTurn(null, async () => {
      const replaced = await this.link.replace(program);
      if (!replaced.ok) return replaced;
      this.splitter.handOver(replaced.value);
      await this.link.tellNow();
      return ok(this.state);
    });
  }

  /** Everything of the service ends; stable is what it starts with next time. */
  async stop(): Promise<Result<KeeperState>> {
    this.orders.hearStop();
    return await this.orders.inTurn(null, async () => {
      this.splitter.expectEnd();
      await this.link.stop();
      await this.splitter.stop(SPLITTER_STOP_MS);
      const [stable, ...others] = this.instances.toSorted(stableFirst);
      for (const one of [...this.leaving, ...others]) await one.stop();
      await stable?.stop();
      this.leaving = [];
      this.instances = this.instances.filter(({ saved }) => saved.track === 'stable');
      this.save();
      this.leave();
      return ok(this.state);
    });
  }

  /** The keeper goes, everything else goes on. */
  leave(): void {
    if (this.sampler !== null) clearInterval(this.sampler);
    this.link.close();
    this.splitter.leave();
    for (const one of [...this.instances, ...this.leaving]) one.leave();
  }

  private async whenUp(one: Instance, fence: Fence): Promise<Result<KeeperState>> {
    const { track, instance, process } = one.saved;
    const isGivenUp = (): boolean => this.orders.isGivenUp({ fence, track, instance });
    if (await one.becameHealthy(isGivenUp)) {
      await this.link.tellNow();
      return ok(this.state);
    }
    await this.remove(one);
    if (isGivenUp()) {
      return fail(problem('unavailable', `${instance} was given up for a newer order`));
    }
    const { healthDeadlineMs } = this.definition.workload;
    const ended = process.exits.at(-1);
    const why = ended === undefined ? '' : `; it ended with ${ended.code ?? ended.signal}`;
    const message = `${instance} was not healthy within ${healthDeadlineMs} ms${why}`;
    const hint =
      one.address === null
        ? `auroractl service logs ${this.definition.name} --of ${track}`
        : `does anything answer at ${one.address.host}:${one.address.port}?`;
    return fail(problem('unavailable', message, hint));
  }

  /** Said to the splitter with the same words as often as it takes; then the old stable goes. */
  private async finishAdoption(): Promise<Result<KeeperState>> {
    const told = await this.link.tellNow();
    if (!told.ok) return told;
    this.saved.isAdopting = false;
    this.save();
    if (this.leaving.length === 0) return ok(this.state);
    const { drainMs } = this.definition.traffic.limits;
    await new Promise((resolve) => setTimeout(resolve, Math.min(drainMs, SETTLE_MS)));
    return await this.endLeaving();
  }

  private async remove(one: Instance): Promise<void> {
    this.instances = this.instances.filter((other) => other !== one);
    this.leaving.push(one);
    this.save();
    await this.link.tellNow();
    await this.endLeaving([one]);
  }

  /** An old stable must not be among them before the splitter has heard of the new one. */
  private async endLeaving(those = this.leaving): Promise<Result<KeeperState>> {
    const hadStable = those.some(({ saved }) => saved.track === 'stable');
    await Promise.all(those.map((one) => one.stop()));
    this.leaving = this.leaving.filter((one) => !those.includes(one));
    if (hadStable && this.find('candidate') === undefined) {
      takeOverLog(this.logPath('candidate'), this.logPath('stable'));
    }
    this.save();
    return ok(this.state);
  }

  private find(track: TrackName): Instance | undefined {
    return this.instances.find(({ saved }) => saved.track === track);
  }

  private instanceOptions(saved: InstanceOptions['saved']): InstanceOptions {
    return {
      saved,
      workload: this.definition.workload,
      logPath: () => this.logPath(saved.track),
      save: () => this.save(),
      onChange: () => this.link.tell(),
    };
  }

  private logPath(track: TrackName): string {
    return join(this.folder, 'logs', `${track}.log`);
  }

  private sample(): void {
    this.splitter.sample();
    for (const one of this.instances) one.sample();
  }

  private save(): void {
    const instances = this.instances.map(({ saved }) => saved);
    const leaving = this.leaving.map(({ saved }) => saved);
    writeKeeperFile(join(this.folder, 'keeper.json'), { ...this.saved, instances, leaving });
  }
}

function stableFirst(one: Instance, other: Instance): number {
  return Number(other.saved.track === 'stable') - Number(one.saved.track === 'stable');
}
