import { type Prng, prng } from '../../src/base/prng.ts';
import type { Knobs } from './knobs.ts';
import { drawLatencyMs } from './latency.ts';
import { factor } from './normal.ts';

/** What is to be done with one request. */
export interface Conduct {
  isFailing: boolean;
  delayMs: number;
  isCrashing: boolean;
}

export interface BehaviourOptions {
  knobs: Knobs;
  /** Used where SAMPLE_SEED says nothing. */
  seed: number;
  /** Tells instances with the same seed apart, so that each draws its own fluctuation. */
  name: string;
  /** Milliseconds that never go back. */
  nowMs: () => number;
}

const MINUTE_MS = 60_000;

/**
 * Turns knobs into the conduct of each request. The n-th request after the last change of the seed
 * fares the same in every run; errors and latency have generators of their own, so that turning one
 * knob does not shift the other.
 */
export class Behaviour {
  private readonly options: BehaviourOptions;
  private knobsNow: Knobs;
  private errors: Prng;
  private latencies: Prng;
  private latencyFactor = 1;
  private requests = 0;
  private driftSinceMs: number;
  private unreadySinceMs: number;

  constructor(options: BehaviourOptions) {
    this.options = options;
    this.knobsNow = options.knobs;
    this.driftSinceMs = options.nowMs();
    this.unreadySinceMs = this.driftSinceMs;
    [this.errors, this.latencies] = this.seedAll();
  }

  get knobs(): Knobs {
    return this.knobsNow;
  }

  get isReady(): boolean {
    return this.options.nowMs() - this.unreadySinceMs >= this.knobsNow.unreadyMs;
  }

  /** Called when it begins to listen: a slow start does not use up the unready time. */
  listening(): void {
    this.unreadySinceMs = this.options.nowMs();
    this.driftSinceMs = this.unreadySinceMs;
  }

  /** What counts from a moment or a request counts from now on where it was changed. */
  change(knobs: Knobs): void {
    const before = this.knobsNow;
    const nowMs = this.options.nowMs();
    this.knobsNow = knobs;
    if (isOther(before.drift, knobs.drift)) this.driftSinceMs = nowMs;
    if (isOther(before.unreadyMs, knobs.unreadyMs)) this.unreadySinceMs = nowMs;
    if (isOther(before.crashAfter, knobs.crashAfter)) this.requests = 0;
    const isReseeded = isOther(before.seed, knobs.seed);
    if (isReseeded || isOther(before.fluctuation, knobs.fluctuation)) {
      [this.errors, this.latencies] = this.seedAll();
    }
  }

  next(): Conduct {
    this.requests += 1;
    const { errorRate, latency, crashAfter, drift } = this.knobsNow;
    const minutes = (this.options.nowMs() - this.driftSinceMs) / MINUTE_MS;
    const moreErrors = drift?.kind === 'errors' ? drift.perMinute * minutes : 0;
    const moreMs = drift?.kind === 'latency' ? drift.msPerMinute * minutes : 0;
    const drawnMs = drawLatencyMs(latency, this.latencies) * this.latencyFactor;
    return {
      isFailing: this.errors.chance(errorRate + moreErrors),
      delayMs: Math.max(0, drawnMs + moreMs),
      isCrashing: crashAfter?.kind === 'requests' && this.requests >= crashAfter.count,
    };
  }

  private seedAll(): [Prng, Prng] {
    const { seed: own, fluctuation } = this.knobsNow;
    const seed = own ?? this.options.seed;
    const instance = prng(seed + hash32(this.options.name));
    this.latencyFactor = fluctuation === 0 ? 1 : factor(instance, fluctuation);
    return [prng(instance.below(2 ** 32)), prng(instance.below(2 ** 32))];
  }
}

function isOther(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) !== JSON.stringify(other);
}

/** FNV-1a over UTF-16 units; spreads names, keeps no secret. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}
