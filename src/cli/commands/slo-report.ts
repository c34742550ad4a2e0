import { join } from 'node:path';
import { gpgSignatureOf, promotionRecordOf, recordedIntervals, sshSignatureOf } from '../../app.ts';
import { utf8 } from '../../base/bytes.ts';
import { canonicalJson } from '../../base/canonical-json.ts';
import { parseDuration } from '../../base/duration.ts';
import { formatInstant, parseInstant } from '../../base/instant.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { statementBytes } from '../../core/attest/statement.ts';
import { releaseSubject } from '../../core/decision/release-statements.ts';
import type { Plan } from '../../core/plan/plan.ts';
import { restsOnLoad } from '../../core/promotion/synthetic.ts';
import { sloMarkdown } from '../../core/slo/slo-markdown.ts';
import { sloReport as reportOf, type SloReport } from '../../core/slo/slo-report.ts';
import type { CommandArgs, CommandDefinition } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { writeText } from '../files.ts';
import { STATE_OPTION } from '../ledger-view.ts';
import type { View } from '../output.ts';
import { envelopeBy, statementKeys } from '../statement-keys.ts';

/** Of detached ssh signatures on reports. */
const REPORT_NAMESPACE = 'aurora-report';
const SLO_REPORT_TYPE = 'https://aurora.example/slo-report/v1';

export const sloReport: CommandDefinition = {
  name: 'slo report',
  summary: 'say of each objective of a plan whether a time met it, from recorded intervals',
  operands: [
    { name: '<promotion>', summary: 'its id, or the beginning of it', completes: 'nothing' },
  ],
  options: [
    {
      flags: '--from <time>',
      summary: '2026-11-21T04:00:00Z, or 3h for three hours ago',
      required: true,
    },
    { flags: '--to <time>', summary: 'as --from', default: 'now' },
    {
      flags: '--coverage <percent>',
      summary: 'how much of the time must be measured',
      default: '95',
    },
    {
      flags: '--out <folder>',
      summary: 'writes slo-PROMOTION.json and .md there',
      completes: 'folder',
    },
    { flags: '--sign-gpg <key>', summary: 'with --out: a detached OpenPGP signature of each' },
    {
      flags: '--sign-ssh <file>',
      summary: 'with --out: a detached ssh signature of each',
      completes: 'file',
    },
    {
      flags: '--key <file>',
      summary: 'with --out: signs it as a statement; may be given several times',
      repeats: true,
      completes: 'file',
    },
    STATE_OPTION,
    {
      flags: '-o, --output <format>',
      summary: 'how to print it',
      default: 'table',
      choices: ['table', 'wide', 'json', 'yaml', 'markdown'],
    },
  ],
  example: 'auroractl slo report shop-1.1.0 --from 3h',
  exits:
    '0 all objectives were met, 1 one was not, or was not measured; 2 no such promotion or objective, 4 no signature',
  run: async (context, args) => {
    const read = await readReport(args, context.nowMs());
    if (!read.ok) return context.fail(read.problem);
    const { report, plan } = read.value;
    const written = await writeReport(report, plan, args);
    if (!written.ok) return context.fail(written.problem);
    for (const name of written.value) context.note(name);
    const format = args.text('output');
    if (format === 'markdown') context.printText(sloMarkdown(report));
    else await context.print(viewOf(report), format);
    for (const name of report.leftOut) {
      context.note(`${name} rests on no interval, and is not judged here`);
    }
    return report.compliant ? EXIT.yes : EXIT.no;
  },
};

