import { digestOf } from '../base/digest.ts';
import { type Problem, problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Plan } from '../core/plan/plan.ts';
import { wayOut } from '../core/promotion/back.ts';
import type { PlanOrigin, PromotionEvent } from '../core/promotion/event.ts';
import { loadWanted } from '../core/promotion/load.ts';
import { transition } from '../core/promotion/transition.ts';
import type { World } from './perform.ts';
import type { AppendBatch, Clock, LedgerHead, LedgerStore, Signer } from './ports.ts';
import { PromotionRunner, type Runtime } from './promotion-runner.ts';
import { Recorder } from './recorder.ts';
import { recover } from './recover.ts';

export interface EngineOptions {
  world: World;
  store: LedgerStore;
  signer: Signer;
  clock: Clock;
  /** Bare host name of this ledger. */
  origin: string;
  machine?: typeof transition;
}

const INTERVALS_AT_ONCE = 1_024;

/**
 * The controller's inside: every active promotion, one writer, one term. Opening it is how it
 * recovers, and there is no other way to start it. `turn` does what is due; the caller decides when
 * to call it and holds the lock that keeps a second controller out.
 */
export class Engine {
  private readonly options: EngineOptions;
  private readonly recorder: Recorder;
  private readonly runners = new Map<string, PromotionRunner>();
  /** Services whose promotion is on its way into the ledger. */
  private readonly opening = new Set<string>();
  private readonly sourceProblems = new Map<string, Problem>();
  private readonly loadProblems = new Map<string, Problem>();
  /** Promotions for which load was asked for. */
  private readonly loaded = new Set<string>();

  private constructor(options: EngineOptions, recorder: Recorder) {
    this.options = options;
    this.recorder = recorder;
  }

  /** Reads the ledger, raises the term, fences off every earlier controller, resumes what is open. */
  static async open(options: EngineOptions): Promise<Result<Engine>> {
    const head = await claimTerm(options.store);
    if (!head.ok) return head;
    const { term, size, active } = head.value;
    const recorder = new Recorder(options.store, options.signer, options.origin, head.value, term);
    const engine = new Engine(options, recorder);
    for (const snapshot of active) {
      const recovered = await recover(options.store, snapshot, size);
      if (!recovered.ok) return recovered;
      const { plan, planSha256, resume } = recovered.value;
      engine.add(
        new PromotionRunner(engine.runtime(), snapshot.promotion, plan, planSha256, resume),
      );
    }
    for (const runner of engine.runners.values()) {
      const found = await engine.takeOver(runner, term);
      if (found !== null) return fail(found);
    }
    return ok(engine);
  }

  get promotions(): readonly PromotionRunner[] {
    return [...this.runners.values()];
  }

  /** Why this controller can do nothing any more; null while all is well. */
  get problem(): Problem | null {
    return this.recorder.problem;
  }

  /**
   * Opens a promotion. One a service: a second one is refused naming the first. Its id is made of
   * service, version and the ledger's size, so that no other promotion ever has it.
   */
  async promote(
    plan: Plan,
    by: string,
    rehearsal: boolean,
    origin: PlanOrigin | null = null,
  ): Promise<Result<PromotionRunner>> {
    const { service } = plan;
    if (this.opening.has(service)) {
      return fail(problem('conflict', `${service} is being promoted by someone else just now`));
    }
    // Before the first await: two callers at once would both find nobody else.
    this.opening.add(service);
    try {
      return await this.open(plan, { by, rehearsal, origin });
    } finally {
      this.opening.delete(service);
    }
  }

  private async open(
    plan: Plan,
    asked: { by: string; rehearsal: boolean; origin: PlanOrigin | null },
  ): Promise<Result<PromotionRunner>> {
    const { service } = plan;
    const other = this.promotions.find(
      (one) => one.plan.service === service && one.state.outcome === null,
    );
    if (other !== undefined) {
      const hint = `auroractl abort ${other.id}, or promote with --supersede`;
      return fail(problem('conflict', `${service} is being promoted already by ${other.id}`, hint));
    }
    const id = `${service}-${plan.release.version}-${this.recorder.leafCount}`;
    const seen = await this.options.world.traffic.observe(service);
    if (!seen.ok) return seen;
    const newest = await this.options.world.evidence.newest(plan);
    if (!newest.ok) return newest;
    const generation = Math.max(seen.value.fence.generation, this.recorder.leafCount);
    const { term } = this.recorder;
    const start = { state: null, n: 0, unsealed: [] };
    const runner = new PromotionRunner(this.runtime(), id, plan, digestOf(plan), start);
    const opened: PromotionEvent = {
      kind: 'opened',
      promotion: id,
      term,
      generation,
      afterSeq: newest.value,
      ...asked,
    };
    const refused = await runner.post(opened);
    if (refused !== null) return fail(refused);
    this.add(runner);
    return ok(runner);
  }

  /** Why no intervals came in the last round, or no load was made; null: they did, or none was due. */
  sourceProblem(id: string): Problem | null {
    return this.sourceProblems.get(id) ?? this.loadProblems.get(id) ?? null;
  }

  /** Tells a promotion what happened; a problem when it can't be, or is not known here. */
  async post(id: string, event: PromotionEvent): Promise<Problem | null> {
    const runner = this.runners.get(id);
    if (runner === undefined)
      return problem('not-found', `no active promotion ${id}`, 'auroractl list');
    return await runner.post(event);
  }

