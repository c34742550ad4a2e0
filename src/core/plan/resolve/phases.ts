import { unreachable } from '../../../base/assert.ts';
import type { SourcePath } from '../../file/source-node.ts';
import type { Fault } from '../finding.ts';
import { LOAD_FORM, parseLoad, parseStep, STEP_FORM } from '../grammar/small.ts';
import type { Hook, Load, Phase, PhaseBase } from '../plan.ts';
import type { HookFile, LoadFile, PhaseFile } from '../plan-file.ts';
import type { Scope } from './scope.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Gates are judged again so often where the plan does not say. */
const EVERY_MS = 10 * MINUTE_MS;
const HOOK_TIMEOUT_MS = 5 * MINUTE_MS;
const REQUEST_VALID_MS = 24 * HOUR_MS;
const DECISION_DEADLINE_MS = 48 * HOUR_MS;
const PERIMETER_DEADLINE_MS = 7 * 86_400_000;
const DAY_MS = 86_400_000;

/** What the plan says for all of its phases: the names of its triggers, and its load. */
export interface PlanWide {
  triggers: readonly string[];
  load: Load | null;
}

/** A phase with every default written out. */
export function resolvePhase(
  scope: Scope,
  path: SourcePath,
  file: PhaseFile,
  planWide: PlanWide,
): Phase {
  switch (file.kind) {
    case 'perimeter':
      return { ...baseOf(scope, path, file, planWide, 0), kind: 'perimeter' };
    case 'soak': {
      const soakMs = scope.ms([...path, 'duration'], file.duration, 0);
      const { requestsMin = 1, onBreach = 'restart' } = file;
      const base = baseOf(scope, path, file, planWide, soakMs);
      return { ...base, kind: 'soak', soakMs, requestsMin, onBreach };
    }
    case 'canary':
      return canary(scope, path, file, planWide);
    case 'decision': {
      const signOffs = Object.entries(file.signOffs).map(([role, count]) => ({ role, count }));
      const validMs = scope.ms([...path, 'valid'], file.valid, REQUEST_VALID_MS);
      const { subject = 'release' } = file;
      const base = baseOf(scope, path, file, planWide, 0);
      return { ...base, kind: 'decision', subject, signOffs, validMs };
    }
    case 'rollout': {
      const steps = file.steps.flatMap((step, index) => {
        const read = resolveStep(scope, [...path, 'steps', index], step);
        return read === null ? [] : [read];
      });
      const lastsMs = steps.reduce((sum, { holdMs }) => sum + holdMs, 0);
      return { ...baseOf(scope, path, file, planWide, lastsMs), kind: 'rollout', steps };
    }
    case 'watch': {
      const watchMs = scope.ms([...path, 'duration'], file.duration, 0);
      return { ...baseOf(scope, path, file, planWide, watchMs), kind: 'watch', watchMs };
    }
    default:
      return unreachable(file);
  }
}

function canary(
  scope: Scope,
  path: SourcePath,
  file: PhaseFile & { kind: 'canary' },
  planWide: PlanWide,
): Phase {
  const durationMs = scope.ms([...path, 'duration'], file.duration, 0);
  return {
    ...baseOf(scope, path, file, planWide, durationMs),
    kind: 'canary',
    weightPct: file.weight,
    durationMs,
    requestsMin: file.requestsMin ?? 1,
    checkpointsMs: (file.checkpoints ?? []).map((text, index) =>
      scope.ms([...path, 'checkpoints', index], text, 0),
    ),
    advance: file.advance ?? 'at-end',
    judged: file.judged ?? true,
  };
}

function resolveStep(
  scope: Scope,
  path: SourcePath,
  step: string | { weight: number; hold?: string },
): { weightPct: number; holdMs: number } | null {
  if (typeof step !== 'string') {
    return { weightPct: step.weight, holdMs: scope.ms([...path, 'hold'], step.hold, 0) };
  }
  const read = parseStep(step);
  if (read === null) scope.shorthand(path, STEP_FORM, step);
  return read;
}

