import { LATENCY_EDGES_MS, type TrackCounts } from '../protocol/splitter.ts';

/** How a request ended; each ends once. */
export interface Outcome {
  /** What the track answered; null when it did not. */
  status: number | null;
  /** From the request's head received to the answer's head received. */
  latencyMs: number | null;
  /** The track's failure, apart from a status of its own. */
  failure: 'connect' | 'timeout' | 'truncated' | null;
  /** The client gave up before the end. */
  aborted: boolean;
}

type Counts = { -readonly [K in keyof TrackCounts]: TrackCounts[K] };

/** Counts what one track does in the open interval. */
export class TrackMeter {
  private counts: Counts = emptyCounts('', true);

  /** Opens a new interval and answers what the last one held. */
  close(instance: string, up: boolean): TrackCounts {
    const closed = { ...this.counts, instance, up: this.counts.up && up };
    this.counts = emptyCounts(instance, up);
    return closed;
  }

  sawDown(): void {
    this.counts.up = false;
  }

  /** What a replaced splitter still counted. */
  add(more: TrackCounts): void {
    const { counts } = this;
    counts.up &&= more.up;
    for (const key of SUMS) counts[key] += more[key];
    for (const [index, count] of more.latency.entries()) {
      counts.latency[index] = (counts.latency[index] ?? 0) + count;
    }
  }

  count(what: 'byRule' | 'mirrored' | 'retried' | 'stickyAssigned'): void {
    this.counts[what] += 1;
  }

  bytes(direction: 'bytesIn' | 'bytesOut', bytes: number): void {
    this.counts[direction] += bytes;
  }

  done({ status, latencyMs, failure, aborted }: Outcome): void {
    const { counts } = this;
    counts.requests += 1;
    if (latencyMs !== null) {
      const bucket = latencyBucket(latencyMs);
      counts.latency[bucket] = (counts.latency[bucket] ?? 0) + 1;
    }
    if (failure === 'connect') counts.connectErrors += 1;
    else if (failure === 'timeout') counts.timeouts += 1;
    else if (status !== null && status >= 500) counts.serverErrors += 1;
    else if (failure === 'truncated') counts.truncated += 1;
    else if (aborted) counts.aborts += 1;
    else if (status !== null && status >= 400) counts.clientErrors += 1;
  }
}

/** The bucket of a latency: the first whose upper edge is not below it; the last one has none. */
export function latencyBucket(latencyMs: number): number {
  let low = 0;
  let high = LATENCY_EDGES_MS.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((LATENCY_EDGES_MS[middle] ?? 0) < latencyMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Everything of TrackCounts that is a plain sum. */
export const SUMS = [
  'requests',
  'connectErrors',
  'timeouts',
  'serverErrors',
  'truncated',
  'clientErrors',
  'aborts',
  'byRule',
  'mirrored',
  'retried',
  'stickyAssigned',
  'bytesIn',
  'bytesOut',
] as const satisfies readonly (keyof TrackCounts)[];

function emptyCounts(instance: string, up: boolean): Counts {
  const latency = new Array<number>(LATENCY_EDGES_MS.length + 1).fill(0);
  const sums = Object.fromEntries(SUMS.map((key) => [key, 0])) as Record<
    (typeof SUMS)[number],
    number
  >;
  return { instance, up, ...sums, latency };
}
