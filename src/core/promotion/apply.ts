import { assert, unreachable } from '../../base/assert.ts';
import type { Problem } from '../../base/problem.ts';
import { problem } from '../../base/problem.ts';
import type { Plan } from '../plan/plan.ts';
import { applyCommand } from './command.ts';
import { applyOverride, applySignOff } from './decision-phase.ts';
import { ALL_STABLE, type Weights } from './effect.ts';
import { effectDone, effectFailed } from './effect-result.ts';
import type { PromotionEvent } from './event.ts';
import { wantedPct } from './forward.ts';
import { takeEvidence } from './gates.ts';
import { takeInterval } from './intake.ts';
import { NO_EVIDENCE, type State } from './state.ts';
import { enterStage, notify, resend, type Step, set } from './step.ts';

/** The state of a promotion that has just been asked for. */
export function open(
  plan: Plan,
  planSha256: string,
  event: Extract<PromotionEvent, { kind: 'opened' }>,
  now: number,
): State {
  assert(plan.phases.length > 0, 'a plan has phases');
  return {
    v: 1,
    promotion: event.promotion,
    service: plan.service,
    planSha256,
    by: event.by,
    rehearsal: event.rehearsal,
    origin: event.origin,
    openedAtMs: now,
    term: event.term,
    generation: event.generation,
    firstGeneration: event.generation,
    effectCount: 0,
    position: { phase: 0, step: 0, stage: 'before', hook: 0, phaseSinceMs: now, stageSinceMs: now },
    weights: ALL_STABLE,
    fallback: ALL_STABLE,
    candidate: 'none',
    pending: [],
    gates: {},
    skipped: [],
    verdict: null,
    request: null,
    decisions: [],
    incidents: [],
    paused: null,
    hold: null,
    drift: null,
    back: null,
    soak: { breached: false, restarts: 0 },
    waived: [],
    outcome: null,
    evidence: { ...NO_EVIDENCE, lastSeq: event.afterSeq },
  };
}

/** What the event itself changes. Returns a problem when it asks for what cannot be. */
export function apply(step: Step, event: PromotionEvent): Problem | null {
  switch (event.kind) {
    case 'opened':
      return problem('conflict', `promotion ${step.state.promotion} is open already`);
    case 'controller-started':
      return takeOver(step, event.term);
    case 'tick':
      return null;
    case 'interval':
      takeInterval(step, event.interval);
      return null;
    case 'gap':
      return takeGap(step, event.fromSeq, event.toSeq);
    case 'effect-done':
      effectDone(step, event.effect);
      return null;
    case 'evidence':
      takeEvidence(step, event.effect, event.evidence);
      return null;
    case 'effect-failed':
      effectFailed(step, event.effect, event.reason, event.message);
      return null;
    case 'observed':
      takeObserved(step, event.weights, event.fallbackApplied);
      return null;
    case 'sign-off':
      return applySignOff(step, event);
    case 'override':
      return applyOverride(step, event);
    case 'incident':
      return takeIncident(step, event);
    case 'drift':
      return takeDrift(step, event.keys);
    case 'command':
      return applyCommand(step, event.command, event.by, event.reason);
    default:
      return unreachable(event);
  }
}

/** What was on its way may or may not have happened: it is sent again, under the same id. */
function takeOver(step: Step, term: number): Problem | null {
  if (term <= step.state.term) {
    return problem('conflict', `term ${term} is not above ${step.state.term}`);
  }
  set(step, { term });
  for (const entry of step.state.pending) {
    if (entry.status === 'sent') resend(step, entry);
  }
  return null;
}

function takeGap(step: Step, fromSeq: number, toSeq: number): null {
  const { evidence } = step.state;
  if (toSeq <= evidence.lastSeq) return null;
  const missing = evidence.missing + (toSeq - Math.max(fromSeq - 1, evidence.lastSeq));
  set(step, { evidence: { ...evidence, lastSeq: toSeq, missing } });
  return null;
}

/**
 * The world's weights differ from the confirmed ones: the keeper applied the fallback while no
 * controller renewed, or somebody turned the dial. The share is taken as it is and, where the
 * phase wants another, asked for again.
 */
function takeObserved(step: Step, weights: Weights, fallbackApplied: boolean): void {
  const { state } = step;
  const same = weights.candidate === state.weights.candidate;
  const ordered = state.pending.some(({ effect }) => effect.kind === 'set-weights');
  if (same || ordered) return;
  set(step, { weights });
  const why = fallbackApplied ? 'the keeper applied the fallback' : 'the weights were changed';
  notify(
    step,
    'warning',
    `${state.promotion}: ${why}`,
    `candidate at ${weights.candidate} % instead of ${state.weights.candidate} %`,
  );
  const { stage } = state.position;
  const isPast = stage === 'run' || stage === 'review' || stage === 'after';
  if (isPast && wantedPct(step.plan, step.state) !== null) enterStage(step, 'shift');
}

function takeIncident(
  step: Step,
  event: Extract<PromotionEvent, { kind: 'incident' }>,
): Problem | null {
  const { incidents } = step.state;
  const known = incidents.find(({ id }) => id === event.id);
  if (!known) {
    const resolvedAtMs = event.resolved ? step.now : null;
    const { id, severity, title } = event;
    const incident = { id, severity, title, openedAtMs: step.now, resolvedAtMs };
    set(step, { incidents: [...incidents, incident] });
  } else {
    // What was graver once stays so; what is told as open after it was resolved opens anew.
    const severity = Math.min(known.severity, event.severity);
    const reopens = !event.resolved && known.resolvedAtMs !== null;
    const openedAtMs = reopens ? step.now : known.openedAtMs;
    const resolvedAtMs = event.resolved ? (known.resolvedAtMs ?? step.now) : null;
    const merged = { ...known, severity, openedAtMs, resolvedAtMs };
    set(step, { incidents: incidents.map((old) => (old.id === event.id ? merged : old)) });
  }
  return null;
}

/** Drift voids what is being signed and stops the way forward; `keys` empty: all is as locked. */
function takeDrift(step: Step, keys: readonly string[]): null {
  const { state } = step;
  if (keys.length === 0) {
    if (state.drift !== null) set(step, { drift: null });
    return null;
  }
  const text = `changed since it was locked: ${keys.join(', ')}`;
  if (state.drift?.text === text) return null;
  set(step, { drift: { text, sinceMs: step.now }, request: null });
  notify(step, 'critical', `${state.promotion} stopped`, text);
  return null;
}
