import type { ProcessState } from '../protocol/keeper.ts';

/**
 * What runs already, at an address that the service or the release names, in the place of a
 * Supervised: it is watched as any instance, and nothing here starts it, ends it or reads its log.
 */
export class External {
  up = false;
  /** It is nobody's child; whether it is the same process as before cannot be told. */
  readonly pid = null;

  get state(): ProcessState {
    const nothingKnown = { startedMs: 0, restarts: 0, exits: [], rssBytes: 0, cpuMs: 0 };
    return { pid: this.pid, up: this.up, ...nothingKnown };
  }

  async run(): Promise<void> {}

  /** It goes on: only that it is used ends here. */
  async stop(): Promise<void> {
    this.up = false;
  }

  leave(): void {}

  sample(): void {}

  noteHealthy(): void {}
}
