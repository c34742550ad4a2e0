import { settledByMs } from '../../core/evidence/counter-series.ts';
import type { Measurement, Track } from '../../core/evidence/interval.ts';
import type { PooledInterval } from './pool.ts';
import {
  type PrometheusMetric,
  type PrometheusReadings,
  prometheusReadings,
  type Reading,
  type TrackReadings,
} from './prometheus-readings.ts';

type Measured = Readonly<Record<Track, Readonly<Record<string, Measurement>>>>;

export interface FollowerOptions {
  metrics: readonly PrometheusMetric[];
  intervalMs: number;
  workFolder: string;
  now(): number;
}

const TRACKS = ['stable', 'candidate'] as const;
/** Intervals that are kept: what is read again later than this is asked for again. */
const KEPT = 2_000;
/** Behind after a pause, so many intervals are asked for together, and of no more time than this. */
const INTERVALS_AT_ONCE = 60;
const TIME_AT_ONCE_MS = 3_600_000;
/** The engine's round waits no longer than this: what is asked for meanwhile comes in the next one. */
const PATIENCE_MS = 250;

/**
 * Adds what a Prometheus knows to the intervals of a splitter. Scrapes are not of an interval's time,
 * so each interval is held back until a later scrape proves that all of its own have been written,
 * at most one interval and a little; then what is missing is absent for good. A Prometheus that can't be
 * asked is asked again for as long, unless a track is down; what breaks down in asking is a fault of
 * the metrics, never of the rows.
 */
export class PrometheusFollower {
  private readonly options: FollowerOptions;
  private readonly measured = new Map<number, Measured>();
  /** When each open interval was seen first: the wall clock may be set back. */
  private readonly seenMs = new Map<number, number>();
  private readonly faults = new Map<string, string>();
  private work: Promise<void> | null = null;
  private nextMs = 0;

  constructor(options: FollowerOptions) {
    this.options = options;
  }

  /** The newest of some rising intervals up to which all are decided; `before` the first: none. */
  async decided(rows: readonly PooledInterval[], before: number): Promise<number> {
    const open = rows.filter(({ number }) => !this.measured.has(number));
    for (const { number } of open) {
      if (!this.seenMs.has(number)) this.seenMs.set(number, performance.now());
    }
    if (open.length > 0 && this.work === null && performance.now() >= this.nextMs) {
      this.work = this.ask(batchOf(open)).finally(() => {
        this.work = null;
        this.nextMs = performance.now() + this.pollMs;
      });
    }
    if (open.length > 0) await Promise.race([this.work, sleep(PATIENCE_MS)]);
    let decided = before;
    for (const { number } of rows) {
      if (!this.measured.has(number)) break;
      decided = number;
    }
    return decided;
  }

  /** What a track did in an interval that is decided, by metric; what is absent is not there. */
  measurements(number: number, track: Track): Readonly<Record<string, Measurement>> {
    return this.measured.get(number)?.[track] ?? {};
  }

  /** Why metrics were absent from the newest interval, for a person. */
  get problems(): readonly string[] {
    return [...this.faults].map(([what, why]) => `${what}: ${why}`);
  }

  private get pollMs(): number {
    return Math.min(Math.max(100, this.options.intervalMs / 12), 5_000);
  }

  private async ask(rows: readonly PooledInterval[]): Promise<void> {
    const { metrics, intervalMs, workFolder } = this.options;
    const deadlineAtMs = performance.now() + deadlineOf(metrics);
    const settings = { intervalMs, workFolder, deadlineAtMs };
    // Nobody but the next round waits for this: a rejection would end the process.
    const readings = await prometheusReadings(metrics, rows, settings).catch((error: unknown) =>
      brokenReadings(metrics, rows, error),
    );
    for (const [index, row] of rows.entries()) {
      const found = new Map(
        [...readings].flatMap(([name, of]): [string, TrackReadings][] => {
          const reading = of[index];
          return reading === undefined ? [] : [[name, reading]];
        }),
      );
      // Rows are told in their order, so what follows one that is open need not be known yet.
      if (this.mayWait(row) && [...found.values()].some((one) => isOpen(one, row))) return;
      this.decide(row.number, found);
    }
  }

  private mayWait(row: PooledInterval): boolean {
    const { intervalMs, now } = this.options;
    const settledMs = settledByMs({ ...row, intervalMs });
    const waitedMs = performance.now() - (this.seenMs.get(row.number) ?? 0);
    return now() < settledMs && waitedMs < settledMs - row.endMs;
  }

  private decide(number: number, readings: ReadonlyMap<string, TrackReadings>): void {
    this.faults.clear();
    const of = (track: Track): Record<string, Measurement> => {
      const found: Record<string, Measurement> = {};
      for (const [name, { [track]: reading }] of readings) {
        if (reading.kind === 'measured') found[name] = reading.measurement;
        else this.faults.set(`${track} ${name}`, reading.reason);
      }
      return found;
    };
    this.measured.set(number, { stable: of('stable'), candidate: of('candidate') });
    this.measured.delete(number - KEPT);
    this.seenMs.delete(number);
  }
}

/** A track that is down, or not there, is not waited for: that it is must be told at once. */
function isOpen(readings: TrackReadings, row: PooledInterval): boolean {
  const isDown = TRACKS.some((track) => row[track]?.up === false);
  return TRACKS.some((track) => {
    const { kind } = readings[track];
    // A question that failed says nothing of its track, and must not hide that another is down.
    return row[track]?.up === true && (kind === 'pending' || (kind === 'failed' && !isDown));
  });
}

function brokenReadings(
  metrics: readonly PrometheusMetric[],
  rows: readonly PooledInterval[],
  error: unknown,
): PrometheusReadings {
  const what = error instanceof Error ? error.name : 'an unknown error';
  const reason = `the prometheus source broke down: ${what}`;
  const failed: Reading = { kind: 'failed', reason, isTooLarge: false };
  const none = rows.map((): TrackReadings => ({ stable: failed, candidate: failed }));
  return new Map(metrics.map(({ metric }) => [metric.name, none]));
}

function batchOf(rows: readonly PooledInterval[]): readonly PooledInterval[] {
  const [first] = rows;
  if (first === undefined) return [];
  return rows
    .slice(0, INTERVALS_AT_ONCE)
    .filter((row, i) => i === 0 || row.endMs - first.startMs <= TIME_AT_ONCE_MS);
}

/** One deadline for all: a plan names one server. */
function deadlineOf(metrics: readonly PrometheusMetric[]): number {
  return Math.max(...metrics.map(({ server }) => server.deadlineMs));
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
