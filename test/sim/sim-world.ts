import type { Prng } from '../../src/base/prng.ts';
import { ok, type Result } from '../../src/base/result.ts';
import type { Interval } from '../../src/core/evidence/interval.ts';
import type { Evidence } from '../../src/core/gate/check.ts';
import type { Plan } from '../../src/core/plan/plan.ts';
import type { World } from '../../src/engine/perform.ts';
import type { Message } from '../../src/engine/ports.ts';
import type { VirtualClock } from './clock.ts';
import { FakeService } from './fake-service.ts';
import type { Faults } from './faults.ts';
import { intervalOf, type Story } from './story.ts';

/** A planted bug: the simulator's teeth are tried on them. */
export type Sabotage =
  | 'none'
  | 'act before append'
  | 'accept an older generation'
  | 'forget a revocation';

/** Whether a controller's calls still reach the world: killed ones never return. */
export interface Line {
  state: 'alive' | 'stalled' | 'dead';
  /** Calls until it becomes `burnsTo`; null: it lasts. */
  fuse: number | null;
  burnsTo: 'stalled' | 'dead';
  /** Calls of a stalled controller, waiting to go through. */
  waiting: (() => void)[];
}

export function aliveLine(): Line {
  return { state: 'alive', fuse: null, burnsTo: 'dead', waiting: [] };
}

/** The world of one promotion: one service, its traffic, the people's mailbox, and bad luck. */
export class SimWorld {
  readonly service: FakeService;
  readonly hooks = new Map<string, number>();
  readonly messages = new Map<string, Message>();
  /** Called before a weight order takes effect, with what it would do. */
  onWeights: (generation: number, candidatePct: number) => void = () => undefined;
  readonly faults: Faults;
  private readonly clock: VirtualClock;
  private readonly chance: Prng;
  private readonly plan: Plan;
  private readonly story: Story;
  private readonly closed: Interval[] = [];
  private lastEndMs: number;
  private late: { atMs: number; again: () => void }[] = [];

  constructor(
    clock: VirtualClock,
    chance: Prng,
    faults: Faults,
    plan: Plan,
    story: Story,
    sabotage: Sabotage = 'none',
  ) {
    this.clock = clock;
    this.chance = chance;
    this.faults = faults;
    this.plan = plan;
    this.story = story;
    this.service = new FakeService(
      () => clock.monotonic(),
      sabotage !== 'accept an older generation',
    );
    this.lastEndMs = clock.monotonic();
  }

  /** Closes the intervals that have passed, and lets late repetitions arrive. */
  tick(): void {
    this.service.applyFallback();
    const { intervalMs } = this.plan;
    while (this.lastEndMs + intervalMs <= this.clock.monotonic()) {
      const startMs = this.lastEndMs;
      this.lastEndMs += intervalMs;
      const runs = (name: string): boolean =>
        this.service.running().some(({ track }) => track === name);
      const candidateRuns = runs('candidate');
      const baseline = {
        baselinePct: this.service.baselinePct(),
        baselineRuns: runs('baseline'),
      };
      const { weights } = this.service.traffic();
      this.closed.push(
        intervalOf(
          this.story,
          this.plan.metrics,
          this.closed.length,
          { startMs: this.wall(startMs), endMs: this.wall(this.lastEndMs) },
          { candidatePct: weights.candidate, candidateRuns, loadRequests: 200, ...baseline },
          this.chance,
        ),
      );
    }
    const now = this.clock.monotonic();
    const ready = this.late.filter(({ atMs }) => atMs <= now);
    this.late = this.late.filter(({ atMs }) => atMs > now);
    for (const { again } of ready) again();
  }

  /** Ports for one controller: its line may be stalled or cut. */
  portsFor(line: Line): World {
    const order = (act: () => Result<void>): Promise<Result<void>> =>
      through(line, () => this.faults.order((again) => this.later(again), act));
    const { service } = this;
    return {
      traffic: {
        setWeights: (_, one) =>
          order(() => {
            this.onWeights(one.fence.generation, one.weights.candidate);
            return service.setWeights(one);
          }),
        renew: (_, fence) => through(line, () => service.renew(fence)),
        observe: () => through(line, () => ok(service.traffic())),
      },
      workload: {
        start: (_, one) => order(() => service.start(one)),
        stop: (_, one) => order(() => service.stop(one)),
        adopt: (_, one) => order(() => service.adopt(one)),
        observe: () => through(line, () => ok(service.running())),
      },
      evidence: {
        newest: () => through(line, () => ok(this.closed.length - 1)),
        intervals: (_, afterSeq) => through(line, () => ok(this.rowsAfter(afterSeq))),
        collect: (_, checks) =>
          through(line, () => checks.map(({ check }) => this.evidenceOf(check))),
      },
      hooks: { run: (id) => order(() => this.once(this.hooks, id)) },
      notifier: { send: (message) => order(() => this.deliver(message)) },
      load: { generate: () => through(line, () => ok(undefined)) },
    };
  }

  /** The splitter's own clock, which is set like everybody's. */
  private wall(monotonicMs: number): number {
    return this.clock.now() - this.clock.monotonic() + monotonicMs;
  }

  private later(again: () => void): void {
    const delayMs = this.chance.below(12) * this.plan.intervalMs;
    this.late.push({ atMs: this.clock.monotonic() + delayMs, again });
  }

  private rowsAfter(afterSeq: number): readonly Interval[] {
    const rows = this.closed.slice(Math.max(0, afterSeq + 1));
    const { faults } = this;
    if (rows.length > 0 && faults.strikes('interval late', 0.05)) rows.pop();
    if (rows.length > 0 && faults.strikes('interval doubled', 0.05)) rows.push(...rows.slice(-1));
    if (rows.length > 1 && faults.strikes('intervals reordered', 0.2)) rows.reverse();
    if (rows.length > 1 && faults.strikes('interval missing', 0.2)) rows.shift();
    return rows;
  }

  private evidenceOf(check: string): Evidence {
    const known = { check, atMs: this.clock.now(), inputSha256: '00'.repeat(32), reducer: 'sim/1' };
    if (this.faults.strikes('no evidence', 0.05)) {
      return { ...known, samples: 0, kind: 'none', reason: 'nothing was recorded' };
    }
    return { ...known, samples: 10, kind: 'number', value: this.faults.unlucky(0.01) ? 20 : 5 };
  }

  private deliver(message: Message): Result<void> {
    this.messages.set(message.id, message);
    return ok(undefined);
  }

  private once(seen: Map<string, number>, id: string): Result<void> {
    if (!seen.has(id)) seen.set(id, 1);
    return ok(undefined);
  }
}

/** A call over a controller's line: at once, when it wakes up, or never. */
export function through<T>(line: Line, act: () => T): Promise<T> {
  if (line.state === 'alive' && line.fuse !== null) {
    if (line.fuse === 0) line.state = line.burnsTo;
    line.fuse -= 1;
  }
  if (line.state === 'alive') return Promise.resolve().then(act);
  return new Promise((resolve) => {
    if (line.state === 'stalled') line.waiting.push(() => resolve(act()));
  });
}
