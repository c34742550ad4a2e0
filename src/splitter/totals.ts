import { LATENCY_EDGES_MS, type SplitterInterval, type TrackCounts } from '../protocol/splitter.ts';
import type { Track } from './assigner.ts';
import { SUMS } from './track-meter.ts';

type Sums = Record<(typeof SUMS)[number], number> & { latency: number[] };

/** Sums of closed intervals since the start of this splitter, for /metrics. */
export class Totals {
  readonly tracks: Readonly<Record<Track, Sums>> = {
    stable: noSums(),
    candidate: noSums(),
    baseline: noSums(),
  };

  add(interval: SplitterInterval): void {
    this.addTrack('stable', interval.stable);
    this.addTrack('candidate', interval.candidate);
    this.addTrack('baseline', interval.baseline ?? null);
  }

  private addTrack(track: Track, counts: TrackCounts | null): void {
    if (counts === null) return;
    const sums = this.tracks[track];
    for (const key of SUMS) sums[key] += counts[key];
    for (const [index, count] of counts.latency.entries()) {
      sums.latency[index] = (sums.latency[index] ?? 0) + count;
    }
  }
}

function noSums(): Sums {
  const sums = Object.fromEntries(SUMS.map((key) => [key, 0])) as Omit<Sums, 'latency'>;
  return { ...sums, latency: new Array<number>(LATENCY_EDGES_MS.length + 1).fill(0) };
}
