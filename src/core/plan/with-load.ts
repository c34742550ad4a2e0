import type { Load, Phase, Plan } from './plan.ts';

/**
 * The plan with generated requests in each phase that would live on live ones, and while people
 * decide. It is another plan, of another digest: what rests on it says so.
 */
export function withLoad(plan: Plan, load: Load): Plan {
  return { ...plan, phases: plan.phases.map((phase) => loaded(phase, load)) };
}

function loaded(phase: Phase, load: Load): Phase {
  const waits = phase.kind === 'decision' && phase.traffic === 'none';
  return phase.traffic === 'live' || waits ? { ...phase, traffic: 'load', load } : phase;
}
