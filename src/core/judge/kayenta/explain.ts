import { plainText } from '../number-text.ts';
import type { KayentaMetricVerdict, KayentaVerdict } from './verdict.ts';

const HEADINGS = ['metric', 'candidate against stable', 'ratio', 'shift', 'values', 'result'];

/** A verdict for people: one sentence, a table of the metrics, then what else shaped it. */
export function explainKayenta(verdict: KayentaVerdict): string {
  const rows = [HEADINGS, ...verdict.metrics.map(rowOf)];
  const widths = HEADINGS.map((_, column) =>
    rows.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), 0),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const head = `${verdict.kind}: ${verdict.reason}`;
  return [head, '', ...lines, '', ...footnotes(verdict)].join('\n');
}

function rowOf({ metric, unit, advisory, weight, finding }: KayentaMetricVerdict): string[] {
  const role = advisory ? 'advisory' : `weight ${plainText(weight)}`;
  if (finding === null) return [metric, '-', '-', '-', '-', `not judged (${role})`];
  const { stable, candidate, ratio, interval, label } = finding;
  const space = unit === '' ? '' : ` ${unit}`;
  const means =
    stable.mean === null || candidate.mean === null
      ? 'not measured'
      : `${plainText(candidate.mean)} against ${plainText(stable.mean)}${space}`;
  return [
    metric,
    means,
    ratio === null ? '-' : plainText(ratio),
    interval === null ? '-' : `${plainText(interval.lower)} to ${plainText(interval.upper)}`,
    candidate.points === stable.points
      ? String(stable.points)
      : `${candidate.points}, ${stable.points}`,
    `${label} (${role})`,
  ];
}

function footnotes(verdict: KayentaVerdict): string[] {
  const { judged, judgements, pass, marginal, nextInIntervals, pairs } = verdict;
  const refused = verdict.metrics
    .filter((one) => one.refused > 0)
    .map((one) => `${one.metric}: ${one.refused} intervals refused as malformed`);
  return [
    judged === null || judged.score === null
      ? `no score; ${pass} passes, below ${marginal} it rolls back`
      : `score ${judged.score} of 100 at interval ${judged.seq}; ${pass} passes, below ${marginal} it rolls back`,
    `${judgements} judgements over ${pairs} intervals, the next in ${nextInIntervals}`,
    "Kayenta's rule, each judgement anew: no budget bounds how often a healthy release is rolled back",
    'the split is not tested',
    ...refused,
  ];
}
