import { type MemoryStore, memoryStore } from '../../src/adapters/store/memory.ts';
import { type Prng, prng } from '../../src/base/prng.ts';
import { ok, type Result } from '../../src/base/result.ts';
import type { Evidence } from '../../src/core/gate/check.ts';
import { noteKey } from '../../src/core/ledger/signed-note.ts';
import { verifyLedger } from '../../src/core/ledger/verify.ts';
import type { Plan } from '../../src/core/plan/plan.ts';
import type { State } from '../../src/core/promotion/state.ts';
import { transition } from '../../src/core/promotion/transition.ts';
import { Engine } from '../../src/engine/engine.ts';
import type { LedgerStore } from '../../src/engine/ports.ts';
import { VirtualClock } from './clock.ts';
import { Crowd } from './crowd.ts';
import { Faults } from './faults.ts';
import { memorySigner } from './people.ts';
import { replayWhole } from './replay.ts';
import { FRESH_BASELINE, simPlan } from './sim-plan.ts';
import { aliveLine, type Line, type Sabotage, SimWorld, through } from './sim-world.ts';
import { STORIES } from './story.ts';

const ORIGIN = 'sim.aurora.example';
const START_MS = 1_780_000_000_000;
/** Virtual intervals of bad luck, and as many again in peace to come to an end. */
const ROUNDS_MAX = 900;
const PEACE_FROM = 250;
/** The limit of the plan's checks. */
const FAILS_ABOVE = 10;

export interface SimResult {
  seed: number;
  story: string;
  outcome: string;
  leaves: number;
  violations: readonly string[];
  faults: Faults;
  /** One line a leaf, where asked for. */
  log: readonly string[];
}

/**
 * One seeded promotion from its opening to its outcome, with faults on every side. The same seed
 * gives the same road. Invariants are checked at every order and after every round.
 */
export async function simulate(seed: number, sabotage: Sabotage = 'none'): Promise<SimResult> {
  const run = new Simulation(seed, sabotage);
  return await run.toTheEnd();
}

/** A planted bug: what comes after the GO is taken for good. */
const forgetful: typeof transition = (plan, planSha256, state, event, now) => {
  const isAfterGo = event.kind === 'evidence' && (state?.decisions.length ?? 0) > 0;
  const told = isAfterGo
    ? {
        ...event,
        evidence: event.evidence.map((one) => (one.kind === 'number' ? { ...one, value: 1 } : one)),
      }
    : event;
  return transition(plan, planSha256, state, told, now);
};

class Simulation {
  private readonly seed: number;
  private readonly chance: Prng;
  private readonly faults: Faults;
  private readonly clock = new VirtualClock(START_MS);
  private readonly plan: Plan;
  private readonly world: SimWorld;
  private readonly store: MemoryStore;
  private readonly crowd: Crowd;
  private readonly story: (typeof STORIES)[number];
  private readonly violations: string[] = [];
  private readonly log: string[] = [];
  private readonly acknowledged: string[] = [];
  private readonly orders = new Map<number, number>();
  private readonly stale: Line[] = [];
  private phase = 0;
  private line: Line = aliveLine();
  private engine: Engine | null = null;
  private final: State | null = null;
  /** Why GA would be wrong from now on. */
  private revokedBy: string | null = null;
  private readonly sabotage: Sabotage;
  private mayHaveEnded = false;
  private lagging: Promise<unknown> = Promise.resolve();

  constructor(seed: number, sabotage: Sabotage) {
    this.seed = seed;
    this.sabotage = sabotage;
    this.chance = prng(seed);
    this.faults = new Faults(this.chance);
    this.story = this.chance.pick(STORIES);
    this.plan = simPlan(`service-${seed}`, seed % 5 === 0 ? FRESH_BASELINE : {});
    this.world = new SimWorld(
      this.clock,
      this.chance,
      this.faults,
      this.plan,
      this.story,
      sabotage,
    );
    this.store = memoryStore(() => {
      if (this.faults.strikes('disk full', 0.004)) return 'fail-before';
      return this.faults.strikes('written but reported failed', 0.004) ? 'fail-after' : 'none';
    });
    this.crowd = new Crowd(this.chance, this.faults, this.clock);
    this.world.onWeights = (generation, candidatePct) => this.checkOrder(generation, candidatePct);
  }

