import { stringify } from 'yaml';
import { digestOf } from '../../base/digest.ts';
import { formatDuration } from '../../base/duration.ts';
import { formatInstant } from '../../base/instant.ts';
import type { Check } from '../gate/check.ts';
import type { Gate } from '../gate/gate.ts';
import { isKayenta } from '../judge/method-settings.ts';
import type { Metric } from '../judge/settings.ts';
import { WEEKDAYS } from './grammar/small.ts';
import type { Freeze, MeasurementQuery, Plan, Trigger } from './plan.ts';
import type {
  CheckFile,
  ConditionFile,
  EvidenceFile,
  FreezeFile,
  GateFile,
  MeasurementFile,
  MetricFile,
  PlanFile,
  TriggerFile,
} from './plan-file.ts';
import { kayentaFile } from './resolve/kayenta.ts';
import { phaseFile } from './show-phase.ts';

/**
 * The resolved plan as a plan file: every default written out, nothing left to the arguments.
 * Reading it again gives the same plan to the digest.
 */
export function showPlan(plan: Plan): string {
  const head =
    `# Resolved: every default is written out. SHA-256 ${digestOf(plan)}\n` +
    horizonText(plan.judge);
  return head + stringify(escaped(planFile(plan)), { lineWidth: 0, aliasDuplicateObjects: false });
}

function releaseFile({ command, ...release }: Plan['release']): PlanFile['release'] {
  return command === null ? release : { ...release, command };
}

function planFile(plan: Plan): PlanFile {
  const { release, profile } = plan;
  return {
    apiVersion: plan.apiVersion,
    kind: plan.kind,
    name: plan.name,
    service: plan.service,
    release: releaseFile(release),
    ...(profile === null ? {} : { profile }),
    interval: formatDuration(plan.intervalMs),
    controllerLoss: formatDuration(plan.controllerLossMs),
    rule: plan.rule,
    decision: plan.decision,
    evidenceMaxAge: formatDuration(plan.evidenceMaxAgeMs),
    goMaxAge: formatDuration(plan.goMaxAgeMs),
    people: byKey(plan.people, 'id', ({ publicKey }) => publicKey),
    roles: byKey(plan.roles, 'name', ({ people }) => people),
    overrideRoles: plan.overrideRoles,
    authors: plan.authors,
    ...prometheusFile(plan),
    metrics: byKey(plan.metrics, 'name', (metric) => metricFile(metric, plan)),
    judge: {
      ...judgeFile(plan),
      ...(plan.baseline === undefined ? {} : { baseline: plan.baseline }),
    },
    triggers: byKey(plan.triggers, 'name', triggerFile),
    gates: byKey(plan.gates, 'name', gateFile),
    phases: plan.phases.map(phaseFile),
    freezes: byKey(plan.freezes, 'name', freezeFile),
  };
}

/** Not in the file: it follows from the phases. Kayenta's method has none. */
function horizonText(judge: Plan['judge']): string {
  if (isKayenta(judge)) return '';
  const { horizonIntervals } = judge;
  return `# Horizon of the judge, from the phases below: ${horizonIntervals} intervals.\n`;
}

function judgeFile({ judge, intervalMs }: Plan): NonNullable<PlanFile['judge']> {
  if (isKayenta(judge)) return kayentaFile(judge);
  const { alpha, alphaPromote, alphaSplit, splitMetric, psiGrid, dispersion } = judge;
  const split = splitMetric === undefined ? {} : { split: splitMetric };
  const { warmUpIntervals: intervals = 0 } = judge;
  const warmUp = intervals === 0 ? {} : { warmUp: formatDuration(intervals * intervalMs) };
  return { alpha, alphaPromote, alphaSplit, ...split, psiGrid, dispersion, ...warmUp };
}

/** One server a plan: each query carries a copy of what the plan says of it. */
function prometheusFile({ measurements, gates }: Plan): Pick<PlanFile, 'prometheus'> {
  const evidence = gates.flatMap(({ checks }) => checks.map((check) => check.evidence));
  const query = [...measurements.map(({ from }) => from), ...evidence].find(
    (one) => one.source === 'prometheus',
  );
  if (query === undefined) return {};
  const { url, bearerFile, basicFile, deadlineMs } = query.server;
  const credentials = {
    ...(bearerFile === null ? {} : { bearerFile }),
    ...(basicFile === null ? {} : { basicFile }),
  };
  return { prometheus: { url, ...credentials, deadline: formatDuration(deadlineMs) } };
}

