import { readFileSync } from 'node:fs';
import type { Server as HttpServer } from 'node:http';
import { join } from 'node:path';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { type AdminServer, serveAdmin } from '../process/admin-server.ts';
import { logLine } from '../process/own-log.ts';
import type { ServiceDefinition } from '../protocol/service.ts';
import type { Absorb, SplitterState, Tracks } from '../protocol/splitter.ts';
import { adminRoutes } from './admin-routes.ts';
import { type Door, httpDoor, probeDoor } from './http-door.ts';
import { IntervalClock } from './interval-clock.ts';
import { IntervalStore } from './interval-store.ts';
import { type ListenOn, listen, listenAt } from './listen.ts';
import { metricsServer } from './metrics-page.ts';
import { OrderBook, type SavedOrder } from './order-book.ts';
import { Plane } from './plane.ts';
import { readSaved, type Saved, writeSaved } from './saved-file.ts';
import { tcpDoor } from './tcp-door.ts';
import { Totals } from './totals.ts';

export interface SplitterOptions {
  folder: string;
  socketPath: string;
  probePath: string;
  definition: ServiceDefinition;
  version: string;
  seed: number;
  /** Listening sockets of a predecessor; null: own ones. */
  inherited: { door: number; metrics: number } | null;
}

const LEASE_CHECK_MS = 50;

/** One splitter process: door, tracks, order, measurement and the socket it is told things on. */
export class Splitter {
  readonly options: SplitterOptions;
  readonly plane: Plane;
  readonly store: IntervalStore;
  readonly intervals: IntervalClock;
  readonly door: Door;
  readonly metrics: HttpServer;
  private admin: AdminServer | null = null;
  private probe: HttpServer | null = null;
  private saved: Saved;
  private leaseTimer: NodeJS.Timeout | null = null;

  private constructor(options: SplitterOptions, saved: Saved) {
    this.options = options;
    this.saved = { ...saved, stopped: false };
    const { traffic } = options.definition;
    const orders = new OrderBook(
      {
        bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
        monotonicMs: () => Number(process.hrtime.bigint() / 1_000_000n),
        saveDurably: (order) => this.save({ order }, true),
        saveIfPossible: (order) => this.saveIfPossible(order),
      },
      saved.order,
    );
    this.plane = new Plane(traffic, orders, options.seed);
    this.plane.place({ ...saved.tracks, adopt: false });
    const totals = new Totals();
    this.store = new IntervalStore(join(options.folder, 'intervals.db'));
    this.intervals = new IntervalClock(this.plane, this.store, totals);
    const { lastEndMs } = this.store;
    if (options.inherited !== null && lastEndMs !== null) this.intervals.continueFrom(lastEndMs);
    this.plane.onChange = () => this.intervals.noteWeights();
    this.door = traffic.mode === 'http' ? httpDoor(this.plane, options.seed) : tcpDoor(this.plane);
    this.metrics = metricsServer(this.plane, totals);
  }

  /** Reads what was saved, answers on its socket, then opens its door. */
  static async start(options: SplitterOptions): Promise<Result<Splitter>> {
    const saved = readSaved(join(options.folder, 'splitter.json'));
    if (!saved.ok) return saved;
    const splitter = new Splitter(options, saved.value);
    const opened = await splitter.open();
    return opened.ok ? ok(splitter) : opened;
  }

  get state(): SplitterState {
    const { plane, saved, options } = this;
    const { orders } = plane;
    const [stable, candidate] = [plane.upstream('stable'), plane.upstream('candidate')];
    const baseline = plane.upstream('baseline');
    return {
      pid: process.pid,
      version: options.version,
      host: plane.traffic.host,
      port: saved.port,
      metricsPort: saved.metricsPort,
      fence: orders.fence,
      weights: orders.weights,
      fallback: orders.order.fallback,
      fallbackApplied: orders.fallbackApplied,
      stable: stable?.place ?? null,
      candidate: candidate?.place ?? null,
      baseline: baseline?.place ?? null,
      open: {
        stable: stable?.open ?? 0,
        candidate: candidate?.open ?? 0,
        baseline: baseline?.open ?? 0,
      },
      lastSeq: this.intervals.lastSeq,
    };
  }

