import { formatDuration } from '../../base/duration.ts';
import { firedTrigger } from '../evidence/sustained.ts';
import { goBack, orderBack } from './back.ts';
import { voidIfWorse } from './decision-phase.ts';
import { forward } from './forward.ts';
import { evaluateWhatIsDue, failingTooLong } from './gates.ts';
import { conditionsOf } from './go.ts';
import { noteSoakBreach } from './soak.ts';
import type { Cause } from './state.ts';
import { dropPending, holdOn, phaseOf, resend, type Step } from './step.ts';
import { restsOnLoad, SYNTHETIC } from './synthetic.ts';

/**
 * One move, the gravest first; true when something changed and there may be more. The order is the
 * law: what turns back comes before what stands still, and that before what goes forward.
 */
export function progress(step: Step): boolean {
  if (step.state.outcome !== null) return retryWhatIsDue(step);
  if (retryWhatIsDue(step)) return true;
  if (step.state.back !== null) return goBack(step);
  const cause = reasonToGoBack(step);
  if (cause !== null && orderBack(step, cause)) return true;
  if (voidIfWorse(step)) return true;
  if (noteSoakBreach(step)) return true;
  if (holdWhereDue(step)) return true;
  if (evaluateWhatIsDue(step)) return true;
  const { hold, drift, paused } = step.state;
  if (hold !== null || drift !== null || paused !== null) return false;
  return forward(step);
}

function retryWhatIsDue(step: Step): boolean {
  const due = step.state.pending.find(
    ({ status, retryAtMs }) => status === 'waiting' && retryAtMs <= step.now,
  );
  if (!due) return false;
  if (step.state.outcome !== null && due.effect.kind !== 'notify') dropPending(step, due.effect.id);
  else resend(step, due);
  return true;
}

/** What rolls back by itself, in the order in which it is reported. */
function reasonToGoBack(step: Step): Cause | null {
  return (
    firedTriggers(step) ??
    openIncident(step) ??
    judgedWorse(step) ??
    failedGate(step) ??
    expiredCondition(step) ??
    missedDeadline(step)
  );
}

/** Absolute: nothing inconclusive, no pause and no hold keeps a trigger from acting. */
function firedTriggers(step: Step): Cause | null {
  const { state, plan } = step;
  for (const name of phaseOf(plan, state).triggers) {
    const trigger = plan.triggers.find((one) => one.name === name);
    const standing = state.evidence.triggers[name];
    if (!trigger || !standing || trigger.kind === 'incident') continue;
    const fired = firedTrigger(trigger, standing);
    if (!fired.fired) continue;
    const phase = phaseOf(plan, state);
    if (phase.kind === 'soak' && phase.onBreach === 'restart') continue;
    const kind = phase.kind === 'soak' ? 'soak-breach' : 'trigger';
    return { kind, text: `${name}: ${fired.text}` };
  }
  return null;
}

function openIncident(step: Step): Cause | null {
  const { state, plan } = step;
  for (const name of phaseOf(plan, state).triggers) {
    const trigger = plan.triggers.find((one) => one.name === name);
    if (trigger?.kind !== 'incident') continue;
    const open = state.incidents.find(
      ({ severity, resolvedAtMs, openedAtMs }) =>
        severity <= trigger.severityMax &&
        // One that came and went while nobody looked is one of this phase all the same.
        (resolvedAtMs === null || openedAtMs >= state.position.phaseSinceMs),
    );
    if (open) {
      return {
        kind: 'trigger',
        text: `${name}: incident ${open.id} (SEV${open.severity}) ${open.title}`,
      };
    }
  }
  return null;
}

function judgedWorse(step: Step): Cause | null {
  if (step.state.verdict !== 'rollback') return null;
  const rests = restsOnLoad(step.plan, step.state) ? `, ${SYNTHETIC}` : '';
  return { kind: 'verdict', text: `the judge: the candidate is worse than stable${rests}` };
}

function failedGate(step: Step): Cause | null {
  const { state, plan, now } = step;
  const phase = phaseOf(plan, state);
  const gate = failingTooLong(plan, state, now);
  if (gate === null || phase.onFail !== 'rollback' || phase.kind === 'decision') return null;
  if (phase.kind === 'soak' && phase.onBreach === 'restart') return null;
  const since = state.gates[gate]?.failingSinceMs ?? now;
  const lasting = phase.failForMs > 0 ? ` for ${formatDuration(now - since)}` : '';
  return { kind: 'gate', text: `gate ${gate} fails${lasting} in phase ${phase.name}` };
}

function expiredCondition(step: Step): Cause | null {
  const open = conditionsOf(step.state).find(
    ({ metAtMs, expiresAtMs }) => metAtMs === null && expiresAtMs <= step.now,
  );
  if (!open) return null;
  return { kind: 'condition', text: `the condition on gate ${open.gate} was not met in time` };
}

function missedDeadline(step: Step): Cause | null {
  const { state, plan, now } = step;
  const phase = phaseOf(plan, state);
  if (phase.deadlineMs === null || phase.onDeadline !== 'rollback') return null;
  if (now < state.position.phaseSinceMs + phase.deadlineMs) return null;
  return { kind: 'deadline', text: deadlineText(phase.name, phase.deadlineMs) };
}

function deadlineText(phase: string, deadlineMs: number): string {
  return `phase ${phase} was not through within ${formatDuration(deadlineMs)}`;
}

/** A failing gate or a missed deadline whose default action is to stand still. */
function holdWhereDue(step: Step): boolean {
  const { state, plan, now } = step;
  if (state.hold !== null || state.position.stage === 'adopt') return false;
  const phase = phaseOf(plan, state);
  const gate =
    phase.onFail === 'hold' && phase.kind !== 'decision' ? failingTooLong(plan, state, now) : null;
  if (gate !== null) {
    holdOn(step, 'gate-failed', `gate ${gate} fails in phase ${phase.name}`);
    return true;
  }
  const deadlineMs = phase.onDeadline === 'hold' ? phase.deadlineMs : null;
  if (deadlineMs !== null && now >= state.position.phaseSinceMs + deadlineMs) {
    holdOn(step, 'deadline', deadlineText(phase.name, deadlineMs));
    return true;
  }
  return false;
}
