import { logLine } from '../process/own-log.ts';
import type { SplitterInterval, TrackCounts, Weights } from '../protocol/splitter.ts';
import type { Track } from './assigner.ts';
import type { IntervalStore } from './interval-store.ts';
import type { Plane } from './plane.ts';
import type { Totals } from './totals.ts';

/** A wall clock that differs by more than this from what has passed was set by someone. */
const CLOCK_STEP_MS = 1_000;

/**
 * Closes an interval every so often on the splitter's own clock. Its length is what truly passed; a
 * clock that is set shows between two intervals, never inside one.
 */
export class IntervalClock {
  /** Intervals that the disk did not take: held, and written before the next. */
  private unwritten: SplitterInterval[] = [];
  private readonly plane: Plane;
  private readonly store: IntervalStore;
  private readonly totals: Totals;
  private seq: number;
  private startMs = Date.now();
  private startedMs = performance.now();
  private weights: Weights;
  private baselinePct: number;
  private isMixed = false;
  private timer: NodeJS.Timeout | null = null;

  constructor(plane: Plane, store: IntervalStore, totals: Totals) {
    this.plane = plane;
    this.store = store;
    this.totals = totals;
    this.seq = store.lastSeq;
    this.weights = plane.orders.weights;
    this.baselinePct = plane.orders.baselinePct;
  }

  get lastSeq(): number {
    return this.seq;
  }

  /** Goes on where a predecessor's last interval ended; what it still counted belongs to this one. */
  continueFrom(endMs: number): void {
    const behindMs = Date.now() - endMs;
    if (behindMs < 0 || behindMs > 2 * this.plane.traffic.intervalMs) return;
    this.startMs = endMs;
    this.startedMs -= behindMs;
  }

  start(): void {
    this.schedule();
  }

  /** Tells that the weights may have changed: an interval that saw two shares is of neither. */
  noteWeights(): void {
    const { weights: now, baselinePct } = this.plane.orders;
    if (now.candidate === this.weights.candidate && baselinePct === this.baselinePct) return;
    this.isMixed = true;
    this.weights = now;
    this.baselinePct = baselinePct;
  }

  /** Closes the open interval now and opens the next. */
  close(): void {
    const endMs = this.startMs + Math.max(1, Math.round(performance.now() - this.startedMs));
    const isEmptyStart = this.seq === 0 && this.plane.upstream('stable') === null;
    if (!isEmptyStart) this.write(endMs);
    const wall = Date.now();
    this.startMs = Math.abs(wall - endMs) > CLOCK_STEP_MS ? wall : endMs;
    this.startedMs = performance.now();
    this.weights = this.plane.orders.weights;
    this.baselinePct = this.plane.orders.baselinePct;
    this.isMixed = false;
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private write(endMs: number): void {
    this.seq += 1;
    const weights = this.isMixed ? null : this.weights;
    const { startMs, seq } = this;
    const stable = this.counts('stable');
    const candidate = this.counts('candidate');
    const baseline = this.counts('baseline');
    const isAsked = this.baselinePct > 0 || (baseline?.requests ?? 0) > 0;
    const interval = {
      ...{ seq, startMs, endMs, weights, stable, candidate },
      ...(isAsked ? { baseline } : {}),
    };
    this.totals.add(interval);
    this.unwritten.push(interval);
    try {
      for (const one of this.unwritten) this.store.append(one);
      this.unwritten = [];
    } catch (error) {
      // What was measured may not cost a request; the next interval tries again.
      logLine(`intervals are not written: ${String(error)}`);
      this.unwritten = this.unwritten.filter((one) => one.seq > this.store.lastSeq).slice(-1_000);
    }
  }

  private counts(track: Track): TrackCounts | null {
    const upstream = this.plane.upstream(track);
    const counts = this.plane.meters[track].close(
      upstream?.place.instance ?? '',
      upstream?.place.up ?? true,
    );
    return upstream === null && counts.requests === 0 ? null : counts;
  }

  private schedule(): void {
    const { intervalMs } = this.plane.traffic;
    const passed = performance.now() - this.startedMs;
    this.timer = setTimeout(
      () => {
        this.close();
        this.schedule();
      },
      Math.max(1, intervalMs - passed),
    );
  }
}
