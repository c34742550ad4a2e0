import { present } from '../src/base/assert.ts';
import { canonicalJson } from '../src/base/canonical-json.ts';
import { overrideDocument } from '../src/core/decision/override.ts';
import { signOffDocument } from '../src/core/decision/sign-off.ts';
import type { Evidence } from '../src/core/gate/check.ts';
import type { Phase, Plan } from '../src/core/plan/plan.ts';
import type { Effect } from '../src/core/promotion/effect.ts';
import type { Command, FailureReason, PromotionEvent } from '../src/core/promotion/event.ts';
import { explain } from '../src/core/promotion/explain.ts';
import type { PendingEffect, State } from '../src/core/promotion/state.ts';
import { transition } from '../src/core/promotion/transition.ts';
import { personOf, signature } from './sim/people.ts';
import { simPlan } from './sim/sim-plan.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const START_MS = 1_780_000_000_000;

/** The machine driven step by step: no engine, no clock, only what the story says happens. */
export class MachineRig {
  now = START_MS;
  refused: string | null = null;
  effects: Effect[] = [];
  readonly plan: Plan;
  private held: State | null = null;
  private seq = -1;

  constructor(phases: readonly Phase[], parts: Partial<Plan> = {}) {
    this.plan = simPlan('shop', { phases, ...parts });
    const opened = { promotion: 'p1', by: 'rm-1', term: 1, generation: 0, afterSeq: -1 };
    this.tell({ kind: 'opened', ...opened, rehearsal: false, origin: null });
  }

  get state(): State {
    return present(this.held, 'a promotion is open');
  }

  tell(event: PromotionEvent): void {
    const step = transition(this.plan, '00'.repeat(32), this.held, event, this.now);
    this.refused = step.refused?.message ?? null;
    this.effects = [...step.effects];
    this.held = step.state;
    canonicalJson(step.state);
  }

  pending(kind: Effect['kind']): PendingEffect | undefined {
    return this.state.pending.find(({ effect }) => effect.kind === kind);
  }

  private idOf(kind: Effect['kind']): string {
    return present(this.pending(kind), `${kind} is pending`).effect.id;
  }

  ok(...kinds: Effect['kind'][]): void {
    for (const kind of kinds) this.tell({ kind: 'effect-done', effect: this.idOf(kind) });
  }

  fail(kind: Effect['kind'], reason: FailureReason = 'unavailable'): void {
    this.tell({ kind: 'effect-failed', effect: this.idOf(kind), reason, message: 'no answer' });
  }

  command(command: Command): void {
    this.tell({ kind: 'command', command, by: 'operator', reason: 'because' });
  }

  wait(ms: number): void {
    this.now += ms;
    this.tell({ kind: 'tick' });
  }

  /** Answers the evaluation: 5 passes, 20 fails, `none` is not enough to tell. */
  evidence(queue: number | 'none' = 5, ready: number | 'none' = queue): void {
    const checks = this.plan.gates.flatMap((gate) => gate.checks);
    const evidence = checks.map(({ name }): Evidence => {
      const value = name === 'ready' ? ready : queue;
      const known = { check: name, atMs: this.now, inputSha256: '00', reducer: 'test/1' };
      return value === 'none'
        ? { ...known, samples: 0, kind: 'none', reason: 'silent' }
        : { ...known, samples: 10, kind: 'number', value };
    });
    this.tell({ kind: 'evidence', effect: this.idOf('evaluate'), evidence });
  }

  intervals(count: number, bad = 0.01): void {
    for (let i = 0; i < count; i += 1) {
      const startMs = this.now;
      this.now += MINUTE_MS;
      this.seq += 1;
      const candidatePct = this.state.weights.candidate;
      const track = (total: number, share: number) => {
        const errors = { kind: 'rate', events: Math.round(total * share), total } as const;
        return { up: true, requests: total, metrics: { errors } };
      };
      const candidate = this.state.candidate === 'running' ? track(400, bad) : null;
      const times = { seq: this.seq, startMs, endMs: this.now };
      const interval = { ...times, candidatePct, stable: track(40_000, 0.01), candidate };
      this.tell({ kind: 'interval', interval });
    }
  }

  sign(role: string, person: string): void {
    const { request } = present(this.state.request, 'a request is open');
    const by = { role, person, choice: 'approve', atMs: this.now } as const;
    const document = signOffDocument(request, by);
    this.tell({ kind: 'sign-off', document, signature: signature(personOf(person), document) });
  }

  signAll(): void {
    this.sign('sre-lead', 'sre-1');
    this.sign('release-manager', 'rm-1');
  }

  skipHealth(forMs: number): void {
    const { name } = present(this.plan.phases[this.state.position.phase], 'a phase');
    const result = this.state.gates.health?.result ?? null;
    const said = { promotion: 'p1', gate: 'health', phase: name, reason: 'known', result };
    const by = { person: 'rm-1', role: 'release-manager', atMs: this.now };
    const document = overrideDocument({ ...said, ...by, untilMs: this.now + forMs });
    this.tell({ kind: 'override', document, signature: signature(personOf('rm-1'), document) });
  }

  /** Evidence that passes, the GO, the candidate's process: the next order is the first weight. */
  toFirstWeight(): void {
    this.evidence();
    this.signAll();
    this.ok('start');
  }

  get where(): string {
    const { phase: index, stage } = this.state.position;
    return `${this.plan.phases[index]?.name} ${stage} ${this.state.weights.candidate}`;
  }

  get waits(): readonly string[] {
    return explain(this.plan, this.state, this.now).map(({ on, text }) => `${on}: ${text}`);
  }

  get weightOrders(): readonly number[] {
    return this.effects.flatMap((one) =>
      one.kind === 'set-weights' ? [one.weights.candidate] : [],
    );
  }
}
