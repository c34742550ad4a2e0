import type { Check, EvidenceQuery } from '../gate/check.ts';
import { durationOf } from './phase-time.ts';
import type { Phase, Plan, Trigger } from './plan.ts';

/** What machines and people need for themselves, however short the plan has become. */
const MACHINE_MS = 60_000;
/** Fewer than this and a lost renewal or a late round would send the traffic back. */
const LOSS_MIN_MS = 5_000;

export interface Scale {
  /** The road, without decisions, takes about so long; a phase never less than one interval. */
  totalMs: number;
  /** What the service counts in: the plan's interval becomes a multiple of it. */
  tickMs: number;
}

/**
 * The same plan on scaled time: durations, intervals, rhythms, deadlines and windows shrink by one
 * factor. What is a machine's own time does not: health, drains, hooks, commands; nor do freezes,
 * which are of the calendar, nor the age of files. Deadlines keep a minute for machines and people.
 */
export function rehearsalOf(plan: Plan, { totalMs, tickMs }: Scale): Plan {
  const roadMs = plan.phases.reduce((sum, phase) => sum + durationOf(phase), 0);
  const factor = Math.min(1, totalMs / Math.max(1, roadMs));
  const intervalMs = Math.max(tickMs, Math.ceil((plan.intervalMs * factor) / tickMs) * tickMs);
  const shrink = (ms: number): number =>
    ms === 0 ? 0 : Math.max(intervalMs, Math.round(ms * factor));
  const withGrace = (ms: number): number => shrink(ms) + MACHINE_MS;
  return {
    ...plan,
    intervalMs,
    controllerLossMs: Math.max(
      LOSS_MIN_MS,
      3 * intervalMs,
      Math.round(plan.controllerLossMs * factor),
    ),
    evidenceMaxAgeMs: withGrace(plan.evidenceMaxAgeMs),
    goMaxAgeMs: withGrace(plan.goMaxAgeMs),
    triggers: plan.triggers.map((trigger) => scaleTrigger(trigger, shrink)),
    gates: plan.gates.map((gate) => ({
      ...gate,
      checks: gate.checks.map((check) => scaleCheck(check, shrink, intervalMs)),
    })),
    phases: plan.phases.map((phase) => scalePhase(phase, shrink, withGrace)),
  };
}

type Shrink = (ms: number) => number;

function scaleTrigger(trigger: Trigger, shrink: Shrink): Trigger {
  return trigger.kind === 'incident' ? trigger : { ...trigger, forMs: shrink(trigger.forMs) };
}

function scaleCheck(check: Check, shrink: Shrink, intervalMs: number): Check {
  const { evidence } = check;
  const scaled = { ...check, evidence: scaleEvidence(evidence, shrink) };
  if (scaled.kind === 'failures') return scaleFailures(scaled, intervalMs);
  return scaled.kind === 'sustained' ? { ...scaled, forMs: shrink(scaled.forMs) } : scaled;
}

/** No more intervals are asked for than the shorter window holds, and as large a part may fail. */
function scaleFailures<C extends Extract<Check, { kind: 'failures' }>>(
  check: C,
  intervalMs: number,
): C {
  const { evidence, countMin, failuresMax } = check;
  if (countMin === null || !('windowMs' in evidence)) return check;
  const stepMs = 'stepMs' in evidence ? evidence.stepMs : intervalMs;
  const count = Math.min(countMin, Math.max(1, Math.floor(evidence.windowMs / stepMs)));
  return {
    ...check,
    countMin: count,
    failuresMax: Math.floor((failuresMax * count) / Math.max(1, countMin)),
  };
}

function scaleEvidence(evidence: EvidenceQuery, shrink: Shrink): EvidenceQuery {
  if (!('windowMs' in evidence)) return evidence;
  const scaled = { ...evidence, windowMs: shrink(evidence.windowMs) };
  if (scaled.source !== 'prometheus') return scaled;
  const stepMs = shrink(scaled.stepMs);
  if (scaled.form === 'ratio') return { ...scaled, stepMs };
  return { ...scaled, stepMs, gapMaxMs: shrink(scaled.gapMaxMs) };
}

function scalePhase(phase: Phase, shrink: Shrink, withGrace: Shrink): Phase {
  const base = {
    everyMs: shrink(phase.everyMs),
    failForMs: shrink(phase.failForMs),
    deadlineMs: phase.deadlineMs === null ? null : withGrace(phase.deadlineMs),
  };
  switch (phase.kind) {
    case 'perimeter':
      return { ...phase, ...base };
    case 'soak':
      return { ...phase, ...base, soakMs: shrink(phase.soakMs) };
    case 'canary': {
      const checkpointsMs = phase.checkpointsMs.map(shrink);
      return { ...phase, ...base, durationMs: shrink(phase.durationMs), checkpointsMs };
    }
    case 'decision':
      return { ...phase, ...base, validMs: withGrace(phase.validMs) };
    case 'rollout': {
      const steps = phase.steps.map((step) => ({ ...step, holdMs: shrink(step.holdMs) }));
      return { ...phase, ...base, steps };
    }
    case 'watch':
      return { ...phase, ...base, watchMs: shrink(phase.watchMs) };
  }
}
