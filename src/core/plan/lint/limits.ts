import { formatDuration } from '../../../base/duration.ts';
import type { SourcePath } from '../../file/source-node.ts';
import type { Check, Comparison, EvidenceQuery, Statistic } from '../../gate/check.ts';
import type { Gate } from '../../gate/gate.ts';
import type { Metric } from '../../judge/settings.ts';
import type { Trigger } from '../plan.ts';
import type { Scope } from '../resolve/scope.ts';
import { lintFailures } from './failures.ts';
import { error, warning } from './rule.ts';

/** Values that can occur at all. */
interface Domain {
  min: number;
  max: number;
  why: string;
}

const SHARE: Domain = { min: 0, max: 1, why: 'a share lies from 0 to 1' };
const COUNT: Domain = { min: 0, max: Infinity, why: 'a count is never below 0' };
const ANY: Domain = { min: -Infinity, max: Infinity, why: 'it can be any number' };

/** Limits that can never trip, never hold, or that the evidence cannot resolve. */
export function lintTriggers(
  scope: Scope,
  triggers: readonly Trigger[],
  metrics: readonly Metric[],
  intervalMs: number,
): void {
  for (const trigger of triggers) {
    if (trigger.kind !== 'sustained') continue;
    const path = ['triggers', trigger.name];
    const metric = metrics.find(({ name }) => name === trigger.metric);
    if (metric === undefined) continue;
    const { op, limit, forMs, statistic } = trigger;
    const domain = domainOfStatistic(metric, statistic);
    const occurs = holds(op, limit, domain);
    const limitText = `${statistic}(${metric.name}) ${op} ${limit}`;
    if (occurs === 'never') {
      scope.report(path, error('never-trips', `${limitText} can never happen: ${domain.why}`));
    } else if (occurs === 'always') {
      scope.report(path, error('always-trips', `${limitText} always holds: ${domain.why}`));
    } else {
      lintEdges(scope, path, metric, statistic, limit);
      lintDirection(scope, path, metric, op, limitText);
    }
    if (forMs < intervalMs) scope.report(path, shorterThanInterval(forMs, intervalMs));
  }
}

export function lintChecks(
  scope: Scope,
  gates: readonly Gate[],
  metrics: readonly Metric[],
  intervalMs: number,
): void {
  for (const gate of gates) {
    for (const check of gate.checks) {
      lintCheck(scope, ['gates', gate.name, 'checks', check.name], check, metrics, intervalMs);
    }
  }
}

function lintCheck(
  scope: Scope,
  path: SourcePath,
  check: Check,
  metrics: readonly Metric[],
  intervalMs: number,
): void {
  const at = (key: string): SourcePath => [...path, key];
  if (check.samplesMin < 1) {
    const message = 'a check that needs no sample may end without a measurement';
    scope.report(at('samplesMin'), error('no-measurement', message, 'samplesMin: 1 or more'));
  }
  if (check.maxAgeMs <= 0) {
    scope.report(at('maxAge'), error('never-passes', 'no evidence is younger than 0s'));
  }
  lintWindow(scope, at('evidence'), check, intervalMs);
  if (check.kind === 'failures') lintFailures(scope, path, check, intervalMs);
  if (check.evidence.source === 'incidents' && check.kind !== 'count') {
    const message = `incidents are counted, a ${check.kind} condition cannot read them`;
    scope.report(at('condition'), error('wrong-condition', message, 'condition: count == 0'));
  }
  const { evidence } = check;
  const metric =
    evidence.source === 'metric' ? metrics.find(({ name }) => name === evidence.metric) : undefined;
  lintRule(scope, at('condition'), check, domainOf(check, metric));
  if (metric && evidence.source === 'metric' && 'limit' in check) {
    lintEdges(scope, at('condition'), metric, evidence.statistic, check.limit);
  }
}

function lintRule(scope: Scope, path: SourcePath, check: Check, domain: Domain): void {
  if (check.kind === 'presence') return;
  if (check.kind === 'range') {
    if (check.min > check.max) {
      scope.report(path, error('never-passes', `no value lies from ${check.min} to ${check.max}`));
    } else if (check.min <= domain.min && check.max >= domain.max) {
      const message = `every value lies from ${check.min} to ${check.max}: ${domain.why}`;
      scope.report(path, error('never-fails', message));
    } else if (check.min > domain.max || check.max < domain.min) {
      const message = `no value lies from ${check.min} to ${check.max}: ${domain.why}`;
      scope.report(path, error('never-passes', message));
    }
    return;
  }
  const { op, limit } = check;
  const occurs = holds(op, limit, domain);
  // What these name must not happen; what the others name must.
  const isBad = check.kind === 'sustained' || check.kind === 'failures';
  if (occurs === (isBad ? 'never' : 'always')) {
    const what = isBad ? 'can never happen' : 'always holds';
    const hint = 'a limit that can never trip is no check';
    scope.report(path, error('never-fails', `${op} ${limit} ${what}: ${domain.why}`, hint));
  } else if (occurs === (isBad ? 'always' : 'never')) {
    const what = isBad ? 'always happens' : 'never holds';
    scope.report(path, error('never-passes', `${op} ${limit} ${what}: ${domain.why}`));
  }
  if (check.kind === 'threshold' && check.warnLimit !== null) {
    const wider = op.startsWith('<') ? check.warnLimit > limit : check.warnLimit < limit;
    if (op === '==' || !wider) {
      const message = `nothing lies beyond ${op} ${limit} and within ${op} ${check.warnLimit}`;
      scope.report(path, error('warn-zone-empty', message, 'the zone that warns is the wider one'));
    }
  }
}

