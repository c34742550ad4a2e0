import { formatDuration } from '../../../base/duration.ts';
import { kayentaFaults } from '../../judge/kayenta/settings.ts';
import { isKayenta } from '../../judge/method-settings.ts';
import type { Metric } from '../../judge/settings.ts';
import { metricsFaults, settingsFaults } from '../../judge/settings-faults.ts';
import { baselinePct } from '../baseline.ts';
import { durationOf } from '../phase-time.ts';
import type { Plan } from '../plan.ts';
import type { Scope } from '../resolve/scope.ts';
import { BASELINE_RULES } from './baseline.ts';
import { fewPoints } from './kayenta.ts';
import { error, type Rule, rule, warning } from './rule.ts';

/** Whether the comparison can be made and can come to an end. */
export const JUDGE_RULES: readonly Rule[] = [
  rule(['metrics', 'judge'], settings),
  rule(['metrics', 'judge', 'measurements'], splitCount),
  rule(['metrics', 'phases'], required),
  rule(['metrics', 'judge', 'phases'], equalTracks),
  rule(['judge', 'phases', 'intervalMs'], dispersion),
  rule(['judge', 'phases', 'intervalMs'], fewPoints),
  rule(['intervalMs', 'controllerLossMs'], rhythm),
  rule(['judge', 'phases', 'intervalMs'], warmUp),
  ...BASELINE_RULES,
];

/** Each metric by itself. */
export function lintEdgesOf(scope: Scope, metrics: readonly Metric[]): void {
  for (const { name, kind, edges: list } of metrics) {
    const path = ['metrics', name, 'edges'];
    if (kind === 'histogram' && list.length === 0) {
      scope.reportKey(path, error('no-edges', 'a histogram needs the edges of its buckets'));
    } else if (kind !== 'histogram' && list.length > 0) {
      scope.reportKey(path, error('no-edges', `only a histogram has edges, this is a ${kind}`));
    }
    const fall = list.findIndex((edge, index) => index > 0 && edge <= (list[index - 1] ?? 0));
    if (fall < 0) continue;
    const message = `expected a number above ${list[fall - 1]}, found ${list[fall]}`;
    scope.report([...path, fall], error('edges-not-rising', message));
  }
}

/** The judge's own list of what voids its guarantee; what has a rule here is not said twice. */
function settings(scope: Scope, { metrics, judge }: Pick<Plan, 'metrics' | 'judge'>): void {
  if (metrics.length === 0) return;
  const faults = isKayenta(judge)
    ? [...kayentaFaults(judge), ...metricsFaults(metrics)]
    : settingsFaults(judge, metrics);
  for (const text of faults) {
    if (/edge|weights of all metrics/.test(text)) continue;
    const name = metrics.find((metric) => text.startsWith(`${metric.name}: `))?.name;
    const path = name === undefined ? ['judge'] : ['metrics', name];
    const message = name === undefined ? text : text.slice(name.length + 2);
    scope.reportKey(path, error('judge-settings', message));
  }
}

/** What the splitter counts of itself shows nothing that it does not know already. */
function splitCount(
  scope: Scope,
  { judge, measurements }: Pick<Plan, 'metrics' | 'judge' | 'measurements'>,
): void {
  if (isKayenta(judge) || judge.splitMetric === undefined) return;
  const { splitMetric } = judge;
  const from = measurements.find(({ metric }) => metric === splitMetric)?.from;
  if (from?.source !== 'splitter') return;
  const message = `"${splitMetric}" is counted by the splitter, not at the tracks`;
  const hint = 'name a metric with source: scrape or prometheus, or leave judge.split out';
  scope.report(['judge', 'split'], error('split-not-at-tracks', message, hint));
}