  /** Saved before it is in force: a splitter that is started anew knows where the tracks are. */
  place(tracks: Tracks): void {
    this.save({ tracks: { ...tracks, adopt: false } }, true);
    this.plane.place(tracks);
  }

  /** What a predecessor still counted goes into the open interval. */
  absorb({ stable, candidate, baseline = null }: Absorb): void {
    const { meters } = this.plane;
    if (stable !== null) meters.stable.add(stable);
    if (candidate !== null) meters.candidate.add(candidate);
    if (baseline !== null) meters.baseline.add(baseline);
  }

  async serveAdmin(): Promise<Result<void>> {
    const served = await serveAdmin(this.options.socketPath, adminRoutes(this));
    if (!served.ok) return served;
    this.admin = served.value;
    return await this.openProbe();
  }

  /** In tcp mode nobody can say which bytes are whose: there is no probe door. */
  private async openProbe(): Promise<Result<void>> {
    if (this.plane.traffic.mode !== 'http') return ok(undefined);
    const server = probeDoor(this.plane).server as HttpServer;
    const listening = await listenAt(server, this.options.probePath);
    if (listening.ok) this.probe = server;
    return listening;
  }

  get hasAdmin(): boolean {
    return this.admin !== null;
  }

  /** The sockets are free for a successor from the moment this returns. */
  leaveAdmin(): void {
    void this.admin?.close();
    this.admin = null;
    this.probe?.close();
    this.probe?.closeIdleConnections();
    this.probe = null;
  }

  /** No more intervals and no more writing: a successor does both. */
  pauseMeasuring(): void {
    this.intervals.stop();
    if (this.leaseTimer !== null) clearInterval(this.leaseTimer);
  }

  resumeMeasuring(): void {
    this.intervals.start();
    this.watchLease();
  }

  markStopped(): void {
    this.intervals.close();
    this.save({ stopped: true }, true);
    this.store.close();
  }

  private async open(): Promise<Result<void>> {
    const { traffic } = this.options.definition;
    const { inherited } = this.options;
    const { port, metricsPort } = this.saved;
    const metricsAt: ListenOn =
      inherited === null
        ? { host: '127.0.0.1', port: metricsPort || traffic.metricsPort }
        : { fd: inherited.metrics };
    const doorAt: ListenOn =
      inherited === null
        ? { host: traffic.host, port: port || traffic.port }
        : { fd: inherited.door };
    const metrics = await listen(this.metrics, metricsAt);
    if (!metrics.ok) return metrics;
    const door = await listen(this.door.server, doorAt);
    if (!door.ok) return door;
    try {
      this.save({ port: door.value, metricsPort: metrics.value, stopped: false }, true);
    } catch (error) {
      return fail(problem('unavailable', `splitter.json is not written: ${String(error)}`));
    }
    this.resumeMeasuring();
    return await this.serveAdmin();
  }

  /** Nobody has to ask for the fallback: it comes by itself. */
  private watchLease(): void {
    this.leaseTimer = setInterval(() => {
      if (this.plane.orders.expire()) this.plane.refresh();
    }, LEASE_CHECK_MS);
  }

  private save(part: Partial<Saved>, durably: boolean): void {
    const next = { ...this.saved, ...part };
    writeSaved(join(this.options.folder, 'splitter.json'), next, durably);
    this.saved = next;
  }

  private saveIfPossible(order: SavedOrder): void {
    try {
      this.save({ order }, false);
    } catch (error) {
      this.saved = { ...this.saved, order };
      logLine(`splitter.json is not written: ${String(error)}`);
    }
  }
}
