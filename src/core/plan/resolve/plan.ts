import { present } from '../../../base/assert.ts';
import { parseInstant } from '../../../base/instant.ts';
import { minuteOfDay, WEEKDAYS } from '../grammar/small.ts';
import type { ParsedFile } from '../parse.ts';
import { horizonIntervals } from '../phase-time.ts';
import type { Freeze, Phase, Plan } from '../plan.ts';
import type { FreezeFile, PlanFile } from '../plan-file.ts';
import { type GateSurroundings, resolveGates } from './gates.ts';
import { resolveKayenta } from './kayenta.ts';
import { resolveJudge, resolveMetrics } from './metrics.ts';
import { resolveLoad, resolvePhase } from './phases.ts';
import { prometheusUse, resolvePrometheus } from './prometheus.ts';
import type { Scope } from './scope.ts';
import { resolveTriggers } from './triggers.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const INTERVAL_MS = 10_000;
/** A Prometheus looks at a track four times a minute, as a rule, and an interval needs two looks. */
const PROMETHEUS_INTERVAL_MS = 60_000;
const LOST_AFTER_INTERVALS = 3;

export interface Resolved {
  /** Whole sections; where a section is broken, its entries that could be read (phases: none). */
  parts: Partial<Plan>;
  /** Phases that could be read, by their place in the file. */
  phasesAt: ReadonlyMap<number, Phase>;
}

/**
 * Writes out every default. Sections whose form is broken are left out of the result; what of a
 * section could not be read is reported to the scope and left out too. The result is a plan only
 * where nothing was reported.
 */
export function resolvePlan(scope: Scope, parsed: ParsedFile): Resolved {
  const { plan: file, broken } = parsed;
  const sound = <K extends keyof PlanFile>(key: K): PlanFile[K] | undefined =>
    broken.has(key) ? undefined : file[key];
  const use = prometheusUse(file);
  const defaultMs = use.metrics ? PROMETHEUS_INTERVAL_MS : INTERVAL_MS;
  const intervalMs = scope.ms(['interval'], sound('interval'), defaultMs);
  const lossMs = LOST_AFTER_INTERVALS * intervalMs;
  const evidenceMaxAgeMs = scope.ms(['evidenceMaxAge'], sound('evidenceMaxAge'), 24 * HOUR_MS);
  const parts: Partial<Plan> = {
    apiVersion: 'aurora/v1',
    kind: 'Plan',
    profile: sound('profile') ?? null,
    intervalMs,
    controllerLossMs: scope.ms(['controllerLoss'], sound('controllerLoss'), lossMs),
    rule: sound('rule') ?? 'matrix',
    decision: sound('decision') ?? 'signed',
    evidenceMaxAgeMs,
    goMaxAgeMs: scope.ms(['goMaxAge'], sound('goMaxAge'), 48 * HOUR_MS),
    overrideRoles: sound('overrideRoles') ?? [],
    authors: sound('authors') ?? [],
    ...identity(file, broken),
    ...people(file, broken),
  };
  const freezes = resolveFreezes(scope, sound('freezes') ?? {});
  const phasesAt = resolvePhases(scope, parsed);
  const prometheus = resolvePrometheus(
    scope,
    broken.has('prometheus') ? 'broken' : file.prometheus,
  );
  if (prometheus.given && !use.any) {
    const message = 'nothing asks this Prometheus';
    scope.reportKey(['prometheus'], { level: 'warning', code: 'unused-prometheus', message });
  }
  const around = { intervalMs, evidenceMaxAgeMs, prometheus };
  const judging = judged(scope, parsed, phasesAt, around);
  return { parts: { ...parts, freezes, ...judging }, phasesAt };
}

function resolvePhases(scope: Scope, { plan: file, ...parsed }: ParsedFile): Map<number, Phase> {
  const phases = new Map<number, Phase>();
  const triggers = entriesIn(file.triggers).map(([name]) => name);
  const load = parsed.broken.has('load') ? null : resolveLoad(scope, ['load'], file.load);
  if (!Array.isArray(file.phases)) return phases;
  for (const [index, phase] of file.phases.entries()) {
    if (parsed.brokenEntries.has(`phases[${index}]`)) continue;
    phases.set(index, resolvePhase(scope, ['phases', index], phase, { triggers, load }));
  }
  return phases;
}

