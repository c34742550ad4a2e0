import { formatDuration } from '../../../base/duration.ts';
import type { SourcePath } from '../../file/source-node.ts';
import type { Check } from '../../gate/check.ts';
import type { Scope } from '../resolve/scope.ts';
import { error } from './rule.ts';

/** Failures that could never be too many, or measurements that could never be enough. */
export function lintFailures(
  scope: Scope,
  path: SourcePath,
  { evidence, failuresMax, countMin }: Extract<Check, { kind: 'failures' }>,
  intervalMs: number,
): void {
  if (countMin !== null && failuresMax >= countMin) {
    const message = `${failuresMax} of ${countMin} measurements may fail: it can never fail`;
    const most = Math.max(0, countMin - 1);
    scope.report([...path, 'condition'], error('never-fails', message, `at most ${most}`));
  }
  if (!('windowMs' in evidence)) {
    const message = `measurements are counted over a window, and ${evidence.source} brings one value`;
    const hint = 'evidence of a metric, or of a Prometheus';
    scope.report([...path, 'condition'], error('wrong-condition', message, hint));
    return;
  }
  const stepMs = 'stepMs' in evidence ? evidence.stepMs : intervalMs;
  const held = Math.floor(evidence.windowMs / Math.max(1, stepMs));
  const needed = Math.max(failuresMax + 1, countMin ?? 0);
  if (held === 0 || held >= needed) return;
  const window = formatDuration(evidence.windowMs);
  const message = `a window of ${window} holds ${held} measurements, and ${needed} are counted`;
  const hint = `a window of ${formatDuration(needed * stepMs)} or more: as long as the phase`;
  const code = held <= failuresMax ? 'never-fails' : 'never-passes';
  scope.report([...path, 'evidence'], error(code, message, hint));
}
