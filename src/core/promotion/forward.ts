import { unreachable } from '../../base/assert.ts';
import type { CanaryPhase, Phase, Plan, SoakPhase } from '../plan/plan.ts';
import { orderBack } from './back.ts';
import { baselineShare, withBaseline } from './baseline.ts';
import { decideForward } from './decision-phase.ts';
import { ALL_STABLE, type Weights } from './effect.ts';
import { unmetFloors, withoutFloors } from './floors.ts';
import { allPassSince, failingTooLong } from './gates.ts';
import { conditionsOf, decisionPhaseBefore, goInForce, whatBarsRaise } from './go.ts';
import type { State } from './state.ts';
import {
  enterStage,
  isPending,
  issue,
  move,
  nextGeneration,
  notify,
  phaseOf,
  type Step,
  set,
} from './step.ts';

/** One move forward, if nothing is awaited. */
export function forward(step: Step): boolean {
  const { stage } = step.state.position;
  switch (stage) {
    case 'before':
    case 'after':
      return runHooks(step, stage);
    case 'start':
      return startCandidate(step);
    case 'shift':
      return shift(step);
    case 'run':
      return run(step);
    case 'review':
      return review(step);
    case 'adopt':
      return adopt(step);
    case 'back':
    case 'ended':
      return false;
    default:
      return unreachable(stage);
  }
}

function runHooks(step: Step, stage: 'before' | 'after'): boolean {
  if (isPending(step.state, 'hook')) return false;
  const phase = phaseOf(step.plan, step.state);
  const index = step.state.position.hook;
  const hook = phase[stage][index];
  if (hook) {
    issue(step, { kind: 'hook', phase: phase.name, stage, index, name: hook.name });
    return true;
  }
  // The plan's end may wait for a condition: that is no move, and must not be told as one.
  if (stage === 'after') return nextPhase(step);
  enterStage(step, 'start');
  return true;
}

/** Phases that need the candidate's process. Perimeter and decision take the world as it is. */
function needsCandidate(phase: Phase): boolean {
  return phase.kind !== 'perimeter' && phase.kind !== 'decision';
}

function startCandidate(step: Step): boolean {
  const { state, plan } = step;
  if (!needsCandidate(phaseOf(plan, state)) || state.candidate === 'running') {
    enterStage(step, 'shift');
    return true;
  }
  if (isPending(state, 'start')) return false;
  issue(step, { kind: 'start', generation: nextGeneration(step), ...withBaseline(plan) });
  return true;
}

/** The candidate's share that the position asks for; null: as it is. */
export function wantedPct(plan: Plan, state: State): number | null {
  const phase = phaseOf(plan, state);
  if (phase.kind === 'canary') return phase.weightPct;
  if (phase.kind === 'rollout') return phase.steps[state.position.step]?.weightPct ?? null;
  if (phase.kind === 'watch') return weightBefore(plan, state);
  return null;
}

/** What the last phase that set a weight asked for: restored after a fallback. */
function weightBefore(plan: Plan, state: State): number | null {
  for (let index = state.position.phase; index >= 0; index -= 1) {
    const phase = plan.phases[index];
    if (phase?.kind === 'rollout') return phase.steps.at(-1)?.weightPct ?? null;
    if (phase?.kind === 'canary') return phase.weightPct;
  }
  return null;
}

/**
 * Raising a weight: never in a freeze, and never to 100 % without a fresh GO where one is needed. A
 * phase with another fallback repeats the weight with it.
 */
function shift(step: Step): boolean {
  const { state, plan, now } = step;
  if (isPending(state, 'set-weights')) return false;
  const wanted = wantedPct(plan, state) ?? state.weights.candidate;
  const weights: Weights = { stable: 100 - wanted, candidate: wanted };
  const fallback = wantedFallback(plan, state, weights);
  const isInForce =
    wanted === state.weights.candidate && fallback.candidate === state.fallback.candidate;
  if (isInForce) {
    enterStage(step, 'run');
    set(step, { evidence: { ...step.state.evidence, coveredMs: 0, requests: 0 } });
    return true;
  }
  const bar = whatBarsRaise(plan, state, weights, now);
  if (bar === 'no-fresh-go') return askAgain(step, 'the GO is stale');
  if (bar !== null) return false;
  const generation = nextGeneration(step);
  const share = baselineShare(plan, wanted);
  issue(step, { kind: 'set-weights', generation, weights, fallback, ...share });
  return true;
}

/** Phases that take the world as it is leave the fallback as it is as well. */
function wantedFallback(plan: Plan, state: State, weights: Weights): Weights {
  const phase = phaseOf(plan, state);
  if (wantedPct(plan, state) === null) return state.fallback;
  return phase.fallback === 'stay' ? weights : ALL_STABLE;
}

