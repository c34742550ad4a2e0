import type { Assignment, Track } from './assigner.ts';
import type { Plane } from './plane.ts';
import type { Outcome } from './track-meter.ts';
import type { Upstream } from './upstream.ts';

/**
 * The account of one request: where it went and how it ended, counted once. What failed to reach the
 * candidate and is sent again to stable is the candidate's failure and nobody's success.
 */
export class Tally {
  readonly assignment: Assignment;
  track: Track;
  isDone = false;
  status: number | null = null;
  private readonly plane: Plane;
  private readonly startedMs = performance.now();
  private latencyMs: number | null = null;
  private upstream: Upstream | null = null;
  private isRetry = false;

  constructor(plane: Plane, assignment: Assignment) {
    this.plane = plane;
    this.assignment = assignment;
    this.track = assignment.track;
  }

  /** The track's place, entered; null when it has none. */
  enter(): Upstream | null {
    this.upstream = this.plane.upstream(this.track);
    this.upstream?.enter();
    return this.upstream;
  }

  /** The answer's head is here. A cookie is only given with the answer of the track it names. */
  answered(status: number): { setCookie: string | null } {
    this.status = status;
    this.latencyMs = performance.now() - this.startedMs;
    return { setCookie: this.isRetry ? null : this.assignment.setCookie };
  }

  bytes(direction: 'bytesIn' | 'bytesOut', count: number): void {
    this.plane.meters[this.track].bytes(direction, count);
  }

  /** Sent before the candidate had a share, and over now that it has one: of no weight's making. */
  private get isLateProbe(): boolean {
    return this.assignment.by === 'probe' && this.plane.split.candidatePct > 0;
  }

  /** After an attempt of which no byte was sent: whether it may be tried once more, on stable. */
  retryOnStable(): boolean {
    if (this.isRetry || this.isDone || this.assignment.by !== 'weight') return false;
    const { meters } = this.plane;
    meters[this.track].done({ ...NOTHING, failure: 'connect' });
    this.upstream?.leave();
    this.upstream = null;
    this.isRetry = true;
    this.track = 'stable';
    meters.stable.count('retried');
    return true;
  }

  finish(failure: Outcome['failure'], aborted: boolean): void {
    if (this.isDone) return;
    this.isDone = true;
    this.upstream?.leave();
    const { assignment, status, latencyMs } = this;
    const meter = this.plane.meters[this.track];
    if (assignment.by === 'rule' || this.isLateProbe) return meter.count('byRule');
    if (this.isRetry) return;
    if (assignment.setCookie !== null) meter.count('stickyAssigned');
    meter.done({ status, latencyMs, failure, aborted });
  }
}

const NOTHING: Outcome = { status: null, latencyMs: null, failure: null, aborted: false };
