import { formatInstant } from '../../base/instant.ts';
import { ABOVE_LAST_EDGE } from '../gate/check.ts';
import { SYNTHETIC } from '../promotion/synthetic.ts';
import { cell, markdownTable } from '../report/markdown.ts';
import type { ObjectiveResult, SloReport } from './slo-report.ts';

const MET = '**All objectives were met.**';
const NOT_MET = '**Not all objectives were met.**';

/** The report for people. */
export function sloMarkdown(report: SloReport): string {
  const { service, promotion, plan, planSha256, fromMs, toMs, rows, objectives } = report;
  const head = [
    `# Service level objectives: ${cell(service)}`,
    '',
    `${formatInstant(fromMs)} to ${formatInstant(toMs)}, promotion ${cell(promotion)}, plan ${cell(plan)} (${planSha256}).`,
    `${rows.count} intervals${rows.count === 0 ? '' : `, numbers ${rows.fromSeq} to ${rows.toSeq}`}, segment digest ${rows.sha256}${report.synthetic ? `; ${SYNTHETIC}` : ''}.`,
    '',
    `${report.compliant ? MET : NOT_MET} At least ${report.coverageMinPct} % of the time must be measured.`,
  ];
  const table = markdownTable(
    ['objective', 'target', 'met', 'value', 'samples', 'measured', 'compliance', 'worst interval'],
    objectives.map(rowOf),
  );
  const missed = objectives.filter(({ compliant }) => !compliant);
  const reasons = missed.map(({ objective, reason }) => `- ${cell(objective)}: ${cell(reason)}`);
  const out = report.leftOut.map((name) => `- ${cell(name)}`);
  const parts = [
    head.join('\n'),
    objectives.length === 0 ? 'The plan has no check on a metric.' : table,
    ...(reasons.length === 0 ? [] : [['## Not met', '', ...reasons].join('\n')]),
    ...(out.length === 0
      ? []
      : [['## Not of intervals, and not judged here', '', ...out].join('\n')]),
  ];
  return `${parts.join('\n\n')}\n`;
}

function rowOf(one: ObjectiveResult): readonly string[] {
  const { statistic, metric, track, worst, compliancePct } = one;
  const when =
    worst === null ? '-' : `${numberText(worst.value)} at ${formatInstant(worst.startMs)}`;
  return [
    `${one.objective} (${statistic} of ${metric}, ${track})`,
    one.target,
    one.compliant ? 'yes' : 'no',
    one.observed ?? 'not measured',
    String(one.samples),
    `${one.coveredPct.toFixed(1)} %`,
    compliancePct === null ? '-' : `${compliancePct.toFixed(2)} %`,
    when,
  ];
}

function numberText(value: number): string {
  return value === ABOVE_LAST_EDGE ? 'above the last edge' : String(Number(value.toPrecision(12)));
}
