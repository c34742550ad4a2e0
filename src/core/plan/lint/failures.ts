import { formatDuration } from '../../../base/duration.ts';
import type { SourcePath } from '../../file/source-node.ts';
import type { Check, EvidenceQuery } from '../../gate/check.ts';
import { parseSelector } from '../grammar/selector.ts';
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
  if (evidence.source === 'prometheus') {
    lintCounted(scope, path, evidence, { countMin, intervalMs });
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

/** The time of a phase counts only where its own intervals cover it; a Prometheus may have seen none. */
function lintCounted(
  scope: Scope,
  path: SourcePath,
  { query, windowMs, stepMs }: Extract<EvidenceQuery, { source: 'prometheus'; windowMs: number }>,
  { countMin, intervalMs }: { countMin: number | null; intervalMs: number },
): void {
  const window = formatDuration(windowMs);
  if (countMin === null) {
    const message = `nothing says how much must be known: one measurement in ${window} would pass`;
    const hint = 'how many there must be, such as at most 3 of 60';
    scope.report([...path, 'condition'], error('no-count', message, hint));
  }
  if (parseSelector(query) === null) {
    const message =
      'expected a plain selector such as queue{track="candidate"}, found an expression';
    const hint = 'it carries a value on, which would count again: a recording rule holds it';
    scope.report([...path, 'evidence', 'query'], error('no-selector', message, hint));
  }
  if (stepMs <= intervalMs) return;
  const [step, interval] = [stepMs, intervalMs].map(formatDuration);
  const message = `a window of ${window} is read every ${step}, and a measurement is every ${interval}: failures between would not count`;
  const longest = formatDuration(Math.floor((windowMs / stepMs) * intervalMs));
  const hint = `a window of ${longest} or less, or a longer interval of the plan`;
  scope.report([...path, 'evidence'], error('skips-measurements', message, hint));
}