/** A breach must fit into what is looked at, and be longer than one look. */
function lintWindow(scope: Scope, path: SourcePath, check: Check, intervalMs: number): void {
  const { evidence } = check;
  if (!('windowMs' in evidence)) return;
  if (check.kind === 'sustained') {
    if (check.forMs < intervalMs) scope.report(path, shorterThanInterval(check.forMs, intervalMs));
    const stepMs = 'stepMs' in evidence ? evidence.stepMs : intervalMs;
    const neededMs = check.forMs + stepMs;
    if (stepMs > Math.max(check.forMs, intervalMs)) {
      const window = formatDuration(evidence.windowMs);
      const message = `a window of ${window} is looked at every ${formatDuration(stepMs)}: a breach of ${formatDuration(check.forMs)} may not show`;
      scope.report(path, error('never-fails', message, 'a shorter window'));
    }
    if (evidence.windowMs < neededMs) {
      const window = formatDuration(evidence.windowMs);
      const message = `a breach of ${formatDuration(check.forMs)} never shows in a window of ${window}`;
      const hint = `window: ${formatDuration(neededMs)} or more`;
      scope.report(path, error('never-fails', message, hint));
    }
  } else if (evidence.source === 'metric' && evidence.windowMs < intervalMs) {
    const message = `a window of ${formatDuration(evidence.windowMs)} holds no interval`;
    const hint = `an interval is ${formatDuration(intervalMs)}`;
    scope.report(path, error('window-too-short', message, hint));
  } else if (evidence.windowMs <= 0) {
    scope.report(path, error('window-too-short', 'a window of 0s holds nothing'));
  }
}

function shorterThanInterval(forMs: number, intervalMs: number): ReturnType<typeof error> {
  const lasts = formatDuration(forMs);
  const message = `expected at least one interval (${formatDuration(intervalMs)}), found ${lasts}`;
  return error('window-too-short', message, 'leave `for` out to act on a single interval');
}

/** Quantiles are read at the edges of buckets: between them they cannot be told apart. */
function lintEdges(
  scope: Scope,
  path: SourcePath,
  metric: Metric,
  statistic: Statistic,
  limit: number,
): void {
  if (metric.kind !== 'histogram' || !statistic.startsWith('p')) return;
  const last = metric.edges.at(-1) ?? 0;
  if (limit > last) {
    const message = `the limit ${limit} lies beyond the last edge ${last} of "${metric.name}"`;
    scope.report(path, error('beyond-last-edge', message, `add an edge at ${limit}`));
  } else if (!metric.edges.includes(limit)) {
    const message = `the limit ${limit} is no edge of "${metric.name}": the edge above it decides`;
    scope.report(path, warning('between-edges', message, `add an edge at ${limit}`));
  }
}

function lintDirection(
  scope: Scope,
  path: SourcePath,
  metric: Metric,
  op: Comparison,
  text: string,
): void {
  const towards = op.startsWith('>') ? 'higher' : 'lower';
  if (op === '==' || towards === metric.worse) return;
  const message = `${text} acts when "${metric.name}" is good: ${metric.worse} is worse`;
  scope.report(path, warning('good-direction', message));
}

function domainOf(check: Check, metric: Metric | undefined): Domain {
  if (check.kind === 'ratio') return SHARE;
  if (check.kind === 'count') return COUNT;
  return domainOfEvidence(check.evidence, metric);
}

function domainOfEvidence(evidence: EvidenceQuery, metric: Metric | undefined): Domain {
  if (evidence.source === 'incidents') return COUNT;
  if (evidence.source === 'sessions') {
    return /(?:^|_)(?:ratio|rate|share)(?:_|$)/.test(evidence.statistic) ? SHARE : COUNT;
  }
  if (evidence.source !== 'metric' || metric === undefined) return ANY;
  return domainOfStatistic(metric, evidence.statistic);
}

function domainOfStatistic(metric: Metric, statistic: Statistic): Domain {
  if (statistic === 'rate') return SHARE;
  if (statistic === 'count') return COUNT;
  if (metric.kind !== 'histogram') return ANY;
  const min = metric.edges[0] ?? 0;
  // Above the last edge a quantile is infinite: it breaches every upper limit.
  return { min, max: Infinity, why: `the lowest edge of "${metric.name}" is ${min}` };
}

function holds(
  op: Comparison,
  limit: number,
  { min, max }: Domain,
): 'always' | 'never' | 'sometimes' {
  const when = (always: boolean, never: boolean): 'always' | 'never' | 'sometimes' =>
    always ? 'always' : never ? 'never' : 'sometimes';
  switch (op) {
    case '<':
      return when(max < limit, min >= limit);
    case '<=':
      return when(max <= limit, min > limit);
    case '>':
      return when(min > limit, max <= limit);
    case '>=':
      return when(min >= limit, max < limit);
    case '==':
      return when(min === limit && max === limit, limit < min || limit > max);
  }
}
