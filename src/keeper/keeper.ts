import { join } from 'node:path';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { programPath } from '../process/program.ts';
import type { Adoption, KeeperState, StartInstance, StopTrack } from '../protocol/keeper.ts';
import type { ServiceDefinition } from '../protocol/service.ts';
import type { Fence } from '../protocol/splitter.ts';
import { checkArtifacts } from './artifacts.ts';
import { Instance, type InstanceOptions, newInstance } from './instance.ts';
import { NO_PROCESS, readKeeperFile, type SavedKeeper, writeKeeperFile } from './keeper-file.ts';
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
  private sampler: NodeJS.Timeout | null = null;
  /** One order after the other. */
  private tail: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, definition: ServiceDefinition, saved: SavedKeeper) {
    this.folder = folder;
    this.definition = definition;
    this.saved = saved;
    this.link = new SplitterLink(folder, () => ({
      stable: this.find('stable')?.place ?? null,
      candidate: this.find('candidate')?.place ?? null,
      adopt: saved.isAdopting,
    }));
    this.splitter = new Supervised({
      saved: saved.splitter,
      logPath: join(folder, 'logs', 'splitter.log'),
      command: async () => ({
        file: process.execPath,
        args: [programPath('splitter'), folder],
        cwd: folder,
        env: {},
      }),
      save: () => this.save(),
      onStart: () => this.link.startOver(),
      onExit: () => {},
      pollMs: SPLITTER_POLL_MS,
      isFirstRestartImmediate: true,
    });
    this.instances = saved.instances.map((one) => new Instance(this.instanceOptions(one)));
  }

  /** Finds what still lives, starts what should live and does not: there is no other start. */
  static async start(folder: string, definition: ServiceDefinition): Promise<Result<Keeper>> {
    const read = readKeeperFile(join(folder, 'keeper.json'));
    if (!read.ok) return read;
    const nothing = { term: 0, generation: 0 };
    const saved = read.value ?? {
      v: 1,
      fence: nothing,
      splitter: { ...NO_PROCESS },
      instances: [],
      isAdopting: false,
    };
    if (!saved.instances.some(({ track }) => track === 'stable')) {
      const { version } = definition;
      const name = {
        track: 'stable',
        instance: `stable/${version}`,
        version,
        command: null,
      } as const;
      saved.instances.push(await newInstance(name));
    }
    const keeper = new Keeper(folder, definition, saved);
    await keeper.splitter.run();
    await Promise.all(keeper.instances.map((one) => one.run()));
    keeper.sampler = setInterval(() => keeper.sample(), SAMPLE_MS);
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
    return this.inTurn(order.fence, async () => {
      const known = this.instances.find(({ saved }) => saved.instance === order.instance);
      if (known !== undefined) return await this.whenUp(known);
      const checked = await checkArtifacts(this.definition.workload.cwd, order.artifacts);
      if (!checked.ok) return checked;
      const other = this.find(order.track);
      if (other !== undefined) await this.remove(other);
      const { track, instance, version, command } = order;
      const saved = await newInstance({ track, instance, version, command });
      const made = new Instance(this.instanceOptions(saved));
      this.instances.push(made);
      this.save();
      await made.run();
      return await this.whenUp(made);
    });
  }

  stopTrack({ fence, track }: StopTrack): Promise<Result<KeeperState>> {
    return this.inTurn(fence, async () => {
      const found = this.find(track);
      if (found === undefined) return ok(this.state);
      await this.link.drain(track, this.definition.traffic.limits.drainMs);
      await this.remove(found);
      return ok(this.state);
    });
  }

  adopt({ fence, version }: Adoption): Promise<Result<KeeperState>> {
    return this.inTurn(fence, async () => {
      const candidate = this.find('candidate');
      const before = this.find('stable');
      if (candidate !== undefined) {
        candidate.saved.track = 'stable';
        candidate.saved.version = version;
        this.instances = this.instances.filter((one) => one !== before);
        this.saved.isAdopting = true;
        this.save();
      } else if (before?.saved.version !== version) {
        return fail(problem('refused', 'there is no candidate that could become stable'));
      }
      const told = await this.link.tellNow();
      if (!told.ok) return told;
      this.saved.isAdopting = false;
      this.save();
      if (candidate !== undefined && before !== undefined) {
        await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
        await before.stop();
      }
      return ok(this.state);
    });
  }

  replaceSplitter(program: string | null): Promise<Result<KeeperState>> {
    return this.inTurn(this.saved.fence, async () => {
      const replaced = await this.link.replace(program);
      if (!replaced.ok) return replaced;
      this.splitter.handOver(replaced.value);
      await this.link.tellNow();
      return ok(this.state);
    });
  }

  /** Everything of the service ends; stable is what it starts with next time. */
  async stop(): Promise<void> {
    await this.inTurn(this.saved.fence, async () => {
      await this.link.stop();
      await this.splitter.stop(SPLITTER_STOP_MS);
      for (const one of this.instances) await one.stop();
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
    for (const one of this.instances) one.leave();
  }

  private inTurn(
    fence: Fence,
    work: () => Promise<Result<KeeperState>>,
  ): Promise<Result<KeeperState>> {
    const turn = this.tail.then(async () => {
      const known = this.saved.fence;
      if (isOlder(fence, known)) {
        const text = `term ${fence.term}, generation ${fence.generation} is older than`;
        const newest = `term ${known.term}, generation ${known.generation}`;
        return fail(problem('refused', `${text} ${newest}`));
      }
      if (isOlder(known, fence)) {
        this.saved.fence = fence;
        this.save();
      }
      return await work();
    });
    this.tail = turn.catch(() => undefined);
    return turn;
  }

  private async whenUp(one: Instance): Promise<Result<KeeperState>> {
    if (await one.becameHealthy()) {
      await this.link.tellNow();
      return ok(this.state);
    }
    const { healthDeadlineMs } = this.definition.workload;
    const { exits } = one.saved.process;
    await this.remove(one);
    const ended = exits.at(-1);
    const why = ended === undefined ? '' : `; it ended with ${ended.code ?? ended.signal}`;
    const message = `${one.saved.instance} was not healthy within ${healthDeadlineMs} ms${why}`;
    const hint = `auroractl service logs ${this.definition.name} --of ${one.saved.track}`;
    return fail(problem('unavailable', message, hint));
  }

  private async remove(one: Instance): Promise<void> {
    this.instances = this.instances.filter((other) => other !== one);
    await this.link.tellNow();
    await one.stop();
    this.save();
  }

  private find(track: 'stable' | 'candidate'): Instance | undefined {
    return this.instances.find(({ saved }) => saved.track === track);
  }

  private instanceOptions(saved: InstanceOptions['saved']): InstanceOptions {
    return {
      saved,
      workload: this.definition.workload,
      logPath: () => join(this.folder, 'logs', `${saved.track}.log`),
      save: () => this.save(),
      onChange: () => this.link.tell(),
    };
  }

  private sample(): void {
    this.splitter.sample();
    for (const one of this.instances) one.sample();
  }

  private save(): void {
    const instances = this.instances.map(({ saved }) => saved);
    writeKeeperFile(join(this.folder, 'keeper.json'), { ...this.saved, instances });
  }
}

function isOlder(one: Fence, other: Fence): boolean {
  return one.term < other.term || (one.term === other.term && one.generation < other.generation);
}