  /**
   * One round over all active promotions: new intervals, due ticks, renewals. Answers when the next
   * round is due, in milliseconds of the clock; null: nothing is active.
   */
  async turn(): Promise<number | null> {
    const turns = await Promise.allSettled(this.promotions.map((runner) => this.turnOne(runner)));
    // A bug in one promotion is told, once every other one has had its turn.
    const dues = turns.map((turn) => {
      if (turn.status === 'rejected') throw turn.reason;
      return turn.value;
    });
    const known = dues.filter((due) => due !== null);
    return known.length === 0 ? null : Math.min(...known);
  }

  /** Resolves when no effect is on its way. */
  async idle(): Promise<void> {
    await Promise.all(this.promotions.map((runner) => runner.idle()));
  }

  private async turnOne(runner: PromotionRunner): Promise<number | null> {
    runner.throwBug();
    await this.load(runner);
    if (runner.ended) {
      this.runners.delete(runner.id);
      this.sourceProblems.delete(runner.id);
      return null;
    }
    const { clock } = this.options;
    await this.feed(runner);
    const due = runner.dueMs(clock.now());
    if (due !== null && due <= clock.now()) await runner.post({ kind: 'tick' });
    await this.renew(runner);
    const next = runner.dueMs(clock.now());
    const interval = clock.now() + runner.plan.intervalMs;
    return next === null ? interval : Math.min(next, interval);
  }

  /** No effect but a property of the state: asked for in every round, whatever became of the last. */
  private async load({ id, plan, state }: PromotionRunner): Promise<void> {
    const wanted = loadWanted(plan, state);
    // Where none was asked for, none is ended: the next promotion of the service may have its own.
    if (wanted === null && !this.loaded.has(id)) return;
    this.loaded.add(id);
    const made = await this.options.world.load.generate(plan.service, wanted);
    if (made.ok) this.loadProblems.delete(id);
    else this.loadProblems.set(id, made.problem);
    if (made.ok && wanted === null) this.loaded.delete(id);
  }

  /** Reads on from the last interval held, so that nothing that happened meanwhile is lost. */
  private async feed(runner: PromotionRunner): Promise<void> {
    const { evidence } = this.options.world;
    const afterSeq = runner.state.evidence.lastSeq;
    const intervals = await evidence.intervals(runner.plan, afterSeq, INTERVALS_AT_ONCE);
    if (!intervals.ok) {
      this.sourceProblems.set(runner.id, intervals.problem);
      return;
    }
    this.sourceProblems.delete(runner.id);
    for (const interval of intervals.value) {
      if (runner.state.outcome !== null) return;
      if ((await runner.post({ kind: 'interval', interval })) !== null) return;
    }
  }

  private async renew(runner: PromotionRunner): Promise<void> {
    const { state, plan } = runner;
    if (state.outcome !== null || state.generation === state.firstGeneration) return;
    // An order back that does not get through must not be kept from coming by itself.
    if (state.back !== null && state.back.weightsAtMs === null) {
      if (wayOut(plan, state, this.options.clock.now()) === null) return;
    }
    const fence = { term: this.recorder.term, generation: state.generation };
    const { traffic } = this.options.world;
    const renewed = await traffic.renew(plan.service, fence);
    if (renewed.ok) return;
    await this.observe(runner);
  }

  private async observe(runner: PromotionRunner): Promise<void> {
    const seen = await this.options.world.traffic.observe(runner.plan.service);
    if (!seen.ok) return;
    const { weights, fallbackApplied } = seen.value;
    await runner.post({ kind: 'observed', weights, fallbackApplied });
  }

  /**
   * First the drivers learn the new term, so that whatever an earlier controller still sends is
   * refused; then the promotion learns what is in force and sends again what was on its way.
   */
  private async takeOver(runner: PromotionRunner, term: number): Promise<Problem | null> {
    if (runner.state.outcome === null) {
      const fence = { term, generation: runner.state.generation };
      const { traffic } = this.options.world;
      await traffic.renew(runner.plan.service, fence);
      await this.observe(runner);
    }
    return await runner.post({ kind: 'controller-started', term });
  }

  private add(runner: PromotionRunner): void {
    this.runners.set(runner.id, runner);
  }

  private runtime(): Runtime {
    const { world, store, clock, machine = transition } = this.options;
    return { world, store, recorder: this.recorder, clock, machine };
  }
}

/**
 * Raises the term in the ledger before anything is read from it: whatever an earlier controller is
 * still about to write is refused from here on, so what is read afterwards stays as it is.
 */
async function claimTerm(store: LedgerStore): Promise<Result<LedgerHead>> {
  const before = await store.head();
  if (!before.ok) return before;
  const claim: AppendBatch = {
    term: before.value.term + 1,
    firstIndex: before.value.size,
    leaves: [],
    rows: [],
    blobs: [],
    checkpoint: '',
    snapshots: [],
  };
  const claimed = await store.append(claim);
  if (!claimed.ok) return claimed;
  const after = await store.head();
  if (!after.ok || after.value.term === claim.term) return after;
  return fail(problem('conflict', 'another controller has taken over meanwhile'));
}