function byKey<T, K extends keyof T, V>(
  list: readonly T[],
  key: K,
  form: (item: T) => V,
): Record<string, V> {
  return Object.fromEntries(list.map((item) => [String(item[key]), form(item)]));
}

function metricFile(metric: Metric, plan: Plan): MetricFile {
  const { name, ...rest } = metric;
  const from = plan.measurements.find((one) => one.metric === name)?.from;
  return { ...rest, ...(from === undefined ? {} : { from: measurementFile(from) }) };
}

function measurementFile(from: MeasurementQuery): MeasurementFile {
  if (from.source === 'splitter' || from.source === 'sessions') return from;
  const { kind, ...series } = from.series;
  return { source: from.source, ...series };
}

function triggerFile(trigger: Trigger): TriggerFile {
  if (trigger.kind === 'incident') return { kind: 'incident', severityMax: trigger.severityMax };
  if (trigger.kind === 'down') return { kind: 'down', for: formatDuration(trigger.forMs) };
  const { metric, track, statistic, op, limit, forMs } = trigger;
  return { kind: 'sustained', metric, track, statistic, op, limit, for: formatDuration(forMs) };
}

function gateFile(gate: Gate): GateFile {
  return {
    title: gate.title,
    impact: gate.impact,
    colour: gate.colour,
    conditionWithin: formatDuration(gate.conditionWithinMs),
    checks: byKey(gate.checks, 'name', checkFile),
  };
}

function checkFile(check: Check): CheckFile {
  return {
    ...(check.hint === '' ? {} : { hint: check.hint }),
    evidence: evidenceFile(check),
    condition: conditionFile(check),
    maxAge: formatDuration(check.maxAgeMs),
    samplesMin: check.samplesMin,
    advisory: check.advisory,
  };
}

function evidenceFile({ evidence }: Check): EvidenceFile {
  switch (evidence.source) {
    case 'prometheus': {
      const { source, query } = evidence;
      if (evidence.form === 'number') return { source, query };
      return { source, query, window: formatDuration(evidence.windowMs) };
    }
    case 'metric':
    case 'incidents': {
      const { windowMs, ...rest } = evidence;
      return { ...rest, window: formatDuration(windowMs) };
    }
    case 'command': {
      const { timeoutMs, ...rest } = evidence;
      return { ...rest, timeout: formatDuration(timeoutMs) };
    }
    default:
      return evidence;
  }
}

function conditionFile(check: Check): ConditionFile {
  switch (check.kind) {
    case 'threshold': {
      const { kind, op, limit, warnLimit } = check;
      return { kind, op, limit, ...(warnLimit === null ? {} : { warnLimit }) };
    }
    case 'range':
      return { kind: 'range', min: check.min, max: check.max };
    case 'ratio':
      return {
        kind: 'ratio',
        op: check.op,
        limit: check.limit,
        denominatorMin: check.denominatorMin,
      };
    case 'sustained':
      return {
        kind: 'sustained',
        op: check.op,
        limit: check.limit,
        for: formatDuration(check.forMs),
      };
    case 'failures': {
      const { kind, op, limit, failuresMax, countMin } = check;
      return { kind, op, limit, failuresMax, ...(countMin === null ? {} : { countMin }) };
    }
    case 'count':
      return { kind: 'count', op: check.op, limit: check.limit };
    case 'presence':
      return { kind: 'presence' };
  }
}

function freezeFile(freeze: Freeze): FreezeFile {
  if (freeze.kind === 'once') {
    return { from: formatInstant(freeze.fromMs), to: formatInstant(freeze.toMs) };
  }
  const days = freeze.days.map((day) => WEEKDAYS[day] ?? String(day));
  return { days, from: timeOfDay(freeze.fromMinute), to: timeOfDay(freeze.toMinute) };
}

function timeOfDay(minute: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

/** A text that holds `${` by now means it: it must not be read as an argument again. */
function escaped(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('${', '$$${');
  if (Array.isArray(value)) return value.map(escaped);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, escaped(one)]));
}
