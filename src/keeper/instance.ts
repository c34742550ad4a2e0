import { ok, type Result } from '../base/result.ts';
import type { InstanceProcess } from '../protocol/keeper.ts';
import type { Workload } from '../protocol/service.ts';
import type { TrackPlace } from '../protocol/splitter.ts';
import { checkArtifacts } from './artifacts.ts';
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

/** A process of a track: its port, its health, its life. */
export class Instance {
  readonly saved: SavedInstance;
  private readonly options: InstanceOptions;
  private readonly supervised: Supervised;
  private timer: NodeJS.Timeout | null = null;
  private failed = 0;
  /** Since its last start; of one that an earlier keeper started it is taken for granted. */
  private wasHealthy = true;
  private isEnding = false;

  constructor(options: InstanceOptions) {
    this.options = options;
    this.saved = options.saved;
    this.supervised = new Supervised({
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

  get place(): TrackPlace {
    const { port, instance } = this.saved;
    return { host: '127.0.0.1', port, instance, up: this.supervised.up };
  }

  get state(): InstanceProcess {
    const { track, instance, version, port } = this.saved;
    return { track, instance, version, port, process: this.supervised.state };
  }

  /** One that is found alive is asked before anyone hears of it: not known to be up is not down. */
  async run(): Promise<void> {
    await this.supervised.run();
    if (!this.wasHealthy || this.supervised.pid === null) return;
    for (let check = 0; check < FAILURES_MAX && !this.supervised.up; check += 1) {
      if (check > 0) await new Promise((resolve) => setTimeout(resolve, FIRST_CHECKS_MS));
      this.note(await isHealthy(this.saved.port, this.options.workload.healthPath));
    }
    this.watch();
  }

  /** Whether it was seen healthy before its deadline, and before it was given up. */
  async becameHealthy(isGivenUp: () => boolean): Promise<boolean> {
    const deadline = performance.now() + this.options.workload.healthDeadlineMs;
    while (!this.supervised.up && performance.now() < deadline && !isGivenUp()) {
      await new Promise((resolve) => setTimeout(resolve, FIRST_CHECKS_MS));
    }
    return this.supervised.up;
  }

  async stop(): Promise<void> {
    this.isEnding = true;
    this.unwatch();
    await this.supervised.stop(this.options.workload.stopGraceMs);
  }

  leave(): void {
    this.isEnding = true;
    this.unwatch();
    this.supervised.leave();
  }

  sample(): void {
    this.supervised.sample();
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
    const filled = (saved.command ?? options.workload.command)
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
      const healthy = await isHealthy(this.saved.port, healthPath);
      if (this.isEnding || this.timer === null) return;
      this.note(healthy);
      const soon = this.supervised.up ? healthEveryMs : Math.min(healthEveryMs, FIRST_CHECKS_MS);
      this.timer = setTimeout(() => void look(), soon);
    };
    this.timer = setTimeout(() => void look(), 0);
  }

  private note(healthy: boolean): void {
    const { supervised } = this;
    this.failed = healthy ? 0 : this.failed + 1;
    if (healthy) {
      this.wasHealthy = true;
      supervised.noteHealthy();
    }
    const up = healthy || (supervised.up && this.failed < FAILURES_MAX);
    // A neighbour may answer on the port of one that has ended.
    const isUp = up && supervised.pid !== null;
    if (isUp === supervised.up) return;
    supervised.up = isUp;
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

/** An instance that has not been started yet, with a port of its own. */
export async function newInstance(
  name: Pick<SavedInstance, 'track' | 'instance' | 'version' | 'command' | 'artifacts'>,
): Promise<SavedInstance> {
  const process = { ...NO_PROCESS, exits: [] };
  return { ...name, build: name.version, port: await freePort(), process };
}
