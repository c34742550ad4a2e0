import { problem } from '../../src/base/problem.ts';
import { fail, ok, type Result } from '../../src/base/result.ts';
import type {
  AdoptOrder,
  Fence,
  InstanceState,
  StartOrder,
  StopOrder,
  TrafficState,
  WeightOrder,
  Weights,
} from '../../src/engine/ports.ts';

/** What the world saw, counted: the simulator's invariants are about this and nothing else. */
export interface Visible {
  starts: Map<string, number>;
  weightOrders: { fence: Fence; weights: Weights }[];
  adoptions: number;
  stops: number;
}

const ALL_STABLE: Weights = { stable: 100, candidate: 0 };

/**
 * A service as keeper and splitter would run it: it obeys fences, applies the fallback when nobody
 * renews, and repeats nothing. The faults stand in front of it, not in it.
 */
export class FakeService {
  readonly visible: Visible = { starts: new Map(), weightOrders: [], adoptions: 0, stops: 0 };
  private fence: Fence = { term: 0, generation: 0 };
  /** The last order that took effect; the same again is accepted without effect. */
  private appliedGeneration = -1;
  private weights: Weights = ALL_STABLE;
  private fallback: Weights = ALL_STABLE;
  private lossMs = Number.POSITIVE_INFINITY;
  private renewedAtMs = 0;
  private fallbackApplied = false;
  private share = 0;
  private instances: InstanceState[] = [
    { track: 'stable', instance: 'first', version: '0.0.0', up: true },
  ];
  private readonly nowMs: () => number;

  private readonly obeysFences: boolean;

  constructor(nowMs: () => number, obeysFences = true) {
    this.nowMs = nowMs;
    this.obeysFences = obeysFences;
  }

  setWeights(order: WeightOrder): Result<void> {
    const refused = this.refuse(order.fence);
    if (refused !== null) return refused;
    const { fence, weights, fallback, controllerLossMs } = order;
    this.applyFallback();
    this.fence = fence;
    this.renewedAtMs = this.nowMs();
    if (fence.generation === this.appliedGeneration) return ok(undefined);
    this.appliedGeneration = fence.generation;
    this.weights = weights;
    this.fallback = fallback;
    this.share = order.baselinePct ?? 0;
    this.fallbackApplied = false;
    this.lossMs = controllerLossMs;
    this.visible.weightOrders.push({ fence, weights });
    return ok(undefined);
  }

  renew(fence: Fence): Result<void> {
    const refused = this.refuse(fence);
    if (refused !== null) return refused;
    this.applyFallback();
    this.fence = fence;
    this.renewedAtMs = this.nowMs();
    if (this.fallbackApplied) return fail(problem('conflict', 'the fallback was applied'));
    return ok(undefined);
  }

  /** What the keeper does on its own when the controller is silent for too long. */
  applyFallback(): void {
    if (this.nowMs() - this.renewedAtMs < this.lossMs) return;
    if (this.weights.candidate === this.fallback.candidate) return;
    this.weights = this.fallback;
    this.fallbackApplied = true;
  }

  /** What a fresh baseline has of all requests; the fallback and an adoption know none. */
  baselinePct(): number {
    this.applyFallback();
    return this.fallbackApplied || this.weights.candidate === 0 ? 0 : this.share;
  }

  traffic(): TrafficState {
    this.applyFallback();
    return { fence: this.fence, weights: this.weights, fallbackApplied: this.fallbackApplied };
  }

  start(order: StartOrder): Result<void> {
    const refused = this.refuse(order.fence);
    if (refused !== null) return refused;
    this.fence = order.fence;
    const { track, instance, version } = order;
    if (this.instances.some((one) => one.instance === instance)) return ok(undefined);
    this.visible.starts.set(instance, (this.visible.starts.get(instance) ?? 0) + 1);
    this.instances.push({ track, instance, version, up: true });
    return ok(undefined);
  }

  stop(order: StopOrder): Result<void> {
    const refused = this.refuse(order.fence);
    if (refused !== null) return refused;
    this.fence = order.fence;
    if (this.instances.some(({ track }) => track === order.track)) this.visible.stops += 1;
    this.instances = this.instances.filter(({ track }) => track !== order.track);
    return ok(undefined);
  }

  adopt(order: AdoptOrder): Result<void> {
    const refused = this.refuse(order.fence);
    if (refused !== null) return refused;
    this.fence = order.fence;
    const candidate = this.instances.find(({ track }) => track === 'candidate');
    if (candidate === undefined) return ok(undefined);
    this.visible.adoptions += 1;
    this.instances = [{ ...candidate, track: 'stable' }];
    this.weights = ALL_STABLE;
    this.fallback = ALL_STABLE;
    return ok(undefined);
  }

  /** What was visible twice, or what fences should have kept out. */
  faultsSeen(): readonly string[] {
    const twice = [...this.visible.starts].filter(([, times]) => times > 1);
    const seen = twice.map(
      ([instance, times]) => `instance ${instance} was started ${times} times`,
    );
    const { weightOrders, adoptions } = this.visible;
    const repeated = weightOrders.filter(
      ({ fence }, i) => i > 0 && fence.generation <= (weightOrders[i - 1]?.fence.generation ?? 0),
    );
    for (const { fence } of repeated) seen.push(`generation ${fence.generation} took effect late`);
    if (adoptions > 1) seen.push(`adopted ${adoptions} times`);
    return seen;
  }

  running(): readonly InstanceState[] {
    return this.instances;
  }

  private refuse(fence: Fence): Result<never> | null {
    const isOlder =
      fence.term < this.fence.term ||
      (fence.term === this.fence.term && fence.generation < this.fence.generation);
    if (!isOlder || !this.obeysFences) return null;
    const { term, generation } = this.fence;
    return fail(problem('refused', `an order of ${term}.${generation} came before`));
  }
}
