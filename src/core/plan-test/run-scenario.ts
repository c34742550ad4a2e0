import { formatDuration, parseDuration } from '../../base/duration.ts';
import type { Interval } from '../evidence/interval.ts';
import { evidenceFromIntervals, type Window } from '../evidence/window.ts';
import type { Check, Evidence } from '../gate/check.ts';
import type { Plan } from '../plan/plan.ts';
import { missingSignOffs } from '../promotion/decision-phase.ts';
import type { Effect } from '../promotion/effect.ts';
import type { PromotionEvent } from '../promotion/event.ts';
import { explain } from '../promotion/explain.ts';
import { ownEvidence } from '../promotion/own-evidence.ts';
import type { State } from '../promotion/state.ts';
import { transition } from '../promotion/transition.ts';
import { scriptedInterval } from './scripted-interval.ts';
import type { PlanScenario } from './test-file.ts';

/** Wherever the clock starts, the plan must do the same; freezes are the exception. */
const START_MS = 1_767_225_600_000;
/** A scenario that still runs after so many intervals is `none`. */
const INTERVALS_MAX = 200_000;

export interface ScenarioRun {
  outcome: 'ga' | 'promoted' | 'rolled-back' | 'withdrawn' | 'none';
  cause: string | null;
  road: readonly { phase: string; atMs: number }[];
  endedMs: number;
  /** Why it ended, or what it still waits for. */
  text: string;
}

/**
 * The plan on evidence that is written down: every order succeeds, every signature is as the
 * scenario says, time runs with the intervals. What comes out is what the same evidence would have
 * led to in a promotion.
 */
export function runScenario(plan: Plan, planSha256: string, scenario: PlanScenario): ScenarioRun {
  return new Run(plan, planSha256, scenario).toTheEnd();
}

class Run {
  private readonly plan: Plan;
  private readonly planSha256: string;
  private readonly scenario: PlanScenario;
  private state: State;
  private now = START_MS;
  private kept: Interval[] = [];
  private readonly road: { phase: string; atMs: number }[] = [];
  private readonly due: Effect[] = [];
  /** Intervals that a check may look back on. */
  private readonly keptMax: number;

  constructor(plan: Plan, planSha256: string, scenario: PlanScenario) {
    this.plan = plan;
    this.planSha256 = planSha256;
    this.scenario = scenario;
    const windows = plan.gates.flatMap(({ checks }) =>
      checks.map(({ evidence }) => ('windowMs' in evidence ? evidence.windowMs : 0)),
    );
    this.keptMax = Math.ceil(Math.max(0, ...windows) / plan.intervalMs) + 1;
    const opened = {
      kind: 'opened',
      promotion: 'scenario',
      by: 'plan test',
      term: 1,
      generation: 0,
      afterSeq: -1,
      rehearsal: false,
      origin: null,
    } as const;
    const first = transition(plan, planSha256, null, opened, this.now);
    this.state = first.state;
    this.due.push(...first.effects);
    this.noteRoad();
  }

  toTheEnd(): ScenarioRun {
    this.carryOut();
    const { traffic } = this.scenario;
    for (const [i, stretch] of traffic.entries()) {
      const forMs = parseDuration(stretch.for) ?? 0;
      const isLast = i === traffic.length - 1;
      const count = isLast ? INTERVALS_MAX : Math.ceil(forMs / this.plan.intervalMs);
      for (let n = 0; n < count && this.state.outcome === null; n += 1) {
        if (isLast && this.isStuck(forMs)) break;
        this.interval(stretch);
      }
    }
    return this.result();
  }

  /** A last stretch without an end stops once every deadline of the plan has passed. */
  private isStuck(forMs: number): boolean {
    const deadlines = this.plan.phases.reduce((sum, { deadlineMs }) => sum + (deadlineMs ?? 0), 0);
    return this.now - START_MS > Math.max(deadlines, forMs) * 2;
  }

  private interval(stretch: PlanScenario['traffic'][number]): void {
    const seq = this.state.evidence.lastSeq + 1;
    const startMs = this.now;
    this.now += this.plan.intervalMs;
    const times = { seq, startMs, endMs: this.now };
    const interval = scriptedInterval(this.plan, this.state, stretch, times);
    this.kept.push(interval);
    if (this.kept.length > 2 * this.keptMax) this.kept = this.kept.slice(-this.keptMax);
    this.tell({ kind: 'interval', interval });
    this.tell({ kind: 'tick' });
    this.carryOut();
    this.sign();
  }

  private tell(event: PromotionEvent): void {
    const step = transition(this.plan, this.planSha256, this.state, event, this.now);
    this.state = step.state;
    this.due.push(...step.effects);
    this.noteRoad();
  }

