import { formatDuration } from '../base/duration.ts';
import { SYNTHETIC } from '../core/promotion/synthetic.ts';
import type {
  KayentaVerdictView,
  OutcomeView,
  PhaseView,
  PromotionView,
  VerdictView,
} from '../protocol/controller.ts';
import { formatAge, formatTime } from './ledger-view.ts';
import { oneLine } from './output.ts';

const MARKS: Readonly<Record<PhaseView['standing'], string>> = {
  done: '✔',
  active: '●',
  'to come': '·',
};

/** A promotion as a tree: phase, gate, check; what it waits for, and what helps. */
export function promotionTree(view: PromotionView, nowMs: number): string {
  const kind = view.rehearsal ? 'rehearsal' : 'promotion';
  const opened = `${formatAge(view.openedAtMs, nowMs)} ago (${formatTime(view.openedAtMs)})`;
  const lines = [
    `${view.id}: ${kind} of ${view.service} ${view.candidate} to ${view.version}`,
    `  ${standing(view)}, opened ${opened} by ${view.by}, plan ${view.plan}`,
    `  traffic: candidate ${view.weights.candidate} %, stable ${view.weights.stable} %`,
    ...(view.back === null ? [] : [`  going back: ${view.back}`]),
    ...view.phases.flatMap((phase) => phaseLines(phase, nowMs)),
    ...verdictLines(view.verdict),
    ...view.waived.map(({ phase, text }) => `  would have blocked in ${phase}: ${text}`),
    ...waitingLines(view, nowMs),
  ];
  return `${lines.map(oneLine).join('\n')}\n`;
}

function standing({ outcome, back }: PromotionView): string {
  if (outcome === null) return back === null ? 'under way' : 'on its way back';
  return outcomeText(outcome);
}

/** `GA`, `rolled back: the judge ...`. */
export function outcomeText({ kind, ga, cause }: OutcomeView): string {
  if (kind === 'promoted') return ga ? 'GA' : 'promoted';
  const text = kind.replace('-', ' ');
  return cause === null ? text : `${text}: ${cause}`;
}

function phaseLines(phase: PhaseView, nowMs: number): string[] {
  const name = phase.name === phase.kind ? phase.name : `${phase.name} (${phase.kind})`;
  const head = `  ${MARKS[phase.standing]} ${name}${phaseTime(phase, nowMs)}`;
  if (phase.standing === 'to come') return [head];
  const gates = phase.gates.flatMap(({ name: gate, outcome, checks }) => [
    `      gate ${gate}: ${outcome}`,
    ...checks.map((check) => `        ${check.name}: ${check.outcome}, ${checkText(check)}`),
  ]);
  return [head, ...gates];
}

function phaseTime(
  { standing: where, stage, sinceMs, durationMs }: PhaseView,
  now: number,
): string {
  const planned = durationMs === null ? '' : `, takes ${formatDuration(durationMs)}`;
  if (where === 'to come') return planned;
  if (where === 'done' || sinceMs === null) return '';
  return `: ${stage ?? ''} since ${formatAge(sinceMs, now)}${planned}`;
}

function checkText(check: PhaseView['gates'][number]['checks'][number]): string {
  if (check.outcome === 'pass') return `${check.observed} (must be ${check.expected})`;
  return check.reason;
}

function verdictLines(verdict: VerdictView | null): string[] {
  if (verdict === null) return [];
  if ('method' in verdict) return kayentaLines(verdict);
  const { split } = verdict;
  const measured = split.observedPct === null ? '-' : `${split.observedPct.toFixed(2)} %`;
  const intended = split.expectedPct === null ? '-' : `${split.expectedPct.toFixed(2)} %`;
  const by = split.metric === null ? 'self-reported' : `counted at the tracks by ${split.metric}`;
  const shares = `${measured} measured (${by}), ${intended} intended`;
  const rests = verdict.synthetic ? ` (${SYNTHETIC})` : '';
  return [
    `  judge: ${verdict.kind}; ${verdict.reason}${rests}`,
    `      evidence for rollback: e = ${figure(verdict.e)} of ${figure(verdict.eThreshold)}`,
    ...freshLines(verdict),
    `      split: ${shares}${split.tripped ? '; it is WRONG' : ''}`,
    ...verdict.metrics.map(({ metric, kind, outcome, stable, candidate, ratio, e }) => {
      const ratioText = ratio === null ? '' : `, ratio ${ratio.toFixed(2)}`;
      const counts = `candidate ${counted(kind, candidate)}, stable ${counted(kind, stable)}`;
      return `      ${metric}: ${outcome}, ${counts}${ratioText}, e = ${figure(e)}`;
    }),
  ];
}

/** What stands as stable below is then a fresh instance of it. */
function freshLines({ pairs, freshPairs }: Exclude<VerdictView, KayentaVerdictView>): string[] {
  if (freshPairs === 0) return [];
  return [`      held against a fresh instance of stable in ${freshPairs} of ${pairs} intervals`];
}

function kayentaLines(verdict: KayentaVerdictView): string[] {
  const { kind, reason, synthetic, score, pass, marginal, judgements, nextInIntervals } = verdict;
  const rests = synthetic ? ` (${SYNTHETIC})` : '';
  const found = score === null ? 'no score' : `score ${score} of 100`;
  return [
    `  judge, by Kayenta's rule: ${kind}; ${reason}${rests}`,
    `      ${found}: ${pass} passes, below ${marginal} it rolls back; judgements: ${judgements}, the next in ${nextInIntervals} intervals`,
    ...verdict.metrics.map(({ metric, unit, outcome, label, stable, candidate, ratio }) => {
      const mean = (side: typeof stable): string =>
        side.mean === null ? 'not measured' : `${figure(side.mean)} ${unit}`.trimEnd();
      const ratioText = ratio === null ? '' : `, ratio ${ratio.toFixed(2)}`;
      const means = `candidate ${mean(candidate)}, stable ${mean(stable)}`;
      return `      ${metric}: ${outcome} (${label ?? 'not judged'}), ${means}${ratioText}`;
    }),
  ];
}

function counted(kind: string, { events, total }: { events: number; total: number }): string {
  if (kind === 'value') {
    return total === 0 ? 'not measured' : `${figure(events / total)} on average of ${total}`;
  }
  return `${figure(events)} of ${figure(total)}`;
}

function figure(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return String(value);
  return value.toPrecision(3);
}

function waitingLines({ waiting }: PromotionView, nowMs: number): string[] {
  return waiting.flatMap(({ text, untilMs, next }) => [
    `  waits: ${text}${untilMs === null ? '' : `, until ${untilText(untilMs, nowMs)}`}`,
    ...(next === null ? [] : [`    ${next}`]),
  ]);
}

function untilText(untilMs: number, nowMs: number): string {
  const left =
    untilMs > nowMs ? formatDuration(Math.ceil((untilMs - nowMs) / 1_000) * 1_000) : null;
  return `${formatTime(untilMs)}${left === null ? '' : ` (${left} left)`}`;
}
