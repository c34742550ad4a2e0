import { problem } from '../base/problem.ts';
import { fail, type Result } from '../base/result.ts';
import type { Fence, TrackName } from '../protocol/splitter.ts';

interface TrackOrder {
  fence: Fence;
  track: TrackName;
  /** null: the track is to stop. */
  instance: string | null;
}

/**
 * One order after the other; one that is older than what was taken before is `refused` for good. An
 * order for a track gives up the start that still waits before it.
 */
export class OrderQueue {
  private readonly fence: () => Fence;
  private readonly raise: (fence: Fence) => void;
  private tail: Promise<unknown> = Promise.resolve();
  private isClosing = false;
  /** The newest order of each track that has arrived, done or not. */
  private readonly newest = new Map<TrackName, TrackOrder>();

  /** `raise` has the new fence on stable storage when it returns. */
  constructor(fence: () => Fence, raise: (fence: Fence) => void) {
    this.fence = fence;
    this.raise = raise;
  }

  /** `fence` null: of an order that bears none, and is never too late. */
  inTurn<T>(fence: Fence | null, work: () => Promise<Result<T>>): Promise<Result<T>> {
    const turn = this.tail.then(async () => {
      const known = this.fence();
      if (fence !== null && isOlder(fence, known)) {
        const text = `term ${fence.term}, generation ${fence.generation} is older than`;
        const newest = `term ${known.term}, generation ${known.generation}`;
        return fail(problem('refused', `${text} ${newest}`));
      }
      if (fence !== null && isOlder(known, fence)) this.raise(fence);
      return await work();
    });
    this.tail = turn.catch(() => undefined);
    return turn;
  }

  /** To be called when an order for a track arrives, before its turn. */
  hear(order: TrackOrder): void {
    const newest = this.newest.get(order.track);
    if (newest === undefined || isOlder(newest.fence, order.fence)) {
      this.newest.set(order.track, order);
    }
  }

  /** Everything is to stop: no start is worth waiting for. */
  hearStop(): void {
    this.isClosing = true;
  }

  /** The same instance ordered anew is no reason: it is started once. */
  isGivenUp({ fence, track, instance }: TrackOrder): boolean {
    const newest = this.newest.get(track);
    if (newest === undefined || newest.instance === instance) return this.isClosing;
    return this.isClosing || isOlder(fence, newest.fence);
  }
}

function isOlder(one: Fence, other: Fence): boolean {
  return one.term < other.term || (one.term === other.term && one.generation < other.generation);
}