/** The GO is too old (or was never given): the decision phase is gone through again. */
function askAgain(step: Step, why: string): boolean {
  const { state, plan } = step;
  const index = decisionPhaseBefore(plan, state);
  if (index === null) {
    const text = '100 % needs a decision, and the plan has none before it';
    return orderBack(step, { kind: 'plan-ends', text });
  }
  notify(step, 'warning', `${state.promotion}: ${why}`, 'it has to be decided again');
  const revoked = state.decisions.map((one) =>
    one.revoked === null && one.subject === 'release' ? { ...one, revoked: 'stale' } : one,
  );
  set(step, { decisions: revoked });
  enterPhase(step, index);
  return true;
}

function run(step: Step): boolean {
  const { state, plan } = step;
  const phase = phaseOf(plan, state);
  switch (phase.kind) {
    case 'perimeter':
      return enterReview(step);
    case 'decision':
      return decideForward(step, phase);
    case 'soak':
      return soak(step, phase);
    case 'canary':
      return canaryIsDone(phase, state) && enterReview(step);
    case 'rollout': {
      const holdMs = phase.steps[state.position.step]?.holdMs ?? 0;
      return state.evidence.coveredMs >= holdMs && enterReview(step);
    }
    case 'watch':
      return state.evidence.coveredMs >= phase.watchMs && enterReview(step);
    default:
      return unreachable(phase);
  }
}

/** Gates that pass are judged again before a phase is left, on evidence of that moment. */
function enterReview(step: Step): boolean {
  noteWaived(step);
  enterStage(step, 'review');
  return true;
}

/** A rehearsal tells what it left out. */
function noteWaived(step: Step): void {
  const phase = phaseOf(step.plan, step.state);
  if (phase.kind !== 'soak' && phase.kind !== 'canary') return;
  const texts = unmetFloors(phase, step.state);
  const others = step.state.waived.filter((one) => one.phase !== phase.name);
  if (texts.length === 0 && others.length === step.state.waived.length) return;
  set(step, { waived: [...others, ...texts.map((text) => ({ phase: phase.name, text }))] });
}

function soak(step: Step, phase: SoakPhase): boolean {
  const { state } = step;
  if (state.soak.breached) return false;
  const failing = failingTooLong(step.plan, state, step.now) !== null;
  return !failing && soakIsDone(state, phase) && enterReview(step);
}

function soakIsDone(state: State, phase: SoakPhase): boolean {
  return state.evidence.coveredMs >= phase.soakMs && withoutFloors(phase, state);
}

/** Never on time alone: volume, and where the phase is judged, the judge's `promote`. */
export function canaryIsDone(phase: CanaryPhase, state: State): boolean {
  if (!withoutFloors(phase, state)) return false;
  if (state.evidence.coveredMs >= phase.durationMs) return true;
  return phase.advance === 'when-shown' && phase.judged && state.verdict === 'promote';
}

function review(step: Step): boolean {
  const { state, plan, now } = step;
  if (!allPassSince(plan, state, state.position.stageSinceMs, now)) return false;
  const phase = phaseOf(plan, state);
  const isMoreSteps = phase.kind === 'rollout' && state.position.step + 1 < phase.steps.length;
  if (isMoreSteps) {
    move(step, { step: state.position.step + 1 });
    enterStage(step, 'shift');
  } else {
    enterStage(step, 'after');
  }
  return true;
}

function nextPhase(step: Step): boolean {
  const { state, plan } = step;
  const next = state.position.phase + 1;
  if (next < plan.phases.length) {
    enterPhase(step, next);
    return true;
  }
  if (state.weights.candidate < 100) {
    return orderBack(step, { kind: 'plan-ends', text: 'the plan ends before 100 %' });
  }
  if (plan.decision === 'signed' && goInForce(state) === null) {
    return askAgain(step, 'no GO is in force');
  }
  if (conditionsOf(state).some(({ metAtMs }) => metAtMs === null)) return false;
  if (state.rehearsal) {
    const text = 'the whole road was gone; a rehearsal ends where it began';
    return orderBack(step, { kind: 'rehearsed', text }, { withdrawn: true });
  }
  enterStage(step, 'adopt');
  return true;
}

function enterPhase(step: Step, phase: number): void {
  move(step, { phase, step: 0, phaseSinceMs: step.now });
  enterStage(step, 'before');
}

/** The last move: the candidate becomes stable. Recorded as GA only under a signed GO, and never in a rehearsal, which does not come here. */
function adopt(step: Step): boolean {
  const { state, plan, now } = step;
  if (isPending(state, 'adopt')) return false;
  if (state.candidate === 'running') {
    issue(step, { kind: 'adopt', generation: nextGeneration(step) });
    return true;
  }
  const ga = plan.decision === 'signed' && goInForce(state) !== null;
  set(step, { outcome: { kind: 'promoted', ga, atMs: now } });
  enterStage(step, 'ended');
  notify(step, 'info', `${state.promotion} is ${ga ? 'GA' : 'promoted'}`, plan.release.version);
  return true;
}
