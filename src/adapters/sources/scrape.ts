import { fail, ok, type Result } from '../../base/result.ts';
import type { Measurement } from '../../core/evidence/interval.ts';
import type { SplitterState, TrackName, TrackPlace } from '../../protocol/splitter.ts';
import { type Exposition, parseExposition } from './exposition.ts';
import { get } from './get.ts';
import {
  measurementBetween,
  type Reading,
  readMetric,
  type ScrapedMetric,
} from './scrape-measure.ts';

const BODY_BYTES_MAX = 16 * 1_048_576;
/** Scrapes that are kept: what is read again later than this is no longer measured. */
const KEPT = 2_000;
const ACCEPT = 'text/plain;version=0.0.4';
/** By convention of the client libraries: it tells a restart from a counter that caught up. */
const STARTED = 'process_start_time_seconds';

/** One page of one instance, as much of it as the plan measures. */
interface Scrape {
  instance: string;
  startedSeconds: number | null;
  readings: ReadonlyMap<string, Reading>;
}

type Boundary = Readonly<Record<TrackName, Scrape | null>>;

export interface SamplerOptions {
  metrics: readonly ScrapedMetric[];
  intervalMs: number;
  /** So many of the splitter's intervals are one of the plan's. */
  size: number;
  state(): Promise<Result<SplitterState>>;
}

/**
 * Scrapes all tracks each time the splitter closes an interval of the plan, so that counters and
 * rows are of the same time. It follows the splitter's numbers, never a clock: a boundary that was not
 * seen in time has no scrape, and the metrics are absent from the intervals on both sides of it.
 */
export class ScrapeSampler {
  private readonly options: SamplerOptions;
  private readonly boundaries = new Map<number, Boundary>();
  private readonly faults = new Map<string, string>();
  private newest: number | null = null;
  private askedMs = 0;
  private isRunning = false;
  private isClosed = false;

  constructor(options: SamplerOptions) {
    this.options = options;
  }

  /**
   * Waits until it is known whether interval `number` has a scrape, and answers the newest of which
   * that is known; -1: none. Starts the sampling, which ends when nobody has asked for a while.
   */
  async decided(number: number): Promise<number> {
    this.askedMs = performance.now();
    if (!this.isRunning) void this.run();
    const untilMs = this.askedMs + 2 * this.toleranceMs;
    while ((this.newest ?? -1) < number && performance.now() < untilMs && !this.isClosed) {
      await sleep(this.pollMs);
    }
    return this.newest ?? -1;
  }

  /** What an instance did in an interval, by metric; what could not be measured is absent. */
  measurements(number: number, track: TrackName, instance: string): Record<string, Measurement> {
    const before = this.boundaries.get(number - 1)?.[track] ?? null;
    const after = this.boundaries.get(number)?.[track] ?? null;
    if (after === null || after.instance !== instance) return {};
    const same = before?.instance === instance ? before : null;
    const restarted = same !== null && same.startedSeconds !== after.startedSeconds;
    const found: Record<string, Measurement> = {};
    for (const [name, reading] of after.readings) {
      const older = same?.readings.get(name) ?? null;
      const measured = measurementBetween(older, reading, restarted);
      if (measured !== null) found[name] = measured;
    }
    return found;
  }

  /** Why metrics were absent at the newest boundary, for a person. */
  get problems(): readonly string[] {
    return [...this.faults].map(([what, why]) => `${what}: ${why}`);
  }

  close(): void {
    this.isClosed = true;
  }

  /** A scrape may be so late behind its boundary, and no later. */
  private get toleranceMs(): number {
    const { intervalMs } = this.options;
    return Math.min(Math.max(250, intervalMs / 10), 5_000, intervalMs / 2);
  }

  private get pollMs(): number {
    return Math.max(10, Math.min(this.options.intervalMs / 50, 100));
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    const { intervalMs, size } = this.options;
    const idleMs = Math.max(60_000, 10 * intervalMs);
    let seenMs: number | null = null;
    let closedMs: number | null = null;
    while (!this.isClosed && performance.now() - this.askedMs < idleMs) {
      const nowMs = performance.now();
      const state = await this.options.state();
      if (state.ok) {
        const number = Math.floor(state.value.lastSeq / size) - 1;
        if (this.newest !== null && number > this.newest) {
          // The boundary lies between the last look and this one.
          if (seenMs !== null) await this.take(number, state.value, seenMs);
          closedMs = nowMs;
        }
        this.newest = number;
        seenMs = nowMs;
      }
      await sleep(this.pauseMs(closedMs));
    }
    this.isRunning = false;
  }

  /** Sleeps through most of an interval, and looks often near its end. */
  private pauseMs(closedMs: number | null): number {
    const { intervalMs } = this.options;
    if (closedMs === null) return this.pollMs;
    const leadMs = 2 * this.pollMs + intervalMs / 50;
    return Math.max(this.pollMs, closedMs + intervalMs - leadMs - performance.now());
  }

  private async take(number: number, state: SplitterState, seenMs: number): Promise<void> {
    this.faults.clear();
    const [stable, candidate, baseline] = await Promise.all([
      this.scrape('stable', state.stable),
      this.scrape('candidate', state.candidate),
      this.scrape('baseline', state.baseline ?? null),
    ]);
    if (performance.now() - seenMs > this.toleranceMs) {
      this.faults.set('scrape', 'it came too late behind the end of its interval');
      return;
    }
    this.boundaries.set(number, { stable, candidate, baseline });
    this.boundaries.delete(number - KEPT);
  }

  private async scrape(track: TrackName, place: TrackPlace | null): Promise<Scrape | null> {
    if (place === null) return null;
    const page = await readPage(place, this.toleranceMs);
    if (!page.ok) {
      this.faults.set(track, page.problem);
      return null;
    }
    const readings = new Map<string, Reading>();
    for (const scraped of this.options.metrics) {
      const reading = readMetric(page.value, scraped);
      if (reading.ok) readings.set(scraped.metric.name, reading.value);
      else this.faults.set(`${track} ${scraped.metric.name}`, reading.problem);
    }
    const started = page.value.samples.find(({ name }) => name === STARTED);
    return { instance: place.instance, startedSeconds: started?.value ?? null, readings };
  }
}

/** The metrics page of a track. */
async function readPage(
  { host, port }: Pick<TrackPlace, 'host' | 'port'>,
  deadlineMs: number,
): Promise<Result<Exposition, string>> {
  const name = host.includes(':') ? `[${host}]` : host;
  const url = `http://${name}:${port}/metrics`;
  const limits = { deadlineMs, bytesMax: BODY_BYTES_MAX, accept: ACCEPT };
  const got = await get(url, limits);
  if (!got.ok) return fail(`GET ${url}: ${got.problem.reason}`);
  const { status, body } = got.value;
  if (status !== 200) return fail(`GET ${url} answered ${status}`);
  const page = parseExposition(Buffer.from(body).toString('utf8'));
  return page.ok ? ok(page.value) : fail(`GET ${url}: ${page.problem}`);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