function baseOf(
  scope: Scope,
  path: SourcePath,
  file: PhaseFile,
  planWide: PlanWide,
  lastsMs: number,
): PhaseBase {
  const runs = file.kind !== 'perimeter' && file.kind !== 'decision';
  // People take their time to decide, and judging goes on meanwhile.
  const isLoaded = file.traffic === undefined && file.kind !== 'perimeter';
  const load =
    resolveLoad(scope, [...path, 'load'], file.load) ?? (isLoaded ? planWide.load : null);
  return {
    name: file.name ?? file.kind,
    traffic: file.traffic ?? (load === null ? (runs ? 'live' : 'none') : 'load'),
    load,
    gates: file.gates ?? [],
    ...cadence(scope, path, file, lastsMs),
    // Nothing is live in a perimeter and a decision waits for people: they stand still.
    onFail: file.onFail ?? (runs ? 'rollback' : 'hold'),
    deadlineMs: deadlineOf(scope, path, file, lastsMs),
    // A signed release that serves everybody is not taken back for want of evidence: people look.
    onDeadline: file.onDeadline ?? (file.kind === 'watch' ? 'hold' : 'rollback'),
    triggers: file.triggers ?? (file.kind === 'perimeter' ? [] : planWide.triggers),
    // Nor because the controller is lost.
    fallback: file.fallback ?? (file.kind === 'watch' ? 'stay' : 'stable'),
    before: hooks(scope, [...path, 'before'], file.before),
    after: hooks(scope, [...path, 'after'], file.after),
  };
}

/** null where none is said, or where it could not be read. */
export function resolveLoad(
  scope: Scope,
  path: SourcePath,
  file: LoadFile | undefined,
): Load | null {
  if (file === undefined || typeof file !== 'string') return file ?? null;
  const load = parseLoad(file);
  if (load === null) scope.shorthand(path, LOAD_FORM, file);
  return load;
}

/**
 * `repeat: {count, failureLimit}` becomes a rhythm and a time of grace: so many judgements within
 * the phase, of which `failureLimit` in a row may fail and the next one acts. Half a rhythm more is
 * given so that the judgement that decides is in before its time is up.
 */
function cadence(
  scope: Scope,
  path: SourcePath,
  file: PhaseFile,
  lastsMs: number,
): { everyMs: number; failForMs: number } {
  const { repeat } = file;
  if (repeat === undefined) {
    const usualMs = Math.min(EVERY_MS, lastsMs);
    const everyMs = scope.ms([...path, 'every'], file.every, usualMs);
    return { everyMs, failForMs: scope.ms([...path, 'failFor'], file.failFor, 0) };
  }
  const { count, failureLimit } = repeat;
  const fault = repeatFault(file, lastsMs);
  if (fault !== null) {
    scope.report([...path, 'repeat'], fault);
    return { everyMs: 0, failForMs: 0 };
  }
  const everyMs = Math.floor(lastsMs / count);
  const failForMs = failureLimit === 0 ? 0 : Math.floor(everyMs * (failureLimit + 0.5));
  return { everyMs, failForMs };
}

function repeatFault(file: PhaseFile, lastsMs: number): Fault | null {
  const { count = 0, failureLimit = 0 } = file.repeat ?? {};
  if (failureLimit >= count) {
    const message = `failureLimit ${failureLimit} of ${count} judgements: it can never fail`;
    return { code: 'failure-limit', message, hint: `failureLimit: at most ${count - 1}` };
  }
  if (file.every !== undefined || file.failFor !== undefined) {
    return { code: 'repeat-and-every', message: 'expected repeat, or every and failFor, not both' };
  }
  if (lastsMs >= count) return null;
  const message = `a ${file.kind} has no duration that ${count} judgements could be spread over`;
  return { code: 'repeat-without-duration', message, hint: 'every and failFor' };
}

/**
 * Nothing waits for ever unless the plan says `deadline: none`: a canary that cannot tell, a soak
 * that keeps being broken, a gate that never passes and a request that nobody signs end by
 * themselves. Where weights rise or stay up there is a day more, for freezes and for gaps.
 */
function deadlineOf(
  scope: Scope,
  path: SourcePath,
  file: PhaseFile,
  lastsMs: number,
): number | null {
  if (file.deadline === 'none') return null;
  if (file.deadline !== undefined) return scope.ms([...path, 'deadline'], file.deadline, 0);
  switch (file.kind) {
    case 'perimeter':
      return PERIMETER_DEADLINE_MS;
    case 'decision':
      return DECISION_DEADLINE_MS;
    case 'soak':
      return 4 * lastsMs;
    case 'canary':
      return 2 * lastsMs;
    case 'rollout':
    case 'watch':
      return 2 * lastsMs + DAY_MS;
  }
}

function hooks(scope: Scope, path: SourcePath, files: readonly HookFile[] = []): Hook[] {
  return files.map((file, index) => ({
    name: file.name,
    run: file.run,
    timeoutMs: scope.ms([...path, index, 'timeout'], file.timeout, HOOK_TIMEOUT_MS),
    onFail: file.onFail ?? 'hold',
  }));
}