function identity(file: Partial<PlanFile>, broken: ReadonlySet<string>): Partial<Plan> {
  const parts: Partial<Plan> = {};
  if (!broken.has('name') && file.name !== undefined) parts.name = file.name;
  if (!broken.has('service') && file.service !== undefined) parts.service = file.service;
  if (!broken.has('release') && file.release !== undefined) {
    const { version, candidate, artifacts = [], command = null, authors = [] } = file.release;
    parts.release = { version, candidate, artifacts, command, authors };
  }
  return parts;
}

function people(file: Partial<PlanFile>, broken: ReadonlySet<string>): Partial<Plan> {
  const parts: Partial<Plan> = {};
  if (!broken.has('people')) {
    const entries = Object.entries(file.people ?? {});
    parts.people = entries.map(([id, publicKey]) => ({ id, publicKey }));
  }
  if (!broken.has('roles')) {
    const entries = Object.entries(file.roles ?? {});
    parts.roles = entries.map(([name, members]) => ({ name, people: members }));
  }
  return parts;
}

/** Metrics, and what is said about them: read only where the metrics themselves could be. */
function judged(
  scope: Scope,
  { plan: file, broken, brokenEntries }: ParsedFile,
  phasesAt: ReadonlyMap<number, Phase>,
  around: Omit<GateSurroundings, 'metrics'>,
): Partial<Plan> {
  const parts: Partial<Plan> = {};
  const readable = <T>(section: string, entries: Readonly<Record<string, T>> | undefined) =>
    Object.fromEntries(
      entriesIn(entries).filter(([name]) => !brokenEntries.has(`${section}.${name}`)),
    );
  if (!broken.has('metrics')) {
    const { metrics, measurements } = resolveMetrics(scope, file.metrics ?? {}, around.prometheus);
    parts.metrics = metrics;
    parts.measurements = measurements;
    const { intervalMs } = around;
    const triggers = readable('triggers', file.triggers);
    parts.triggers = resolveTriggers(scope, triggers, { metrics, intervalMs });
    const gates = readable('gates', file.gates);
    parts.gates = resolveGates(scope, gates, { metrics, ...around });
  }
  if (broken.has('phases')) return parts;
  parts.phases = [...phasesAt.values()];
  if (!broken.has('judge')) {
    const intervalMs = Math.max(1, around.intervalMs);
    const span = { horizonIntervals: horizonIntervals(parts.phases, intervalMs), intervalMs };
    const { judge = {} } = file;
    parts.judge = 'method' in judge ? resolveKayenta(judge) : resolveJudge(scope, judge, span);
    if (judge.baseline === 'fresh') parts.baseline = 'fresh';
  }
  return parts;
}

/** A broken section may be anything at all; then it has no entries. */
function entriesIn<T>(section: Readonly<Record<string, T>> | undefined): [string, T][] {
  const isMap = typeof section === 'object' && section !== null && !Array.isArray(section);
  return isMap ? Object.entries(section) : [];
}

function resolveFreezes(scope: Scope, files: Readonly<Record<string, FreezeFile>>): Freeze[] {
  return Object.entries(files).flatMap(([name, file]): Freeze[] => {
    if (file.days !== undefined) {
      const days = file.days.map((day) => WEEKDAYS.indexOf(day)).sort();
      const fromMinute = minuteOfDay(file.from);
      return [{ name, kind: 'weekly', days, fromMinute, toMinute: minuteOfDay(file.to) }];
    }
    const instants = (['from', 'to'] as const).map((key) => {
      const ms = parseInstant(file[key]);
      if (ms === null) {
        const message = `expected an instant in UTC that exists, found "${file[key]}"`;
        scope.report(['freezes', name, key], { code: 'wrong-value', message });
      }
      return ms;
    });
    if (instants.includes(null)) return [];
    const fromMs = present(instants[0], 'the start was read');
    return [{ name, kind: 'once', fromMs, toMs: present(instants[1], 'the end was read') }];
  });
}
