import { prng } from '../base/prng.ts';
import type { Traffic } from '../protocol/service.ts';
import type { TrackPlace, Tracks } from '../protocol/splitter.ts';
import { Assigner, ConnectionAssigner, type Split, type Track } from './assigner.ts';
import type { OrderBook } from './order-book.ts';
import { TrackMeter } from './track-meter.ts';
import { Upstream } from './upstream.ts';

export const TRACKS: readonly Track[] = ['stable', 'candidate', 'baseline'];
const NOWHERE = { stable: null, candidate: null, baseline: null };

/**
 * What every request needs to know: where the tracks are, what share is in force, and where to count.
 * Changing it is one assignment, so a request sees the old world or the new one, never a mixture.
 */
export class Plane {
  readonly traffic: Traffic;
  readonly orders: OrderBook;
  readonly assigner: Assigner;
  readonly connectionAssigner: ConnectionAssigner;
  readonly meters: Readonly<Record<Track, TrackMeter>> = {
    stable: new TrackMeter(),
    candidate: new TrackMeter(),
    baseline: new TrackMeter(),
  };
  private upstreams: Record<Track, Upstream | null> = NOWHERE;
  private splitNow: Split = { candidatePct: 0, baselinePct: 0, rulesHold: false };
  /** Told after every change of what is in force. */
  onChange: () => void = () => {};

  constructor(traffic: Traffic, orders: OrderBook, seed: number) {
    this.traffic = traffic;
    this.orders = orders;
    const random = prng(seed);
    this.assigner = new Assigner(traffic, random);
    this.connectionAssigner = new ConnectionAssigner(random);
    this.refresh();
  }

  get split(): Split {
    return this.splitNow;
  }

  upstream(track: Track): Upstream | null {
    return this.upstreams[track];
  }

  /** What the order book says now is what the next request meets. */
  refresh(): void {
    const { weights, fallbackApplied } = this.orders;
    const rulesHold = this.upstreams.candidate !== null && !fallbackApplied;
    // It takes requests of stable's: what it can't take stays there.
    const baselinePct = this.upstreams.baseline?.place.up ? this.orders.baselinePct : 0;
    this.splitNow = { candidatePct: weights.candidate, baselinePct, rulesHold };
    this.onChange();
  }

  /** Where the tracks are now. An instance that is known keeps its connections. */
  place(tracks: Tracks): void {
    const before = Object.values(this.upstreams).filter((one) => one !== null);
    const settle = (place: TrackPlace | null): Upstream | null => {
      if (place === null) return null;
      const known = before.find((one) => isSamePlace(one.place, place));
      if (known === undefined) return new Upstream(place, this.traffic.limits);
      known.place.up = place.up;
      return known;
    };
    const stable = settle(tracks.stable);
    const candidate = settle(tracks.candidate);
    const baseline = settle(tracks.baseline ?? null);
    if (tracks.adopt && this.orders.order.weights.candidate !== 0) this.orders.adopt();
    this.upstreams = { stable, candidate, baseline };
    const now = Object.values(this.upstreams);
    for (const one of before) {
      if (!now.includes(one)) void one.retire();
    }
    for (const track of TRACKS) {
      if (this.upstreams[track]?.place.up === false) this.meters[track].sawDown();
    }
    this.refresh();
  }
}

function isSamePlace(one: TrackPlace, other: TrackPlace): boolean {
  return one.instance === other.instance && one.host === other.host && one.port === other.port;
}
