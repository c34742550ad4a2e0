import type { SplitterInterval, TrackCounts, TrackName } from '../../protocol/splitter.ts';

/** One interval of a plan: so many of the splitter's, added up. */
export interface PooledInterval {
  number: number;
  startMs: number;
  endMs: number;
  /** null: it was not the same in all of them. */
  candidatePct: number | null;
  stable: PooledTrack | null;
  candidate: PooledTrack | null;
  /** Absent: none was ordered. */
  baseline?: PooledTrack | null;
}

/** `instance` is null when there was more than one. */
export type PooledTrack = Omit<TrackCounts, 'instance'> & { instance: string | null };

/** The splitter numbers from 1; a plan's intervals are numbered from 0. */
export function numberOf(seq: number, size: number): number {
  return Math.floor((seq - 1) / size);
}

/** The number of the splitter's last row before a plan's interval begins. */
export function seqBefore(number: number, size: number): number {
  return number * size;
}

/**
 * Rising rows to complete groups of `size`. A group of which a row is missing, or between whose rows
 * time passed that nobody measured, is left out: it would claim to cover that time.
 */
export function pool(rows: readonly SplitterInterval[], size: number): PooledInterval[] {
  const groups = new Map<number, SplitterInterval[]>();
  for (const row of rows) {
    const number = numberOf(row.seq, size);
    const group = groups.get(number);
    if (group === undefined) groups.set(number, [row]);
    else group.push(row);
  }
  return [...groups].flatMap(([number, group]) => {
    const [first] = group;
    const last = group.at(-1);
    if (first === undefined || last === undefined) return [];
    if (group.length !== size || !isUnbroken(group)) return [];
    const pct = first.weights?.candidate ?? null;
    const isSame = group.every(({ weights }) => weights?.candidate === pct);
    return [
      {
        number,
        startMs: first.startMs,
        endMs: last.endMs,
        candidatePct: isSame ? pct : null,
        stable: pooledTrack(group, 'stable'),
        candidate: pooledTrack(group, 'candidate'),
        ...(group.some(({ baseline }) => baseline !== undefined)
          ? { baseline: pooledTrack(group, 'baseline') }
          : {}),
      },
    ];
  });
}

function isUnbroken(group: readonly SplitterInterval[]): boolean {
  return group.every(({ startMs }, i) => i === 0 || startMs === group[i - 1]?.endMs);
}

/**
 * A track that was not there all the time counts for nothing, unless it was seen down: that is a
 * failure that must not be lost.
 */
function pooledTrack(group: readonly SplitterInterval[], track: TrackName): PooledTrack | null {
  const there = group.map((row) => row[track]).filter((counts) => counts != null);
  const [first, ...others] = there;
  if (first === undefined) return null;
  if (there.length < group.length && there.every(({ up }) => up)) return null;
  return others.reduce<PooledTrack>(added, first);
}

function added(sum: PooledTrack, one: TrackCounts): PooledTrack {
  return {
    instance: sum.instance === one.instance ? sum.instance : null,
    up: sum.up && one.up,
    requests: sum.requests + one.requests,
    connectErrors: sum.connectErrors + one.connectErrors,
    timeouts: sum.timeouts + one.timeouts,
    serverErrors: sum.serverErrors + one.serverErrors,
    truncated: sum.truncated + one.truncated,
    clientErrors: sum.clientErrors + one.clientErrors,
    aborts: sum.aborts + one.aborts,
    mirrored: sum.mirrored + one.mirrored,
    byRule: sum.byRule + one.byRule,
    retried: sum.retried + one.retried,
    stickyAssigned: sum.stickyAssigned + one.stickyAssigned,
    bytesIn: sum.bytesIn + one.bytesIn,
    bytesOut: sum.bytesOut + one.bytesOut,
    latency: sum.latency.map((count, i) => count + (one.latency[i] ?? 0)),
  };
}
