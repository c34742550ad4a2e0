import { assert } from '../base/assert.ts';
import { ok, type Result } from '../base/result.ts';
import { parseTrackAddress, type TrackAddress } from '../base/track-address.ts';
import type { InstanceProcess } from '../protocol/keeper.ts';
import type { Workload } from '../protocol/service.ts';
import type { TrackPlace } from '../protocol/splitter.ts';
import { checkArtifacts } from './artifacts.ts';
import { External } from './external.ts';
import { freePort } from './free-port.ts';
import { isHealthy } from './health.ts';
import { NO_PROCESS, type SavedInstance } from './keeper-file.ts';
import { type Command, Supervised } from './supervised.ts';

export interface InstanceOptions {
  saved: SavedInstance;
  workload: Workload;
  logPath: () => string;
  save: () => void;
  /** Its place or whether it is up has changed. */
  onChange: () => void;
}

const FAILURES_MAX = 3;
const POLL_MS = 250;
const FIRST_CHECKS_MS = 50;
/** What more than a plain command makes of a shell's line, or says `exec` itself. */
const SHELL = /[;&|<>()`\n]|^\s*\w+=|^\s*(exec|!|\.|\{)\s/;

/** What answers for a track, a process of ours or one that runs already: its place, health and life. */
export class Instance {
  readonly saved: SavedInstance;
  /** null: a process that the keeper starts. */
  readonly address: TrackAddress | null;
  private readonly options: InstanceOptions;
  private readonly life: Supervised | External;
  private timer: NodeJS.Timeout | null = null;
  private failed = 0;
  /** Since its last start; of one that an earlier keeper started it is taken for granted. */
  private wasHealthy = true;
  private isEnding = false;

  constructor(options: InstanceOptions) {
    this.options = options;
    this.saved = options.saved;
    this.address = addressOf(options.saved, options.workload);
    this.life = this.address === null ? this.supervise() : new External();
  }

  get place(): TrackPlace {
    return { ...this.at, instance: this.saved.instance, up: this.life.up };
  }

  get state(): InstanceProcess {
    const { track, instance, version } = this.saved;
    const command = commandOf(this.saved, this.options.workload);
    return { track, instance, version, command, port: this.at.port, process: this.life.state };
  }

  /** One that is found alive is asked before anyone hears of it: not known to be up is not down. */
  async run(): Promise<void> {
    await this.life.run();
    if (!this.wasHealthy || !this.isThere) return;
    for (let check = 0; check < FAILURES_MAX && !this.life.up; check += 1) {
      if (check > 0) await new Promise((resolve) => setTimeout(resolve, FIRST_CHECKS_MS));
      this.note(await isHealthy(this.at, this.options.workload.healthPath));
    }
    this.watch();
  }

  /** Whether it was seen healthy before its deadline, and before it was given up. */
  async becameHealthy(isGivenUp: () => boolean): Promise<boolean> {
    const deadline = performance.now() + this.options.workload.healthDeadlineMs;
    while (!this.life.up && performance.now() < deadline && !isGivenUp()) {
      await new Promise((resolve) => setTimeout(resolve, FIRST_CHECKS_MS));
    }
    return this.life.up;
  }

  async stop(): Promise<void> {
    this.isEnding = true;
    this.unwatch();
    await this.life.stop(this.options.workload.stopGraceMs);
  }

  leave(): void {
    this.isEnding = true;
    this.unwatch();
    this.life.leave();
  }

  sample(): void {
    this.life.sample();
  }

  private supervise(): Supervised {
    const { options } = this;
    return new Supervised({
      saved: this.saved.process,
      logPath: options.logPath,
      command: () => this.command(),
      save: options.save,
      heir: async () => null,
      onStart: (isFound) => {
        this.wasHealthy = isFound;
        if (!isFound) this.watch();
      },
      onExit: () => this.exited(),
      pollMs: POLL_MS,
      isFirstRestartImmediate: false,
    });
  }

  private get at(): TrackAddress {
    return this.address ?? { host: '127.0.0.1', port: this.saved.port };
  }

  /** Of what runs elsewhere its answers alone tell. */
  private get isThere(): boolean {
    return this.address !== null || this.life.pid !== null;
  }

  /** A port that another took between our look and its start: the next start looks again. */
  private async command(): Promise<Result<Command>> {
    const { saved, options } = this;
    const { cwd, env } = options.workload;
    const checked = await checkArtifacts(cwd, saved.artifacts);
    if (!checked.ok) return checked;
    if (!this.wasHealthy && saved.process.exits.length > 0) {
      saved.port = await freePort();
      options.onChange();
    }
    const { port, build } = saved;
    const filled = commandOf(saved, options.workload)
      .replaceAll('{port}', String(port))
      .replaceAll('{version}', build);
    // exec: signals and exit codes are the program's own, not a shell's.
    const line = SHELL.test(filled) ? filled : `exec ${filled}`;
    return ok({ file: '/bin/sh', args: ['-c', line], cwd, env: { ...env, PORT: String(port) } });
  }

  private watch(): void {
    this.unwatch();
    const { healthEveryMs, healthPath } = this.options.workload;
    const look = async (): Promise<void> => {
      const healthy = await isHealthy(this.at, healthPath);
      if (this.isEnding || this.timer === null) return;
      this.note(healthy);
      const soon = this.life.up ? healthEveryMs : Math.min(healthEveryMs, FIRST_CHECKS_MS);
      this.timer = setTimeout(() => void look(), soon);
    };
    this.timer = setTimeout(() => void look(), 0);
  }

  private note(healthy: boolean): void {
    const { life } = this;
    this.failed = healthy ? 0 : this.failed + 1;
    if (healthy) {
      this.wasHealthy = true;
      life.noteHealthy();
    }
    const up = healthy || (life.up && this.failed < FAILURES_MAX);
    // A neighbour may answer on the port of one that has ended.
    const isUp = up && this.isThere;
    if (isUp === life.up) return;
    life.up = isUp;
    this.options.onChange();
  }

  private exited(): void {
    this.unwatch();
    this.options.onChange();
  }

  private unwatch(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}

/** Its own, or the service's. */
function commandOf({ command }: Pick<SavedInstance, 'command'>, workload: Workload): string {
  return command ?? workload.command;
}

/** Where it runs already; null: it is to be started. A bad address was refused when it was ordered. */
function addressOf(
  saved: Pick<SavedInstance, 'instance' | 'command'>,
  workload: Workload,
): TrackAddress | null {
  const parsed = parseTrackAddress(commandOf(saved, workload));
  if (parsed === null) return null;
  assert(parsed.ok, `${saved.instance} has an address that was never checked`);
  return parsed.value;
}

/** An instance that has not been started yet, with a port of its own; one that runs has its own. */
export async function newInstance(
  name: Omit<SavedInstance, 'port' | 'process'>,
  workload: Workload,
): Promise<SavedInstance> {
  const process = { ...NO_PROCESS, exits: [] };
  const port = addressOf(name, workload)?.port ?? (await freePort());
  return { ...name, port, process };
}
