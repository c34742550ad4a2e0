import { unreachable } from '../base/assert.ts';
import { type Problem, problem } from '../base/problem.ts';
import { fail, type Result } from '../base/result.ts';
import { evidenceFromIntervals, type Window } from '../core/evidence/window.ts';
import type { Check, Evidence } from '../core/gate/check.ts';
import { soundEvidence } from '../core/gate/sound-evidence.ts';
import type { Plan } from '../core/plan/plan.ts';
import type { Effect } from '../core/promotion/effect.ts';
import type { PromotionEvent } from '../core/promotion/event.ts';
import { ownEvidence } from '../core/promotion/own-evidence.ts';
import type { State } from '../core/promotion/state.ts';
import type {
  EvidenceSource,
  Fence,
  HookRunner,
  LoadGenerator,
  Notifier,
  TrafficDriver,
  WorkloadDriver,
} from './ports.ts';

export interface World {
  traffic: TrafficDriver;
  workload: WorkloadDriver;
  evidence: EvidenceSource;
  hooks: HookRunner;
  notifier: Notifier;
  load: LoadGenerator;
}

/** What an effect is carried out with; the state is the one that issued or re-issued it. */
export interface Order {
  plan: Plan;
  state: State;
  term: number;
  now: number;
  /** Rows of the promotion that its checks may look back on. */
  window: (windowMs: number) => Promise<Window>;
}

/**
 * Carries one effect out and says how it went, as the event that the machine is told next. Never
 * throws for what the world does; carrying out the same effect again shows once.
 */
export async function perform(world: World, order: Order, effect: Effect): Promise<PromotionEvent> {
  const { plan, state } = order;
  const { service } = plan;
  const fence = (generation: number): Fence => ({ term: order.term, generation });
  switch (effect.kind) {
    case 'set-weights': {
      const { weights, fallback, generation, baselinePct } = effect;
      const { controllerLossMs } = plan;
      const share = baselinePct === undefined ? {} : { baselinePct };
      const order = { fence: fence(generation), weights, fallback, ...share, controllerLossMs };
      return answer(effect, await world.traffic.setWeights(service, order));
    }
    case 'start': {
      const { candidate: version, artifacts, command } = plan.release;
      const start = {
        fence: fence(effect.generation),
        track: 'candidate',
        instance: effect.id,
        version,
        artifacts,
        command,
      } as const;
      const baseline = { ...start, track: 'baseline', instance: `${effect.id}/baseline` } as const;
      // First: a candidate that waits for it would be the warmer one.
      const other = effect.baseline && (await world.workload.start(service, baseline));
      if (other?.ok === false) return failure(effect, other.problem);
      return answer(effect, await world.workload.start(service, start));
    }
    case 'stop': {
      const stop = { fence: fence(effect.generation), track: 'candidate' } as const;
      const stopped = await world.workload.stop(service, stop);
      if (!stopped.ok || !effect.baseline) return answer(effect, stopped);
      return answer(effect, await world.workload.stop(service, { ...stop, track: 'baseline' }));
    }
    case 'adopt': {
      const adopt = { fence: fence(effect.generation), version: plan.release.version };
      return answer(effect, await world.workload.adopt(service, adopt));
    }
    case 'evaluate':
      return {
        kind: 'evidence',
        effect: effect.id,
        evidence: await collect(world, order, effect.gates),
      };
    case 'hook':
      return answer(effect, await runHook(world, plan, effect));
    case 'notify': {
      const { id, level, title, text } = effect;
      return answer(effect, await world.notifier.send({ id, level, title, text }));
    }
    default:
      void state;
      return unreachable(effect);
  }
}

async function runHook(
  world: World,
  plan: Plan,
  effect: Extract<Effect, { kind: 'hook' }>,
): Promise<Result<void>> {
  const phase = plan.phases.find(({ name }) => name === effect.phase);
  const hook = phase?.[effect.stage][effect.index];
  if (hook === undefined) return fail(problem('refused', `the plan has no hook ${effect.name}`));
  return await world.hooks.run(effect.id, hook);
}

function answer(effect: Effect, result: Result<void>): PromotionEvent {
  if (result.ok) return { kind: 'effect-done', effect: effect.id };
  return failure(effect, result.problem);
}

/** Only an order that is refused for good is final; everything else may or may not have happened. */
export function failure(effect: Effect, { code, message }: Problem): PromotionEvent {
  const reason = code === 'refused' ? 'refused' : 'unavailable';
  return { kind: 'effect-failed', effect: effect.id, reason, message };
}

/** Evidence of every check of the gates: from recorded rows, from the judge, or from a source. */
async function collect(
  world: World,
  order: Order,
  gates: readonly string[],
): Promise<readonly Evidence[]> {
  const checks = order.plan.gates
    .filter(({ name }) => gates.includes(name))
    .flatMap((gate) => gate.checks);
  const outside = checks.filter(({ evidence }) => !isInside(evidence.source));
  const asked = outside.map(({ name, evidence }) => ({ check: name, query: evidence }));
  const collected =
    asked.length === 0 ? [] : await world.evidence.collect(order.plan.service, asked);
  const inside = checks.filter(({ evidence }) => isInside(evidence.source));
  const known: Evidence[] = [];
  const window = once(order.window);
  for (const check of inside) known.push(await fromInside(order, check, window));
  return [...known, ...collected].map(soundEvidence);
}

/** Checks that look back over the same time read the rows once. */
function once(read: Order['window']): Order['window'] {
  const known = new Map<number, Promise<Window>>();
  return (windowMs) => {
    const window = known.get(windowMs) ?? read(windowMs);
    known.set(windowMs, window);
    return window;
  };
}

function isInside(source: Check['evidence']['source']): boolean {
  return source === 'metric' || source === 'judge' || source === 'incidents';
}

async function fromInside(order: Order, check: Check, window: Order['window']): Promise<Evidence> {
  const { plan, state, now } = order;
  const query = check.evidence;
  if (query.source !== 'metric') return ownEvidence(plan, state, check, now);
  return evidenceFromIntervals(check, plan.metrics, await window(query.windowMs));
}
