import type { SourcePath } from '../../file/source-node.ts';
import type { Check, CheckRule, EvidenceQuery } from '../../gate/check.ts';
import type { Gate } from '../../gate/gate.ts';
import type { Metric } from '../../judge/settings.ts';
import {
  CHECK_FORM,
  EVIDENCE_FORM,
  type EvidenceShorthand,
  parseCheck,
  parseEvidence,
} from '../grammar/check.ts';
import { CONDITION_FORM, type ConditionShorthand, parseCondition } from '../grammar/condition.ts';
import type { CheckFile, ConditionFile, EvidenceFile, GateFile } from '../plan-file.ts';
import { type KnownPrometheus, prometheusQuery } from './prometheus.ts';
import type { Scope } from './scope.ts';
import { resolveQuantity, resolveTerm, unitOf } from './terms.ts';

const MINUTE_MS = 60_000;
const COMMAND_TIMEOUT_MS = MINUTE_MS;

export interface GateSurroundings {
  metrics: readonly Metric[];
  evidenceMaxAgeMs: number;
  intervalMs: number;
  prometheus: KnownPrometheus;
}

export function resolveGates(
  scope: Scope,
  files: Readonly<Record<string, GateFile>>,
  around: GateSurroundings,
): Gate[] {
  return Object.entries(files).map(([name, file]) => {
    const path = ['gates', name];
    return {
      name,
      title: file.title ?? name,
      impact: file.impact ?? 'CRITICAL',
      colour: file.colour ?? 'GREEN',
      conditionWithinMs: scope.ms([...path, 'conditionWithin'], file.conditionWithin, 0),
      checks: Object.entries(file.checks).flatMap(([check, form]) => {
        const read = resolveCheck(scope, [...path, 'checks', check], check, form, around);
        return read === null ? [] : [read];
      }),
    };
  });
}

function resolveCheck(
  scope: Scope,
  path: SourcePath,
  name: string,
  file: string | CheckFile,
  around: GateSurroundings,
): Check | null {
  if (typeof file === 'string') {
    const read = parseCheck(file);
    if (read === null) {
      scope.shorthand(path, `a check such as ${CHECK_FORM}`, file);
      return null;
    }
    const evidence = evidenceFromLine(scope, path, read.evidence, around);
    const unit = evidence === null ? '' : unitOfEvidence(evidence, around.metrics);
    const rule = evidence && ruleFromLine(scope, path, read.condition, unit);
    return rule && evidence && { ...base(scope, path, name, {}, around), evidence, ...rule };
  }
  const evidence = resolveEvidence(scope, [...path, 'evidence'], file.evidence, around, file);
  const rulePath = [...path, 'condition'];
  const unit = evidence === null ? null : unitOfEvidence(evidence, around.metrics);
  const rule = resolveCondition(scope, rulePath, file.condition, unit);
  return evidence && rule && { ...base(scope, path, name, file, around), evidence, ...rule };
}

function base(
  scope: Scope,
  path: SourcePath,
  name: string,
  file: Partial<CheckFile>,
  around: GateSurroundings,
): Pick<Check, 'name' | 'hint' | 'maxAgeMs' | 'samplesMin' | 'advisory'> {
  return {
    name,
    hint: file.hint ?? '',
    maxAgeMs: scope.ms([...path, 'maxAge'], file.maxAge, around.evidenceMaxAgeMs),
    samplesMin: file.samplesMin ?? 1,
    advisory: file.advisory ?? false,
  };
}

