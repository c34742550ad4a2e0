import { present } from '../../../base/assert.ts';
import { percentText, plainText } from '../number-text.ts';
import type { Metric } from '../settings.ts';
import type { VerdictKind } from '../verdict.ts';
import type { KayentaState } from './method.ts';
import { type KayentaSettings, POINTS_MAX, POINTS_MIN } from './settings.ts';
import type {
  KayentaFinding,
  KayentaJudgement,
  KayentaMetricVerdict,
  KayentaVerdict,
} from './verdict.ts';

/**
 * The verdict of a state: a score once below marginal stands for ever; one of at least pass promotes
 * while it is the newest, nothing that is required lacks data, and most metrics have some.
 */
export function decideKayenta(
  settings: KayentaSettings,
  metrics: readonly Metric[],
  state: KayentaState,
): KayentaVerdict {
  const { seq, pairs, pairSeq, judgements, last, failed } = state;
  const judged = failed ?? last;
  const found = metrics.map((metric) => metricVerdict(metric, state, judged));
  const said = reasonOf(settings, state, found, seq);
  return {
    method: 'kayenta',
    ...said,
    seq: pairSeq,
    pairs,
    judged,
    judgements,
    nextInIntervals: settings.everyIntervals - (pairs % settings.everyIntervals),
    pass: settings.pass,
    marginal: settings.marginal,
    metrics: found,
  };
}

function metricVerdict(
  metric: Metric,
  state: KayentaState,
  judged: KayentaJudgement | null,
): KayentaMetricVerdict {
  const { name, kind, unit, advisory, weight } = metric;
  const finding = judged?.findings.find((one) => one.metric === name) ?? null;
  return {
    metric: name,
    unit: kind === 'rate' ? '%' : unit,
    advisory,
    required: metric.required && !advisory,
    weight,
    refused: state.metrics[name]?.refused ?? 0,
    finding,
    outcome: outcomeOf(finding),
  };
}

function outcomeOf(finding: KayentaFinding | null): KayentaMetricVerdict['outcome'] {
  if (finding === null || finding.label === 'Nodata') return 'inconclusive';
  return finding.label === 'Pass' ? 'pass' : 'fail';
}

type Said = { kind: VerdictKind; reason: string };

function reasonOf(
  settings: KayentaSettings,
  state: KayentaState,
  metrics: readonly KayentaMetricVerdict[],
  seq: number,
): Said {
  const { failed, last } = state;
  if (failed !== null) {
    const text = `${scoreText(failed)}, below ${settings.marginal}: ${changesText(metrics, settings)}`;
    return { kind: 'rollback', reason: text };
  }
  const blind = cannotTell(settings, state, metrics, seq);
  if (blind !== null) return { kind: 'inconclusive', reason: blind };
  const newest = present(last, 'what can be told rests on a judgement');
  if (newest.score !== null && newest.score >= settings.pass) {
    return { kind: 'promote', reason: `${scoreText(newest)}, and ${settings.pass} pass` };
  }
  const between = `${settings.pass} would pass, below ${settings.marginal} it rolls back`;
  const text = `${scoreText(newest)}, marginal (${between}): ${changesText(metrics, settings)}`;
  return { kind: 'continue', reason: text };
}

/** Why nothing can be told; null when it can. Having no data is never a pass. */
function cannotTell(
  { everyIntervals }: KayentaSettings,
  { pairs, last }: KayentaState,
  metrics: readonly KayentaMetricVerdict[],
  seq: number,
): string | null {
  if (pairs === 0) return 'no interval with both tracks has a measurement yet';
  if (last === null) return `it judges after ${everyIntervals} intervals, ${pairs} are there`;
  const acting = metrics.filter(({ advisory }) => !advisory);
  const without = acting.filter(({ outcome }) => outcome === 'inconclusive');
  const missing = without.find(({ required }) => required) ?? (last.score === null && without[0]);
  if (missing) return `${missing.metric} ${pointsText(missing)}`;
  if (last.score === null) return 'no metric has a weight, so there is no score';
  if (2 * without.length >= acting.length) {
    return `${without.length} of ${acting.length} metrics have fewer than ${POINTS_MIN} values`;
  }
  if (!acting.some(({ required }) => required)) {
    return 'no metric is required, so nothing can be shown that would promote';
  }
  if (seq - last.seq > everyIntervals) {
    return `its last judgement is ${seq - last.seq} intervals old, for nothing was measured since`;
  }
  return null;
}

function pointsText({ finding }: KayentaMetricVerdict): string {
  const { stable, candidate } = finding ?? { stable: { points: 0 }, candidate: { points: 0 } };
  const both = `${stable.points} values of stable and ${candidate.points} of the candidate`;
  return `has ${both}, and each needs ${POINTS_MIN}`;
}

function scoreText({ score, intervals, seq, clipped }: KayentaJudgement): string {
  const over = clipped
    ? `the newest ${POINTS_MAX} intervals (more are not kept)`
    : `${intervals} intervals`;
  return `the candidate scores ${score ?? 0} of 100 over ${over} up to interval ${seq}`;
}

/** Every metric that did not pass, with its means and how far it moved. */
function changesText(
  metrics: readonly KayentaMetricVerdict[],
  { confidence }: KayentaSettings,
): string {
  const parts = metrics.flatMap(({ metric, unit, advisory, finding, outcome }) => {
    if (advisory || outcome !== 'fail' || finding === null) return [];
    const { label, stable, candidate, interval } = finding;
    const space = unit === '' ? '' : ` ${unit}`;
    const means = `${plainText(candidate.mean ?? 0)} against stable's ${plainText(stable.mean ?? 0)}${space}`;
    if (interval === null) return [`${metric} ${label}, ${means}`];
    const range = `${plainText(interval.lower)} to ${plainText(interval.upper)}`;
    const moved = `moved by ${range}${space} at ${percentText(confidence)} confidence`;
    return [`${metric} ${label}, ${means} (${moved})`];
  });
  return parts.length === 0 ? 'nothing moved' : parts.join('; ');
}
