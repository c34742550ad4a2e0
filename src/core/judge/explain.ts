import { ln } from '../../base/math.ts';
import { eValueText, percentText, plainText } from './number-text.ts';
import { sidesText } from './reason.ts';
import type { MetricVerdict, Verdict } from './verdict.ts';

const HEADINGS = ['metric', 'candidate against stable', 'ratio', 'E back', 'E go', 'phi', 'result'];

/** A verdict for people: one sentence, a table of the metrics, then what else shaped it. */
export function explain(verdict: Verdict): string {
  const rows = [HEADINGS, ...verdict.metrics.map(rowOf)];
  const lines = [`${verdict.kind}: ${verdict.reason}`, '', ...tableLines(rows), ''];
  lines.push(...footnotes(verdict), ...verdict.metrics.flatMap((one) => noteOf(one, verdict)));
  return lines.join('\n');
}

function rowOf(one: MetricVerdict): string[] {
  const go =
    one.lnEPromote === null
      ? 'not required'
      : `${eValueText(one.lnEPromote)} of ${eValueText(one.lnEPromoteThreshold)}`;
  const weight = one.advisory ? 'advisory' : `weight ${plainText(one.weight)}`;
  return [
    one.metric,
    sidesText(one, one.edge, one.isValue),
    one.ratio === null ? '-' : plainText(one.ratio),
    `${eValueText(one.lnE)} (${weight})`,
    one.promoteEdge === null ? go : `${go} at ${plainText(one.promoteEdge)}`,
    one.phi === null ? 'unknown' : plainText(one.phi),
    one.current || one.pairs === 0 ? one.outcome : `${one.outcome}, stale`,
  ];
}

/** Columns as wide as their widest cell; nothing behind the last. */
function tableLines(rows: readonly (readonly string[])[]): string[] {
  const widths = HEADINGS.map((_, column) =>
    rows.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), 0),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function footnotes(verdict: Verdict): string[] {
  const { lnERelevant, phi, phiSource, elapsedIntervals, horizonIntervals } = verdict;
  const above = lnERelevant === null ? 'nothing' : eValueText(lnERelevant);
  const needed = eValueText(verdict.lnEThreshold);
  const spent = verdict.horizonSpent ? ', spent' : '';
  return [
    `combined E ${eValueText(verdict.lnE)}, above the floors ${above}, rolls back at ${needed}`,
    splitText(verdict.split),
    `dispersion: ${phi === null ? 'unknown' : plainText(phi)}, ${phiSource}`,
    aaText(verdict),
    `interval ${verdict.seq}, ${verdict.pairs} compared${freshText(verdict)}; ` +
      `${elapsedIntervals} of ${horizonIntervals} of the horizon${spent}`,
  ];
}

function freshText({ freshPairs }: Verdict): string {
  return freshPairs === undefined ? '' : `, ${freshPairs} of them with a fresh baseline`;
}

function aaText({ aa, lnEThreshold }: Verdict): string {
  if (aa === null) return 'A/A test: none, stable is measured as one instance';
  const tripped = aa.trippedSeq === null ? '' : `, tripped at interval ${aa.trippedSeq}`;
  const needed = eValueText(lnEThreshold);
  return `A/A test: stable's own instances, E ${eValueText(aa.lnE)}, trips at ${needed}${tripped}`;
}

function splitText(split: Verdict['split']): string {
  const { observedPct, expectedPct, requests } = split;
  if (observedPct === null || expectedPct === null) return 'split: not measured';
  const shares = `${plainText(observedPct)} % of ${requests}, ordered ${plainText(expectedPct)} %`;
  const by = split.metric === null ? 'self-reported' : `counted at the tracks by ${split.metric}`;
  const evidence = `E ${eValueText(split.lnE)}, trips at ${eValueText(split.lnEThreshold)}`;
  return `split: ${shares}, ${evidence}; ${by}`;
}

/** Its excess, what would turn the verdict, and what of it could not be used. */
function noteOf(one: MetricVerdict, verdict: Verdict): string[] {
  const floor = `floor ${percentText(one.floor)}`;
  const excess =
    one.excess === null ? `no excess now, ${floor}` : `excess ${percentText(one.excess)}, ${floor}`;
  const refused = one.refused === 0 ? '' : `; ${one.refused} intervals refused as malformed`;
  return one.pairs + one.refused === 0
    ? []
    : [`${one.metric}: ${excess}; ${flipText(one, verdict)}${refused}`];
}

/** How far a metric is from turning the verdict by itself. */
function flipText(one: MetricVerdict, verdict: Verdict): string {
  if (one.advisory) return 'advisory, turns nothing';
  if (one.outcome === 'fail') return 'rolls back by itself';
  if (one.outcome === 'warn') return 'above its floor it would roll back by itself';
  if (one.weight === 0) return 'without weight it rolls nothing back';
  const alone = eValueText(verdict.lnEThreshold - ln(one.weight));
  return `rolls back by itself at E ${alone}`;
}
