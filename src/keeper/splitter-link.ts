import { ok, type Result } from '../base/result.ts';
import { callAdmin } from '../process/admin-client.ts';
import { socketPath } from '../process/socket-path.ts';
import type { TrackName, Tracks } from '../protocol/splitter.ts';

const RETRY_MS = 50;
const ANSWER_MS = 2_000;
/** Of a splitter that stands still no more is to be hoped for. */
const PID_MS = 500;
const TELL_NOW_MS = 10_000;
const REPLACE_MS = 15_000;

/** What the keeper says to its splitter: always all of it, again and again until it is heard. */
export class SplitterLink {
  private readonly folder: string;
  private readonly tracks: () => Tracks;
  /** It has heard where the tracks are since it was started. */
  isHeard = false;
  private isUntold = false;
  private isTelling = false;
  private isClosed = false;
  private hasBegun = false;

  constructor(folder: string, tracks: () => Tracks) {
    this.folder = folder;
    this.tracks = tracks;
  }

  /** From now on there is something to say: before, a track that lives could seem to be down. */
  begin(): void {
    this.hasBegun = true;
    this.tell();
  }

  /** It was started anew: what was said before may not have been heard. */
  startOver(): void {
    this.isHeard = false;
    this.tell();
  }

  /** Where the tracks are, as soon as the splitter hears it. */
  tell(): void {
    this.isUntold = true;
    if (this.hasBegun && !this.isTelling) void this.tellOn();
  }

  /** The same; answers when it was heard, or could not be for some time. */
  async tellNow(): Promise<Result<void>> {
    const deadline = performance.now() + TELL_NOW_MS;
    for (;;) {
      const told = await this.call('PUT', '/tracks', this.tracks(), ANSWER_MS);
      if (told.ok) {
        this.isHeard = true;
        return ok(undefined);
      }
      if (performance.now() > deadline || this.isClosed) return told;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  async drain(track: TrackName, drainMs: number): Promise<void> {
    await this.call('POST', '/drain', { track }, drainMs + ANSWER_MS);
  }

  /** The pid of the one that answers now; null: none does. */
  async pid(): Promise<number | null> {
    const state = await this.call('GET', '/state', undefined, PID_MS);
    const { pid } = { pid: null, ...(state.ok ? (state.value as object) : {}) };
    return typeof pid === 'number' ? pid : null;
  }

  /** The pid of the one that has taken over. */
  async replace(program: string | null): Promise<Result<number>> {
    const replaced = await this.call('POST', '/replace', { program }, REPLACE_MS);
    return replaced.ok ? ok((replaced.value as { pid: number }).pid) : replaced;
  }

  /** It closes its last interval and ends; one that does not hear is ended by its supervisor. */
  async stop(): Promise<void> {
    await this.call('POST', '/stop', undefined, ANSWER_MS);
  }

  close(): void {
    this.isClosed = true;
  }

  private async tellOn(): Promise<void> {
    this.isTelling = true;
    while (this.isUntold && !this.isClosed) {
      this.isUntold = false;
      const told = await this.call('PUT', '/tracks', this.tracks(), ANSWER_MS);
      if (told.ok) {
        this.isHeard = true;
        continue;
      }
      this.isUntold = true;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    this.isTelling = false;
  }

  private async call(
    method: string,
    path: string,
    body: unknown,
    deadlineMs: number,
  ): Promise<Result<unknown>> {
    const socket = socketPath(this.folder, 'splitter');
    if (!socket.ok) return socket;
    return await callAdmin(socket.value, { method, path, body, deadlineMs });
  }
}
