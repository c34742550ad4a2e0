import { formatDuration } from '../../../base/duration.ts';
import type { SourcePath } from '../../file/source-node.ts';
import { durationOf } from '../phase-time.ts';
import type { Phase } from '../plan.ts';
import type { Scope } from '../resolve/scope.ts';
import { error, type PhaseRule } from './rule.ts';

/** What can be said of a phase by itself. */
export const PHASE_RULES: readonly PhaseRule[] = [times, traffic, failing, canary, signOffs];

function times(scope: Scope, path: SourcePath, phase: Phase, intervalMs: number): void {
  const lastsMs = durationOf(phase);
  const lasts = formatDuration(lastsMs);
  const interval = formatDuration(intervalMs);
  if (phase.kind === 'rollout') {
    for (const [index, { holdMs }] of phase.steps.entries()) {
      if (holdMs >= intervalMs) continue;
      const message = `expected a hold of at least one interval (${interval}), found ${formatDuration(holdMs)}`;
      const hint = 'a step that is not held is not judged: "25% for 6h"';
      scope.report([...path, 'steps', index], error('shorter-than-interval', message, hint));
    }
  } else if (HAS_DURATION.has(phase.kind) && lastsMs < intervalMs) {
    const message = `expected at least one interval (${interval}), found ${lasts}`;
    scope.report([...path, 'duration'], error('shorter-than-interval', message));
  }
  if (phase.deadlineMs !== null && phase.deadlineMs <= lastsMs) {
    const deadline = formatDuration(phase.deadlineMs);
    const message = `the deadline ${deadline} comes before the phase can end: it lasts ${lasts}`;
    scope.report([...path, 'deadline'], error('deadline-too-short', message, `more than ${lasts}`));
  }
}

const HAS_DURATION: ReadonlySet<Phase['kind']> = new Set(['soak', 'canary', 'watch'] as const);

function traffic(scope: Scope, path: SourcePath, phase: Phase): void {
  if (phase.traffic === 'load' && phase.load === null) {
    const hint = 'load: 10rps /';
    scope.reportKey(path, error('no-traffic', 'traffic: load without a load', hint));
  } else if (phase.load !== null && phase.traffic !== 'load') {
    const message = `the load is never used: the traffic is ${phase.traffic}`;
    scope.report([...path, 'load'], error('unused-load', message, 'traffic: load'));
  }
  const needsVolume = (phase.kind === 'soak' || phase.kind === 'canary') && phase.requestsMin > 0;
  if (phase.traffic === 'none' && needsVolume) {
    const message = 'no request ever reaches the candidate, so the phase never ends';
    scope.reportKey(path, error('no-traffic', message, 'traffic: live, load, mirror or sessions'));
  }
}

/** Grace that outlasts the phase: a failing gate is never acted upon. */
function failing(scope: Scope, path: SourcePath, phase: Phase): void {
  const lastsMs = durationOf(phase);
  if (lastsMs === 0 || phase.failForMs < lastsMs) return;
  const grace = formatDuration(phase.failForMs);
  const message = `a gate may fail for ${grace}, and the phase lasts ${formatDuration(lastsMs)}`;
  scope.report([...path, 'failFor'], error('never-fails', message, 'a shorter failFor'));
}

function canary(scope: Scope, path: SourcePath, phase: Phase): void {
  if (phase.kind !== 'canary') return;
  if (phase.weightPct === 0 || phase.weightPct === 100) {
    const message = `a canary at ${phase.weightPct} % has nothing to be compared with`;
    scope.report([...path, 'weight'], error('no-comparison', message, 'above 0 and below 100'));
  }
  for (const [index, atMs] of phase.checkpointsMs.entries()) {
    if (atMs <= phase.durationMs) continue;
    const message = `the checkpoint ${formatDuration(atMs)} comes after the phase's end`;
    const hint = `at most ${formatDuration(phase.durationMs)}`;
    scope.report([...path, 'checkpoints', index], error('checkpoint-too-late', message, hint));
  }
  if (phase.requestsMin === 0 && !phase.judged && phase.gates.length === 0) {
    const message = 'the canary needs no request, no verdict and no gate: it may end unmeasured';
    scope.reportKey(path, error('no-measurement', message, 'judged: true, or gates'));
  }
}

function signOffs(scope: Scope, path: SourcePath, phase: Phase): void {
  if (phase.kind !== 'decision' || phase.signOffs.length > 0) return;
  const message = 'a decision without a sign-off is none';
  const hint = 'signOffs: {release-manager: 1}';
  scope.report([...path, 'signOffs'], error('decision-without-sign-offs', message, hint));
}
