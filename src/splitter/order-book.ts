import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Fence, WeightOrder, Weights } from '../protocol/splitter.ts';

/** What survives a restart of the splitter. */
export interface SavedOrder {
  order: WeightOrder;
  /** The highest fence seen; a renewal may have raised it above the order's. */
  fence: Fence;
  fallbackApplied: boolean;
  /** Milliseconds of the machine's monotonic clock since its boot, and which boot. */
  deadlineMs: number;
  bootId: string;
}

export interface OrderBookOptions {
  bootId: string;
  /** Milliseconds since boot; never goes back, stands still while the machine sleeps. */
  monotonicMs: () => number;
  /** On stable storage when it returns; throws when the disk does not take it. */
  saveDurably: (saved: SavedOrder) => void;
  /** Written where possible: losing it can only bring the fallback earlier. */
  saveIfPossible: (saved: SavedOrder) => void;
}

const ALL_STABLE: Weights = { stable: 100, candidate: 0 };
const NO_ORDER: WeightOrder = {
  fence: { term: 0, generation: 0 },
  weights: ALL_STABLE,
  fallback: ALL_STABLE,
  controllerLossMs: 86_400_000,
};

/**
 * The weight order in force. It lives where requests are sent, so that nothing else has to be alive
 * for a candidate to lose its share: with no renewal for `controllerLossMs` the fallback is applied.
 * An order is on disk before it is in force.
 */
export class OrderBook {
  private readonly options: OrderBookOptions;
  private saved: SavedOrder;

  /** After a reboot nobody knows how long nobody renewed: the fallback. */
  constructor(options: OrderBookOptions, saved: SavedOrder | null) {
    this.options = options;
    const { bootId } = options;
    const start = { fence: NO_ORDER.fence, fallbackApplied: false, deadlineMs: 0, bootId };
    this.saved = saved ?? { order: NO_ORDER, ...start };
    if (this.saved.bootId !== bootId) this.saved = { ...this.saved, deadlineMs: 0, bootId };
    this.expire();
  }

  get fence(): Fence {
    return this.saved.fence;
  }

  get order(): WeightOrder {
    return this.saved.order;
  }

  get fallbackApplied(): boolean {
    return this.saved.fallbackApplied;
  }

  get weights(): Weights {
    const { order, fallbackApplied } = this.saved;
    return fallbackApplied ? order.fallback : order.weights;
  }

  /** Of all requests, out of stable's share; the fallback knows no baseline. */
  get baselinePct(): number {
    const { order, fallbackApplied } = this.saved;
    return fallbackApplied ? 0 : (order.baselinePct ?? 0);
  }

  /** Milliseconds until the fallback; null: nothing to fall back from. */
  get leaseMs(): number | null {
    if (this.saved.fallbackApplied || !this.hasLease()) return null;
    return Math.max(0, this.saved.deadlineMs - this.options.monotonicMs());
  }

  /** `refused` for good where the fence is older; the same fence again has no effect. */
  accept(order: WeightOrder): Result<void> {
    this.expire();
    const { saved } = this;
    if (isOlder(order.fence, saved.fence)) return fail(older(order.fence, saved.fence));
    if (order.weights.stable + order.weights.candidate !== 100) {
      return fail(problem('refused', 'the weights are not 100 together'));
    }
    if (order.fallback.stable + order.fallback.candidate !== 100) {
      return fail(problem('refused', 'the fallback weights are not 100 together'));
    }
    if ((order.baselinePct ?? 0) > order.weights.stable) {
      return fail(problem('refused', 'the baseline takes more than stable has'));
    }
    if (isSame(order.fence, saved.order.fence)) return ok(undefined);
    this.replace({
      order,
      fence: order.fence,
      fallbackApplied: false,
      deadlineMs: this.options.monotonicMs() + order.controllerLossMs,
      bootId: saved.bootId,
    });
    return ok(undefined);
  }

  /** Keeps the order in force. `refused`: an older fence, or the fallback is in force already. */
  renew(fence: Fence): Result<void> {
    this.expire();
    const { saved } = this;
    if (isOlder(fence, saved.fence)) return fail(older(fence, saved.fence));
    const isNewer = !isSame(fence, saved.fence);
    if (saved.fallbackApplied) {
      if (isNewer) this.replace({ ...saved, fence });
      return fail(problem('refused', 'the fallback is in force: no renewal came in time'));
    }
    const deadlineMs = this.options.monotonicMs() + saved.order.controllerLossMs;
    // A deadline need not survive the machine's power: it holds for one boot only.
    if (isNewer) this.replace({ ...saved, fence, deadlineMs });
    else this.replaceLightly({ ...saved, fence, deadlineMs });
    return ok(undefined);
  }

  /** The candidate has become stable: all requests go there, and there is nothing to fall back from. */
  adopt(): void {
    const { saved } = this;
    const order = { ...saved.order, weights: ALL_STABLE, fallback: ALL_STABLE, baselinePct: 0 };
    this.replace({ ...saved, order, fallbackApplied: false });
  }

  /** Takes what another splitter of the same folder has saved meanwhile. */
  follow(saved: SavedOrder): void {
    this.saved = saved;
  }

  /** Applies the fallback when it is due; true when it just was. */
  expire(): boolean {
    const { saved } = this;
    if (saved.fallbackApplied || !this.hasLease()) return false;
    if (this.options.monotonicMs() < saved.deadlineMs) return false;
    this.replaceLightly({ ...saved, fallbackApplied: true });
    return true;
  }

  private hasLease(): boolean {
    const { weights, fallback } = this.saved.order;
    return weights.candidate !== fallback.candidate;
  }

  private replace(saved: SavedOrder): void {
    this.options.saveDurably(saved);
    this.saved = saved;
  }

  private replaceLightly(saved: SavedOrder): void {
    this.saved = saved;
    this.options.saveIfPossible(saved);
  }
}

function isOlder(one: Fence, other: Fence): boolean {
  return one.term < other.term || (one.term === other.term && one.generation < other.generation);
}

function isSame(one: Fence, other: Fence): boolean {
  return one.term === other.term && one.generation === other.generation;
}

function older(one: Fence, other: Fence): ReturnType<typeof problem> {
  const text = ({ term, generation }: Fence): string => `term ${term}, generation ${generation}`;
  return problem('refused', `${text(one)} is older than ${text(other)}`);
}