function required(scope: Scope, { metrics, phases }: Pick<Plan, 'metrics' | 'phases'>): void {
  for (const [index, phase] of phases.entries()) {
    if (phase.kind !== 'canary' || !phase.judged) continue;
    if (metrics.some((metric) => metric.required && !metric.advisory)) continue;
    const message = 'a judged canary needs a required metric: the judge could never say promote';
    const hint = 'required: true on a metric, or judged: false';
    scope.reportKey(['phases', index], error('no-required-metric', message, hint));
  }
}

/** A gauge is compared only between tracks that carry the same load. */
function equalTracks(
  scope: Scope,
  plan: Pick<Plan, 'metrics' | 'judge' | 'phases' | 'baseline'>,
): void {
  const { metrics, judge, phases } = plan;
  // Kayenta's rule compares what it is given, whatever the load.
  if (isKayenta(judge)) return;
  const gauge = metrics.find(({ kind, required: asked }) => kind === 'value' && asked);
  if (gauge === undefined) return;
  const judged = phases.filter((phase) => phase.kind === 'canary' && phase.judged);
  if (
    judged.length === 0 ||
    judged.some((phase) => phase.kind === 'canary' && isEqual(plan, phase.weightPct))
  ) {
    return;
  }
  const message = `"${gauge.name}" is required, but a gauge is compared only at a weight of 50`;
  const hint = 'required: false, a canary at 50, or judge.baseline: fresh';
  scope.reportKey(['metrics', gauge.name], error('unequal-tracks', message, hint));
}

function isEqual(plan: Pick<Plan, 'baseline'>, weightPct: number): boolean {
  return weightPct === 50 || baselinePct(plan, weightPct) > 0;
}

function dispersion(
  scope: Scope,
  { judge, phases, intervalMs }: Pick<Plan, 'judge' | 'phases' | 'intervalMs'>,
): void {
  if (isKayenta(judge) || judge.dispersion.kind !== 'measured') return;
  const first = phases.findIndex((phase) => phase.kind === 'canary' && phase.judged);
  if (first < 0) return;
  const beforeMs = phases.slice(0, first).reduce((sum, phase) => sum + durationOf(phase), 0);
  const neededMs = judge.dispersion.intervalsMin * intervalMs;
  if (beforeMs >= neededMs) return;
  const message =
    `the dispersion is measured over ${formatDuration(neededMs)} before the first comparison, ` +
    `and the phases before it take ${formatDuration(beforeMs)}`;
  const hint = 'history of the service may cover it; else judge.dispersion: assumed 2';
  scope.reportKey(['phases', first], warning('dispersion-unmeasured', message, hint));
}

/** A phase that is over before anything is compared decides on nothing. */
function warmUp(
  scope: Scope,
  { judge, phases, intervalMs }: Pick<Plan, 'judge' | 'phases' | 'intervalMs'>,
): void {
  if (isKayenta(judge) || judge.warmUpIntervals === undefined) return;
  const first = phases.find((phase) => phase.kind === 'canary' && phase.judged);
  const warmUpMs = judge.warmUpIntervals * intervalMs;
  if (first === undefined || warmUpMs < durationOf(first)) return;
  const takes = formatDuration(durationOf(first));
  const message = `nothing is compared for ${formatDuration(warmUpMs)}, and ${first.name} takes ${takes}`;
  scope.report(['judge', 'warmUp'], error('warm-up-too-long', message, 'a shorter warm-up'));
}

function rhythm(
  scope: Scope,
  { intervalMs, controllerLossMs }: Pick<Plan, 'intervalMs' | 'controllerLossMs'>,
): void {
  if (intervalMs < 1_000) {
    const message = `expected an interval of at least 1s, found ${formatDuration(intervalMs)}`;
    scope.report(['interval'], error('wrong-value', message));
  }
  if (controllerLossMs >= 2 * intervalMs) return;
  const found = formatDuration(controllerLossMs);
  const least = formatDuration(2 * intervalMs);
  const message = `expected at least two intervals (${least}), found ${found}`;
  const hint = 'one late renewal would send all traffic back';
  scope.report(['controllerLoss'], error('controller-loss-too-short', message, hint));
}