  async toTheEnd(): Promise<SimResult> {
    for (let round = 0; round < ROUNDS_MAX && this.final === null; round += 1) {
      if (round === PEACE_FROM) this.faults.scale = 0;
      await this.round();
    }
    await this.checkTheEnd();
    const { outcome } = this.final ?? { outcome: null };
    return {
      seed: this.seed,
      story: this.story.name,
      outcome:
        outcome === null ? 'none' : outcome.kind === 'promoted' && outcome.ga ? 'ga' : outcome.kind,
      leaves: this.acknowledged.length,
      violations: this.violations,
      faults: this.faults,
      log: this.log,
    };
  }

  /** One interval of virtual time: the world moves, people act, controllers come and go. */
  private async round(): Promise<void> {
    this.clock.advance(this.plan.intervalMs);
    if (this.faults.strikes('clock forward', 0.005)) this.clock.jump(90 * 60_000);
    if (this.faults.strikes('clock back', 0.005)) this.clock.jump(-90 * 60_000);
    this.world.tick();
    if (this.engine === null) await this.startController();
    if (this.engine === null) return this.noteEnd();
    await this.untilQuiet(this.engine, this.engine.turn());
    await this.peopleAct(this.engine);
    this.disturbController();
    this.dropBrokenController();
    this.wakeStale();
    this.noteEnd();
  }

  private async startController(): Promise<void> {
    this.line = aliveLine();
    const opened = await Engine.open({
      world: this.world.portsFor(this.line),
      store: this.storeFor(this.line),
      signer: memorySigner(),
      clock: this.clock,
      origin: ORIGIN,
      machine: this.sabotage === 'forget a revocation' ? forgetful : transition,
    });
    if (!opened.ok) {
      if (opened.problem.code === 'integrity') this.violate(`recovery: ${opened.problem.message}`);
      return;
    }
    this.engine = opened.value;
    const head = await this.store.head();
    if (head.ok && head.value.size === 0) {
      await this.engine.promote(this.plan, 'rm-1', false);
    }
    await this.untilQuiet(this.engine, Promise.resolve(null));
  }

