import { formatDuration } from '../../base/duration.ts';
import type { Hook, Phase } from './plan.ts';
import type { HookFile, PhaseBaseFile, PhaseFile } from './plan-file.ts';

/** A phase as a file says it, every default written out. */
export function phaseFile(phase: Phase): PhaseFile {
  const base = baseFile(phase);
  switch (phase.kind) {
    case 'perimeter':
      return { kind: 'perimeter', ...base };
    case 'soak': {
      const { kind, requestsMin, onBreach } = phase;
      return { kind, ...base, duration: formatDuration(phase.soakMs), requestsMin, onBreach };
    }
    case 'canary':
      return {
        kind: 'canary',
        ...base,
        weight: phase.weightPct,
        duration: formatDuration(phase.durationMs),
        requestsMin: phase.requestsMin,
        checkpoints: phase.checkpointsMs.map(formatDuration),
        advance: phase.advance,
        judged: phase.judged,
      };
    case 'decision':
      return {
        kind: 'decision',
        ...base,
        subject: phase.subject,
        signOffs: Object.fromEntries(phase.signOffs.map(({ role, count }) => [role, count])),
        valid: formatDuration(phase.validMs),
      };
    case 'rollout': {
      const steps = phase.steps.map(({ weightPct, holdMs }) => ({
        weight: weightPct,
        hold: formatDuration(holdMs),
      }));
      return { kind: 'rollout', ...base, steps };
    }
    case 'watch':
      return { kind: 'watch', ...base, duration: formatDuration(phase.watchMs) };
  }
}

function baseFile(phase: Phase): Required<Omit<PhaseBaseFile, 'load' | 'repeat'>> {
  return {
    name: phase.name,
    traffic: phase.traffic,
    ...(phase.load === null ? {} : { load: phase.load }),
    gates: phase.gates,
    every: formatDuration(phase.everyMs),
    onFail: phase.onFail,
    failFor: formatDuration(phase.failForMs),
    deadline: phase.deadlineMs === null ? 'none' : formatDuration(phase.deadlineMs),
    onDeadline: phase.onDeadline,
    triggers: phase.triggers,
    fallback: phase.fallback,
    before: phase.before.map(hookFile),
    after: phase.after.map(hookFile),
  };
}

function hookFile(hook: Hook): HookFile {
  const { name, run, onFail } = hook;
  return { name, run, timeout: formatDuration(hook.timeoutMs), onFail };
}