  /** Phases that were gone through in one step are on the road as well. */
  private noteRoad(): void {
    const { phase } = this.state.position;
    for (const { name } of this.plan.phases.slice(this.road.length, phase + 1)) {
      this.road.push({ phase: name, atMs: this.now - START_MS });
    }
  }

  private carryOut(): void {
    for (let effect = this.due.shift(); effect !== undefined; effect = this.due.shift()) {
      if (effect.kind !== 'evaluate') {
        this.tell({ kind: 'effect-done', effect: effect.id });
        continue;
      }
      const { gates } = effect;
      const checks = this.plan.gates
        .filter(({ name }) => gates.includes(name))
        .flatMap((gate) => gate.checks);
      const evidence = checks.map((check) => this.evidenceOf(check));
      this.tell({ kind: 'evidence', effect: effect.id, evidence });
    }
  }

  private evidenceOf(check: Check): Evidence {
    const { source } = check.evidence;
    const said = this.scenario.checks?.[check.name];
    const known = { check: check.name, atMs: this.now, inputSha256: '', reducer: 'plan-test/1' };
    if (said === 'error') return { ...known, samples: 0, kind: 'error', reason: 'as written' };
    if (said === 'none') return { ...known, samples: 0, kind: 'none', reason: 'as written' };
    if (said !== undefined) return numberFor(check, said, known);
    if (source === 'metric')
      return evidenceFromIntervals(check, this.plan.metrics, this.window(check));
    if (source === 'judge' || source === 'incidents') {
      return ownEvidence(this.plan, this.state, check, this.now);
    }
    return { ...known, samples: 0, kind: 'none', reason: 'the scenario gives no evidence for it' };
  }

  private window(check: Check): Window {
    const windowMs = check.evidence.source === 'metric' ? check.evidence.windowMs : 0;
    const intervals = this.kept.filter(({ endMs }) => endMs > this.now - windowMs);
    return { intervals, sha256: '' };
  }

  /** People of the plan sign or reject; no key is needed where nothing is promoted. */
  private sign(): void {
    const { request } = this.state;
    const { signOffs = 'withheld' } = this.scenario;
    if (request === null || signOffs === 'withheld') return;
    const choice = signOffs === 'given' ? 'approve' : 'reject';
    const taken = new Set<string>();
    const accepted = missingSignOffs(this.plan, this.state).flatMap(({ role, count, people }) =>
      people
        .filter((person) => !taken.has(person))
        .slice(0, count)
        .map((person) => {
          taken.add(person);
          return { person, role, choice, atMs: this.now, signature: '' } as const;
        }),
    );
    this.state = { ...this.state, request: { ...request, accepted } };
    this.tell({ kind: 'tick' });
    this.carryOut();
  }

  private result(): ScenarioRun {
    const { outcome } = this.state;
    const endedMs = this.now - START_MS;
    if (outcome === null) {
      const waits = explain(this.plan, this.state, this.now).map(({ text }) => text);
      return { outcome: 'none', cause: null, road: this.road, endedMs, text: waits.join('; ') };
    }
    if (outcome.kind === 'promoted') {
      const kind = outcome.ga ? 'ga' : 'promoted';
      return { outcome: kind, cause: null, road: this.road, endedMs, text: '' };
    }
    const { kind, cause } = outcome;
    return { outcome: kind, cause: cause.kind, road: this.road, endedMs, text: cause.text };
  }
}

function numberFor(
  check: Check,
  value: number,
  known: Omit<Evidence, 'kind' | 'samples'>,
): Evidence {
  const samples = Math.max(1, check.samplesMin);
  const base = { ...known, samples } as Omit<Evidence, 'kind'> & { samples: number };
  switch (check.kind) {
    case 'ratio': {
      const denominator = Math.max(1, check.denominatorMin);
      return { ...base, kind: 'ratio', numerator: value * denominator, denominator };
    }
    case 'sustained': {
      const points = [known.atMs - check.forMs, known.atMs].map((at) => [at, value] as const);
      return { ...base, kind: 'series', points };
    }
    case 'failures': {
      const length = Math.max(check.failuresMax + 1, check.countMin ?? 1, samples);
      const points = Array.from({ length }, () => [known.atMs, value] as const);
      return { ...base, samples: length, kind: 'series', points };
    }
    case 'count':
    case 'threshold':
    case 'range':
    case 'presence':
      return { ...base, kind: 'number', value };
  }
}

/** `perimeter 0s, canary 10m: rolled-back after 25m (verdict: ...)` */
export function describeRun(run: ScenarioRun): string {
  const road = run.road.map(({ phase, atMs }) => `${phase} ${formatDuration(atMs)}`).join(', ');
  const why = run.text === '' ? '' : ` (${run.cause === null ? '' : `${run.cause}: `}${run.text})`;
  return `${road}: ${run.outcome} after ${formatDuration(run.endedMs)}${why}`;
}
