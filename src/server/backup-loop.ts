import type { Controller } from '../app-controller.ts';
import { formatDuration } from '../base/duration.ts';
import { formatInstant } from '../base/instant.ts';
import type { Problem } from '../base/problem.ts';
import { ok, type Result } from '../base/result.ts';
import type { BackupView, MadeBackup } from '../protocol/backup.ts';
import type { BackupSettings } from './backup-settings.ts';
import { runBackup } from './run-backup.ts';

/** After a failure, and after a start that finds a backup overdue: recovery goes first. */
const SOON_MS = 60_000;
/** A run that takes longer hangs: a network folder that does not answer. */
const RUN_MS_MIN = 900_000;

export interface BackupLoop {
  view(): BackupView;
  /** Resolves when no run is under way. */
  stop(): Promise<void>;
}

/** What is backed up, and who is told where it fails. */
interface BackedUp extends Pick<Controller, 'backups' | 'notifier'> {
  past: Pick<Controller['past'], 'ledgerSize' | 'ledgerVersion'>;
  engine: Pick<Controller['engine'], 'promotions'>;
}

type RunBackup = typeof runBackup;

/**
 * Makes a backup of the controller's ledger every interval, where something was written since the
 * last. A failure pages, and is tried again soon, until one is made.
 */
export function backupLoop(
  controller: BackedUp,
  state: string,
  settings: Result<BackupSettings>,
  run: RunBackup = runBackup,
): BackupLoop {
  const keeper = new BackupKeeper(controller, state, settings, run);
  const stopped = new AbortController();
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      stopped.signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  const work = async (): Promise<void> => {
    for (let ms = keeper.firstMs(Date.now()); ms !== null; ) {
      await pause(ms);
      if (stopped.signal.aborted) return;
      ms = await keeper.attempt(stopped.signal);
    }
  };
  const running = work();
  return {
    view: () => keeper.view(),
    stop: async () => {
      stopped.abort('the controller ends');
      await running;
    },
  };
}

class BackupKeeper {
  private readonly controller: BackedUp;
  private readonly state: string;
  private readonly settings: Result<BackupSettings>;
  private readonly run: RunBackup;
  private newest: MadeBackup | null = null;
  private freshAtMs: number | null = null;
  /** Of the ledger when the newest backup began; null: another process made it. */
  private version: number | null = null;
  private failure: BackupView['problem'] = null;

  constructor(
    controller: BackedUp,
    state: string,
    settings: Result<BackupSettings>,
    run: RunBackup,
  ) {
    this.controller = controller;
    this.state = state;
    this.settings = settings;
    this.run = run;
    const found = settings.ok ? controller.backups(settings.value.folder) : ok([]);
    this.newest = found.ok ? (found.value[0] ?? null) : null;
    this.freshAtMs = this.newest?.takenAtMs ?? null;
  }

  view(): BackupView {
    const { settings, newest, freshAtMs, failure } = this;
    const { folder, intervalMs } = settings.ok ? settings.value : { folder: '', intervalMs: null };
    return { folder, intervalMs, newest, freshAtMs, problem: failure };
  }

  /** How long until the first attempt; null: there will be none. */
  firstMs(nowMs: number): number | null {
    if (!this.settings.ok) return 0;
    const { intervalMs } = this.settings.value;
    if (intervalMs === null) return null;
    const soonMs = Math.min(intervalMs, SOON_MS);
    const dueMs = (this.newest?.takenAtMs ?? 0) + intervalMs;
    // A backup from the future, of a clock that was set back since, is no reason to wait for it.
    return Math.min(Math.max(dueMs - nowMs, soonMs), intervalMs);
  }

  /** One attempt; answers how long until the next, null: there is none. */
  async attempt(stopped: AbortSignal): Promise<number | null> {
    if (!this.settings.ok) {
      await this.failed(this.settings.problem, null);
      return null;
    }
    const { folder, intervalMs } = this.settings.value;
    if (intervalMs === null) return null;
    const nowMs = Date.now();
    const version = this.controller.past.ledgerVersion();
    const due = version.ok ? this.isDue(folder, version.value) : version;
    if (due.ok && !due.value) {
      this.freshAtMs = nowMs;
      await this.mended();
      return intervalMs;
    }
    const late = AbortSignal.timeout(Math.max(intervalMs, RUN_MS_MIN));
    const signal = AbortSignal.any([stopped, late]);
    const made = due.ok ? await this.run(this.state, folder, signal) : due;
    if (stopped.aborted) return null;
    if (!made.ok) {
      const againMs = Math.min(intervalMs, SOON_MS);
      await this.failed(made.problem, againMs);
      return againMs;
    }
    this.newest = made.value;
    this.freshAtMs = made.value.takenAtMs;
    this.version = version.ok ? version.value : null;
    await this.mended();
    return Math.max(0, intervalMs - (Date.now() - nowMs));
  }

  /**
   * Whether anything was written since the newest backup that is there. One of an earlier controller
   * is taken for complete when it has all entries and nothing is active: only what is active has
   * rows behind its last entry.
   */
  private isDue(folder: string, version: number): Result<boolean> {
    const { past, engine, backups } = this.controller;
    const found = backups(folder);
    if (!found.ok) return found;
    const there = found.value.find(({ path }) => this.newest === null || path === this.newest.path);
    if (there === undefined) return entriesOf(past);
    if (this.version !== null) return ok(version !== this.version);
    this.newest = there;
    const entries = past.ledgerSize();
    if (!entries.ok) return entries;
    return ok(entries.value !== there.entries || engine.promotions.length > 0);
  }

  private async failed({ message }: Problem, againMs: number | null): Promise<void> {
    const { sinceMs, tries } = this.failure ?? { sinceMs: Date.now(), tries: 0 };
    this.failure = { message, sinceMs, tries: tries + 1 };
    const again =
      againMs === null
        ? 'Nothing is tried until the controller is started with another setting.'
        : `It is tried again every ${formatDuration(againMs)}.`;
    const fresh =
      this.freshAtMs === null
        ? 'There is no backup.'
        : `The newest one holds the ledger as of ${formatInstant(this.freshAtMs)}.`;
    // A page that nobody took is told again with the next failure; one that was taken is not.
    await this.controller.notifier.send({
      id: `backup-failed-${sinceMs}`,
      level: 'critical',
      title: 'no backup of the ledger',
      text: `${message}\n${fresh} ${again}\nRunbook: docs/operating/backup.md`,
    });
  }

  private async mended(): Promise<void> {
    if (this.failure === null) return;
    const { sinceMs, tries } = this.failure;
    this.failure = null;
    await this.controller.notifier.send({
      id: `backup-mended-${sinceMs}`,
      level: 'info',
      title: 'the ledger is backed up again',
      text: `After ${tries} attempts since ${formatInstant(sinceMs)}.`,
    });
  }
}

/** An empty ledger has nothing to lose. */
function entriesOf(past: BackedUp['past']): Result<boolean> {
  const entries = past.ledgerSize();
  return entries.ok ? ok(entries.value > 0) : entries;
}