  /** Waits for the turn and its effects, but not for a controller that hangs on a cut line. */
  private async untilQuiet(engine: Engine, turn: Promise<unknown>): Promise<void> {
    const quiet = turn.then(() => engine.idle());
    let isQuiet = false;
    void quiet.then(() => {
      isQuiet = true;
    });
    for (let turns = 0; turns < 400 && !isQuiet; turns += 1) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (this.line.state !== 'alive') return;
    }
    if (!isQuiet && engine.problem === null) this.violate('the controller hangs on a good line');
  }

  private async peopleAct(engine: Engine): Promise<void> {
    const runner = engine.promotions[0];
    if (runner === undefined) return;
    for (const event of this.crowd.act(runner.state)) {
      await this.untilQuiet(engine, engine.post(runner.id, event));
    }
  }

  /** Lights a fuse: at one of its next calls it is killed, or stalled while another takes over. */
  private disturbController(): void {
    if (this.line.fuse !== null || this.line.state !== 'alive') return;
    if (this.faults.strikes('controller killed', 0.03)) this.light('dead');
    else if (this.faults.strikes('controller stalled and taken over', 0.03)) this.light('stalled');
  }

  private light(end: 'dead' | 'stalled'): void {
    this.line.fuse = this.chance.below(12);
    this.line.burnsTo = end;
  }

  private dropBrokenController(): void {
    if (this.line.state === 'stalled') this.stale.push(this.line);
    if (this.line.state !== 'alive' || this.engine?.problem) this.engine = null;
  }

  private wakeStale(): void {
    for (const line of this.stale.splice(0)) {
      if (this.chance.chance(0.5)) {
        this.stale.push(line);
        continue;
      }
      line.state = 'alive';
      line.fuse = null;
      for (const go of line.waiting.splice(0)) go();
    }
  }

  /** The store over a controller's line; counts what was acknowledged. */
  private storeFor(line: Line): LedgerStore {
    const { store } = this;
    return {
      head: () => store.head(),
      leaves: (from, to) => store.leaves(from, to),
      rows: (promotion, afterSeq, limit) => store.rows(promotion, afterSeq, limit),
      blob: (sha256) => store.blob(sha256),
      append: async (batch) => {
        const write = async (): Promise<Result<void>> => {
          const written = await store.append(batch);
          if (batch.snapshots.some(({ ended }) => ended)) this.mayHaveEnded = true;
          if (written.ok) for (const { body } of batch.leaves) this.noteLeaf(body);
          return written;
        };
        if (this.sabotage !== 'act before append') return await await through(line, write);
        this.lagging = this.lagging.then(() => new Promise(setImmediate)).then(write);
        return ok(undefined);
      },
    };
  }

  private noteLeaf(body: string): void {
    const leaf = JSON.parse(body) as {
      type: string;
      summary: string;
      atMs: number;
      event: { evidence?: readonly Evidence[] };
      effects: { kind: string; generation?: number; weights?: { candidate: number } }[];
    };
    this.acknowledged.push(body);
    this.noteRevocation(leaf.type, leaf.event);
    this.phase = Number(/phase (\d+)/.exec(leaf.summary)?.[1] ?? this.phase);
    this.log.push(`${(leaf.atMs - START_MS) / 60_000} min ${leaf.type}: ${leaf.summary}`);
    for (const { kind, generation, weights } of leaf.effects) {
      if (kind === 'set-weights' && generation !== undefined && weights) {
        this.orders.set(generation, weights.candidate);
      }
    }
  }

  /** A gate that fails in the rollout, after the GO, undoes it: GA must not follow. */
  private noteRevocation(type: string, event: { evidence?: readonly Evidence[] }): void {
    if (type !== 'evidence' || this.plan.phases[this.phase]?.kind !== 'rollout') return;
    const failed = event.evidence?.find((one) => one.kind === 'number' && one.value > FAILS_ABOVE);
    if (failed !== undefined) this.revokedBy = failed.check;
  }

  private violate(text: string): void {
    if (this.violations.length < 10) this.violations.push(`seed ${this.seed}: ${text}`);
  }

  private checkOrder(generation: number, candidatePct: number): void {
    const recorded = this.orders.get(generation);
    if (recorded !== candidatePct) {
      this.violate(
        `weight ${candidatePct} was ordered (generation ${generation}) without its leaf`,
      );
    }
  }

  /** The ledger says whether it has ended: whoever wrote that may be dead by now. */
  private noteEnd(): void {
    if (!this.mayHaveEnded) return;
    const last = [...this.store.contents().snapshots].at(-1);
    if (last?.ended) this.final = JSON.parse(last.body) as State;
  }

  private async checkTheEnd(): Promise<void> {
    const state = this.final;
    if (state === null) {
      this.violate('it never came to an end');
      return;
    }
    const { outcome } = state;
    const { service } = this.world;
    if (service.running().some(({ track }) => track === 'baseline')) {
      this.violate('the baseline was left running');
    }
    if (outcome?.kind !== 'promoted') {
      if (service.traffic().weights.candidate !== 0) this.violate('the candidate kept its share');
      if (service.running().some(({ track }) => track === 'candidate')) {
        this.violate('the candidate was left running');
      }
    }
    if (outcome?.kind === 'promoted' && this.revokedBy !== null) {
      this.violate(`GA although ${this.revokedBy} failed after the GO`);
    }
    for (const violation of this.crowd.checkDecision(state)) this.violate(violation);
    for (const violation of service.faultsSeen()) this.violate(violation);
    await this.checkLedger(state);
  }

  private async checkLedger(state: State): Promise<void> {
    const key = noteKey(ORIGIN, memorySigner().publicKey());
    if (!key.ok) throw new Error(key.problem.message);
    const report = verifyLedger(this.store.contents(), key.value);
    for (const damage of report.damage) this.violate(`ledger: ${JSON.stringify(damage)}`);
    const leaves = await this.store.leaves(0, report.entries);
    const bodies = new Set(leaves.ok ? leaves.value.map(({ body }) => body) : []);
    const lost = this.acknowledged.filter((body) => !bodies.has(body)).length;
    if (lost > 0) this.violate(`${lost} acknowledged entries are lost`);
    for (const violation of await replayWhole(this.store, state)) this.violate(violation);
  }
}