function resolveEvidence(
  scope: Scope,
  path: SourcePath,
  file: string | EvidenceFile,
  around: GateSurroundings,
  check: CheckFile,
): EvidenceQuery | null {
  if (typeof file === 'string') {
    const read = parseEvidence(file);
    if (read === null) scope.shorthand(path, EVIDENCE_FORM, file);
    return read && evidenceFromLine(scope, path, read, around);
  }
  switch (file.source) {
    case 'prometheus': {
      const { prometheus: known, intervalMs } = around;
      return prometheusQuery(scope, path, file, check.condition, { known, intervalMs });
    }
    case 'command': {
      const timeoutMs = scope.ms([...path, 'timeout'], file.timeout, COMMAND_TIMEOUT_MS);
      return { source: 'command', run: file.run, field: file.field, timeoutMs };
    }
    case 'metric': {
      const found = resolveTerm(scope, [...path, 'metric'], file, around.metrics);
      const windowMs = scope.ms([...path, 'window'], file.window, 0);
      const { metric, statistic } = file;
      const track = file.track ?? 'candidate';
      return found && { source: 'metric', metric, track, statistic, windowMs };
    }
    case 'incidents': {
      const windowMs = scope.ms([...path, 'window'], file.window, 0);
      return { source: 'incidents', severityMax: file.severityMax, windowMs };
    }
    default:
      return file;
  }
}

function evidenceFromLine(
  scope: Scope,
  path: SourcePath,
  read: EvidenceShorthand,
  around: GateSurroundings,
): EvidenceQuery | null {
  if (read.source === 'judge') return read;
  const found = resolveTerm(scope, path, read.term, around.metrics);
  if (found === null) return null;
  const { metric, statistic } = found;
  const { track, windowMs } = read;
  return { source: 'metric', metric: metric.name, track, statistic, windowMs };
}

/** Evidence from outside carries no unit: what its condition says is taken as it is. */
function unitOfEvidence(evidence: EvidenceQuery, metrics: readonly Metric[]): string {
  if (evidence.source !== 'metric') return '';
  const metric = metrics.find(({ name }) => name === evidence.metric);
  return metric === undefined ? '' : unitOf(metric, evidence.statistic);
}

/** `unit` null: unknown, because the evidence could not be read. */
function resolveCondition(
  scope: Scope,
  path: SourcePath,
  file: string | ConditionFile,
  unit: string | null,
): CheckRule | null {
  if (typeof file === 'string') {
    const read = parseCondition(file);
    if (read === null) scope.shorthand(path, CONDITION_FORM, file);
    return read && unit !== null ? ruleFromLine(scope, path, read, unit) : null;
  }
  switch (file.kind) {
    case 'threshold':
      return {
        kind: 'threshold',
        op: file.op,
        limit: file.limit,
        warnLimit: file.warnLimit ?? null,
      };
    case 'ratio': {
      const { op, limit } = file;
      return { kind: 'ratio', op, limit, denominatorMin: file.denominatorMin ?? 1 };
    }
    case 'failures': {
      const { op, limit, failuresMax = 0, countMin = null } = file;
      return { kind: 'failures', op, limit, failuresMax, countMin };
    }
    case 'sustained': {
      const forMs = scope.ms([...path, 'for'], file.for, 0);
      return { kind: 'sustained', op: file.op, limit: file.limit, forMs };
    }
    default:
      return file;
  }
}

function ruleFromLine(
  scope: Scope,
  path: SourcePath,
  read: ConditionShorthand,
  unit: string,
): CheckRule | null {
  const number = (quantity: { value: number; unit: string }): number | null =>
    resolveQuantity(scope, path, quantity, unit);
  if (read.kind === 'presence') return read;
  if (read.kind === 'range') {
    const [min, max] = [number(read.min), number(read.max)];
    return min === null || max === null ? null : { kind: 'range', min, max };
  }
  const limit = number(read.limit);
  if (limit === null) return null;
  const { op } = read;
  switch (read.kind) {
    case 'threshold': {
      const warnLimit = read.warnLimit === null ? null : number(read.warnLimit);
      return { kind: 'threshold', op, limit, warnLimit };
    }
    case 'ratio':
      return { kind: 'ratio', op, limit, denominatorMin: read.denominatorMin ?? 1 };
    case 'sustained':
      return { kind: 'sustained', op, limit, forMs: read.forMs };
    case 'failures': {
      const { failuresMax, countMin } = read;
      return { kind: 'failures', op, limit, failuresMax, countMin };
    }
    case 'count':
      return { kind: 'count', op, limit };
  }
}