async function readReport(
  args: CommandArgs,
  nowMs: number,
): Promise<Result<{ report: SloReport; plan: Plan }>> {
  const [word = ''] = args.operands;
  const state = args.text('state') ?? '';
  const [from, to] = [args.text('from') ?? '', args.text('to') ?? ''].map((one) =>
    momentOf(one, nowMs),
  );
  if (typeof from !== 'number' || typeof to !== 'number' || from >= to) {
    const hint = 'a time such as 2026-11-21T04:00:00Z, or 3h for three hours ago';
    return fail(problem('usage', 'expected --from before --to', hint));
  }
  const coverageMinPct = Number(args.text('coverage'));
  if (!(coverageMinPct >= 0 && coverageMinPct <= 100)) {
    return fail(problem('usage', 'expected --coverage as a number from 0 to 100'));
  }
  const record = await promotionRecordOf(state, word);
  if (!record.ok) return record;
  const { plan, state: standing } = record.value;
  // On the grid of whole intervals since 1970, so that the edges of the time are measured or not.
  const { intervalMs } = plan;
  const time = {
    fromMs: Math.ceil(from / intervalMs) * intervalMs,
    toMs: Math.floor(to / intervalMs) * intervalMs,
  };
  if (time.fromMs >= time.toMs)
    return fail(problem('usage', 'no whole interval lies in that time'));
  const rows = await recordedIntervals(state, standing.promotion, time);
  if (!rows.ok) return rows;
  const synthetic = restsOnLoad(plan, standing);
  const { promotion, planSha256 } = standing;
  const facts = { plan, planSha256, promotion, synthetic, ...time, coverageMinPct };
  const report = reportOf({ ...facts, rows: rows.value });
  if (report.objectives.length > 0) return ok({ report, plan });
  const hint = 'a check on a metric, such as: errors over 5m <= 5%';
  return fail(problem('not-found', `the plan ${plan.name} has no objective`, hint));
}

/** The files that it wrote: what is signed is on the disk before its signature. */
async function writeReport(
  report: SloReport,
  plan: Plan,
  args: CommandArgs,
): Promise<Result<string[]>> {
  const [folder, gpg, ssh] = [args.text('out'), args.text('sign-gpg'), args.text('sign-ssh')];
  const keys = await statementKeys(args.texts('key'));
  if (!keys.ok) return keys;
  if (folder === null) {
    if (gpg === null && ssh === null && keys.value.length === 0) return ok([]);
    return fail(problem('usage', 'what is signed must be written', '--out FOLDER'));
  }
  const files: string[] = [];
  const write = (path: string, text: string): Result<void> => {
    files.push(path);
    return writeText(path, text);
  };
  const document = { apiVersion: 'aurora/v1', kind: 'SloReport', ...report };
  const path = join(folder, `slo-${report.promotion}`);
  for (const [ending, text] of [
    ['.json', `${canonicalJson(document)}\n`],
    ['.md', sloMarkdown(report)],
  ] as const) {
    const written = write(`${path}${ending}`, text);
    if (!written.ok) return written;
    const signed: [string, Result<string>][] = [];
    if (gpg !== null) signed.push(['.asc', await gpgSignatureOf(utf8(text), gpg)]);
    if (ssh !== null)
      signed.push(['.sig', await sshSignatureOf(utf8(text), ssh, REPORT_NAMESPACE)]);
    for (const [suffix, signature] of signed) {
      if (!signature.ok) return signature;
      const there = write(`${path}${ending}${suffix}`, signature.value);
      if (!there.ok) return there;
    }
  }
  if (keys.value.length > 0) {
    const bytes = statementBytes(releaseSubject(plan), SLO_REPORT_TYPE, report);
    const there = write(`${path}.dsse.json`, envelopeBy(keys.value, bytes));
    if (!there.ok) return there;
  }
  return ok(files);
}

function viewOf(report: SloReport): View {
  return {
    kind: 'SloReport',
    data: report,
    columns: [
      ...['OBJECTIVE', 'TARGET', 'MET', 'VALUE', 'SAMPLES', 'MEASURED'].map((title) => ({ title })),
      { title: 'COMPLIANCE' },
      { title: 'WORST', wide: true },
      { title: 'WHY' },
    ],
    rows: report.objectives.map((one) => [
      `${one.objective} (${one.track})`,
      one.target,
      one.compliant ? 'yes' : 'no',
      one.observed ?? '-',
      String(one.samples),
      `${one.coveredPct.toFixed(1)} %`,
      one.compliancePct === null ? '-' : `${one.compliancePct.toFixed(2)} %`,
      one.worst === null ? '-' : `${one.worst.value} at ${formatInstant(one.worst.startMs)}`,
      one.reason,
    ]),
  };
}

function momentOf(text: string, nowMs: number): number | null {
  if (text === 'now') return nowMs;
  const agoMs = parseDuration(text);
  return agoMs === null ? parseInstant(text) : nowMs - agoMs;
}
