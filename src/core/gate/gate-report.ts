import { formatDuration } from '../../base/duration.ts';
import { formatInstant } from '../../base/instant.ts';
import { cell, markdownTable } from '../report/markdown.ts';
import type { Check, CheckOutcome, CheckResult } from './check.ts';
import { worstOf } from './evaluate-gate.ts';
import type { Gate, GateResult } from './gate.ts';

/** Icon and word: colour and shape are never the only signal. */
export const OUTCOME_WORDS: Readonly<Record<CheckOutcome, string>> = {
  pass: '✓ pass',
  warn: '! warn',
  fail: '✗ fail',
  inconclusive: '? inconclusive',
  error: '# error',
};

/** What gates showed, for machines: stable, versioned, every number with its source. */
export interface GateReport {
  apiVersion: 'aurora/v1';
  kind: 'GateReport';
  outcome: CheckOutcome;
  gates: readonly ReportGate[];
  nextSteps: readonly string[];
}

export interface ReportGate extends GateResult {
  title: string;
  impact: string;
  colour: string;
  checks: readonly ReportCheck[];
}

export interface ReportCheck extends CheckResult {
  source: string;
  /** How far it looks back; null: at the newest there is. */
  windowMs: number | null;
}

/** Gates without a result count as inconclusive: nothing was shown. */
export function gateReport(gates: readonly Gate[], results: readonly GateResult[]): GateReport {
  const shown = gates.map((gate) => {
    const result = results.findLast((one) => one.gate === gate.name);
    const none: GateResult = {
      gate: gate.name,
      outcome: 'inconclusive',
      checks: [],
      evaluatedAtMs: 0,
    };
    const { title, impact, colour } = gate;
    const known = result ?? none;
    const checks = known.checks.map((one) => reportCheck(gate, one));
    return { ...known, checks, title, impact, colour };
  });
  return {
    apiVersion: 'aurora/v1',
    kind: 'GateReport',
    outcome: worstOf(shown.map(({ outcome }) => outcome)),
    gates: shown,
    nextSteps: shown.flatMap((result) => nextSteps(gates, result)),
  };
}

function reportCheck(gate: Gate, result: CheckResult): ReportCheck {
  const check = gate.checks.find(({ name }) => name === result.check);
  if (check === undefined) return { ...result, source: '-', windowMs: null };
  const windowMs = 'windowMs' in check.evidence ? check.evidence.windowMs : null;
  return { ...result, source: sourceOf(check), windowMs };
}

function nextSteps(gates: readonly Gate[], result: GateResult): string[] {
  const gate = gates.find(({ name }) => name === result.gate);
  if (result.checks.length === 0) return [`evaluate gate ${result.gate}`];
  return result.checks
    .filter(({ outcome, advisory }) => outcome !== 'pass' && !advisory)
    .map((one) => {
      const hint = gate?.checks.find(({ name }) => name === one.check)?.hint ?? '';
      return `${result.gate}/${one.check}: ${one.reason}${hint === '' ? '' : `; ${hint}`}`;
    });
}

/** The same for people. */
export function gateReportMarkdown(_gates: readonly Gate[], report: GateReport): string {
  const sections = report.gates.map((result) => {
    const when =
      result.evaluatedAtMs === 0 ? 'never evaluated' : formatInstant(result.evaluatedAtMs);
    const head = `## ${OUTCOME_WORDS[result.outcome]}: ${cell(result.title)}`;
    const about = `${result.impact}, ${result.colour}, ${when}`;
    return [head, '', about, '', tableOf(result.checks, sourceAndWindow)].join('\n');
  });
  const steps = report.nextSteps.map((step, i) => `${i + 1}. ${cell(step)}`);
  const next = steps.length === 0 ? [] : ['## Next steps', steps.join('\n')];
  const head = `# Gates: ${OUTCOME_WORDS[report.outcome]}`;
  return `${[head, ...sections, ...next].join('\n\n')}\n`;
}

function sourceAndWindow({ source, windowMs }: ReportCheck): string {
  return windowMs === null ? source : `${source}, over ${formatDuration(windowMs)}`;
}

export function checkTable(gate: Gate | undefined, checks: readonly CheckResult[]): string {
  return tableOf(checks, (one) => {
    const check = gate?.checks.find(({ name }) => name === one.check);
    return check === undefined ? '-' : sourceOf(check);
  });
}

function tableOf<T extends CheckResult>(
  checks: readonly T[],
  sourceText: (check: T) => string,
): string {
  const head = ['check', 'result', 'observed', 'expected', 'samples', 'source', 'reason'];
  const rows = checks.map((one) => {
    const word = OUTCOME_WORDS[one.outcome] + (one.advisory ? ' (advisory)' : '');
    const source = sourceText(one);
    return [one.check, word, one.observed, one.expected, String(one.samples), source, one.reason];
  });
  return markdownTable(head, rows);
}

/** Where a check looks, in short. */
export function sourceOf({ evidence }: Check): string {
  switch (evidence.source) {
    case 'prometheus':
      return `prometheus: ${evidence.query}`;
    case 'http':
      return `${evidence.url} ${evidence.field}`;
    case 'command':
      return `$ ${evidence.run}`;
    case 'file':
      return `${evidence.path} ${evidence.field}`;
    case 'metric':
      return `${evidence.statistic}(${evidence.metric}) on ${evidence.track}`;
    case 'sessions':
      return `sessions: ${evidence.statistic}`;
    case 'incidents':
      return `incidents up to SEV${evidence.severityMax}`;
    case 'judge':
      return 'the judge';
  }
}
