import type { Phase } from './plan.ts';

/** What the phase itself takes when nothing goes wrong; 0 where it waits for gates or people alone. */
export function durationOf(phase: Phase): number {
  switch (phase.kind) {
    case 'perimeter':
    case 'decision':
      return 0;
    case 'soak':
      return phase.soakMs;
    case 'canary':
      return phase.durationMs;
    case 'rollout':
      return phase.steps.reduce((sum, { holdMs }) => sum + holdMs, 0);
    case 'watch':
      return phase.watchMs;
  }
}

/** The candidate's share when the phase is left, given what it was on entry. */
export function weightAfter(phase: Phase, before: number): number {
  if (phase.kind === 'canary') return phase.weightPct;
  if (phase.kind === 'rollout') return phase.steps.at(-1)?.weightPct ?? before;
  return before;
}

/** The candidate's share on entry of each phase. */
export function weightsOnEntry(phases: readonly Phase[]): number[] {
  let weight = 0;
  return phases.map((phase) => {
    const entry = weight;
    weight = weightAfter(phase, weight);
    return entry;
  });
}

/**
 * T of the judge's restart term: intervals in the phases in which both tracks have traffic. A phase
 * counts with its deadline where it has one, for it may last that long, else with its duration.
 */
export function horizonIntervals(phases: readonly Phase[], intervalMs: number): number {
  const entry = weightsOnEntry(phases);
  const totalMs = phases.reduce((sum, phase, index) => {
    const weight = entry[index] ?? 0;
    const lastMs = Math.max(durationOf(phase), phase.deadlineMs ?? 0);
    if (phase.kind === 'canary') return sum + lastMs;
    if (phase.kind !== 'rollout') return isShared(weight) ? sum + lastMs : sum;
    const sharedMs = phase.steps
      .filter(({ weightPct }) => isShared(weightPct))
      .reduce((steps, { holdMs }) => steps + holdMs, 0);
    return sum + (phase.deadlineMs === null ? sharedMs : lastMs);
  }, 0);
  return Math.max(1, Math.ceil(totalMs / intervalMs));
}

function isShared(weightPct: number): boolean {
  return weightPct > 0 && weightPct < 100;
}
