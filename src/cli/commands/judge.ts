import { writeFileSync } from 'node:fs';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { follow } from '../../core/judge/course.ts';
import { flipsOf } from '../../core/judge/flip.ts';
import { explainKayenta } from '../../core/judge/kayenta/explain.ts';
import type { KayentaSettings } from '../../core/judge/kayenta/settings.ts';
import { isKayenta } from '../../core/judge/method-settings.ts';
import type { JudgeSettings, Metric } from '../../core/judge/settings.ts';
import type { VerdictKind } from '../../core/judge/verdict.ts';
import type { CommandArgs, CommandDefinition, Context } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { byKayenta } from '../judge/by-kayenta.ts';
import { type JudgeInput, readIntervals } from '../judge/input.ts';
import { judgePicture } from '../judge/picture.ts';
import { readRange } from '../judge/range.ts';
import { departure, type Recorded, readRecorded } from '../judge/recorded.ts';
import { judgeReport } from '../judge/report.ts';
import { ruleOf } from '../judge/rule.ts';
import { STATE_OPTION } from '../ledger-view.ts';
import { PLAN_ARGUMENT_OPTION, planArguments, readSoundPlan } from '../plan-files.ts';

const CODES: Readonly<Record<VerdictKind, ExitCode>> = {
  promote: EXIT.yes,
  rollback: EXIT.no,
  continue: EXIT.inconclusive,
  inconclusive: EXIT.inconclusive,
};

export const judge: CommandDefinition = {
  name: 'judge',
  summary: 'judge intervals of two tracks from a file or of a promotion, as it is judged',
  operands: [{ name: '[file]', summary: 'CSV or JSON intervals', completes: 'file' }],
  options: [
    {
      flags: '--plan <file>',
      summary: "metrics and settings of a plan's judge",
      completes: 'file',
    },
    PLAN_ARGUMENT_OPTION,
    {
      flags: '--from <time>',
      summary: "judge what the plan's Prometheus holds since then, or 3h ago",
    },
    { flags: '--to <time>', summary: 'until then; now where it is left out' },
    {
      flags: '--promotion <id>',
      summary: 'judge again what the ledger holds of a promotion, running or ended',
    },
    STATE_OPTION,
    { flags: '--prometheus <url>', summary: "another Prometheus than the plan's own" },
    {
      flags: '--method <name>',
      summary: "the judge's own, or Kayenta's rule for comparison",
      choices: ['sequential', 'kayenta'],
    },
    { flags: '--split <pct>', summary: "the candidate's intended share of the requests" },
    { flags: '--dispersion <rule>', summary: 'measured, or "assumed 1.5"' },
    { flags: '--alpha <share>', summary: 'budget for a false rollback' },
    { flags: '--interval <duration>', summary: 'length of an interval, such as 10s' },
    { flags: '--lower-is-worse <metric>', summary: 'a metric whose fall is bad', repeats: true },
    { flags: '--counters', summary: 'the numbers are counters that only rise' },
    { flags: '--picture <file>', summary: 'draw the e-values as SVG', completes: 'file' },
    {
      flags: '-o, --output <format>',
      summary: 'how to print the verdict',
      default: 'text',
      choices: ['text', 'json', 'yaml'],
    },
  ],
  example: "auroractl judge docs/examples/equal-builds.csv --split 50 --dispersion 'assumed 1'",
  exits: '0 promote, 1 rollback, 2 an error in the file, 5 neither is shown or nothing can be told',
  run: async (context, args) => {
    const share = shareOf(args);
    if (!share.ok) return context.fail(share.problem);
    const read = await readingOf(args, share.value, context.nowMs());
    if (!read.ok) return context.fail(read.problem);
    const { input, recorded } = read.value;
    for (const note of input.notes) context.note(note);
    const rule = ruleOf(args, input, recorded?.rule ?? null);
    if (!rule.ok) return context.fail(rule.problem);
    const { settings, metrics } = rule.value;
    return isKayenta(settings)
      ? await tellKayenta(context, args, settings, metrics, input)
      : await tell(context, args, settings, metrics, read.value);
  },
};

async function tell(
  context: Context,
  args: CommandArgs,
  settings: JudgeSettings,
  metrics: readonly Metric[],
  { input, recorded }: Reading,
): Promise<ExitCode> {
  const course = follow(settings, metrics, input.intervals);
  if (recorded !== null && settings === recorded.rule.settings) {
    const differs = departure(course.state, recorded);
    if (differs !== null) return context.fail(differs);
  }
  const title = args.operands[0] ?? args.text('promotion') ?? args.text('plan') ?? '';
  const drawn = draw(args.text('picture'), () => judgePicture(course, title));
  if (drawn !== null) return context.fail(drawn);
  const format = args.text('output');
  if (format === 'text') context.printText(judgeReport(settings, metrics, course));
  else {
    const { verdict, ratios, points } = course;
    const flips = flipsOf(settings, metrics, course);
    const data = { verdict, ratios, flips, settings, metrics, points };
    await context.print({ kind: 'Judgement', data, columns: [], rows: [] }, format);
  }
  return helped(context.note, course.verdict.kind, settings, course.verdict.reason);
}

async function tellKayenta(
  context: Context,
  args: CommandArgs,
  settings: KayentaSettings,
  metrics: readonly Metric[],
  { intervals }: JudgeInput,
): Promise<ExitCode> {
  const verdict = byKayenta(settings, metrics, intervals);
  const format = args.text('output');
  if (format === 'text') context.printText(`${explainKayenta(verdict)}\n`);
  else {
    const data = { verdict, settings, metrics };
    await context.print({ kind: 'Judgement', data, columns: [], rows: [] }, format);
  }
  context.note(
    "Kayenta's rule bounds no false alarms over a release: docs/formats/peer-conditions.md",
  );
  return CODES[verdict.kind];
}

interface Reading {
  input: JudgeInput;
  /** null: it is of no promotion. */
  recorded: Recorded | null;
}

async function readingOf(
  args: CommandArgs,
  candidatePct: number | null,
  nowMs: number,
): Promise<Result<Reading>> {
  const promotion = args.text('promotion');
  if (promotion === null) {
    const input = await inputOf(args, candidatePct, nowMs);
    return input.ok ? ok({ input: input.value, recorded: null }) : input;
  }
  const other = args.operands[0] ?? args.text('plan') ?? args.text('from');
  if (other !== null) {
    const message = `--promotion has intervals and a plan of its own, and "${other}" was given`;
    return fail(problem('usage', message));
  }
  const recorded = await readRecorded(args.text('state') ?? '', promotion);
  return recorded.ok ? ok({ input: recorded.value.input, recorded: recorded.value }) : recorded;
}

/** A file, or a range of a plan's Prometheus: one of them. */
async function inputOf(
  args: CommandArgs,
  candidatePct: number | null,
  nowMs: number,
): Promise<Result<JudgeInput>> {
  const [file] = args.operands;
  const [from, path] = [args.text('from'), args.text('plan')];
  if (file !== undefined && from === null) {
    const [interval, counters] = [args.text('interval'), args.flag('counters')];
    return await readIntervals(file, { interval, candidatePct, counters });
  }
  if (file !== undefined || from === null || path === null) {
    const hint =
      'auroractl judge FILE, auroractl judge --plan PLAN --from 3h, or auroractl judge --promotion ID';
    return fail(problem('usage', 'expected a file, or --plan and --from', hint));
  }
  const given = planArguments(args.texts('arg'));
  const plan = given.ok ? readSoundPlan(path, given.value) : given;
  if (!plan.ok) return plan;
  const [to, url] = [args.text('to'), args.text('prometheus')];
  return await readRange(plan.value, { from, to, url, candidatePct, nowMs });
}

/** What would help where nothing can be told for want of a setting. */
function helped(
  note: (line: string) => void,
  kind: VerdictKind,
  settings: JudgeSettings,
  reason: string,
): ExitCode {
  if (kind === 'inconclusive' && reason.startsWith('the dispersion')) {
    note(
      'hint: stable alone for longer, or --dispersion "assumed 1.5" where its variation is known',
    );
  } else if (kind === 'inconclusive' && reason.startsWith('the split was never')) {
    note('hint: --split 50 says what share the candidate was to have');
  }
  if (settings.dispersion.kind === 'assumed' && settings.dispersion.phi === 1) {
    note('dispersion 1 is assumed: alarms are as rare as promised only if events are independent');
  }
  return CODES[kind];
}

function shareOf(args: CommandArgs): Result<number | null> {
  const text = args.text('split');
  if (text === null) return ok(null);
  const share = /^\d{1,3}(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (share > 0 && share < 100) return ok(share);
  const message = `expected --split with a share between 0 and 100, found ${JSON.stringify(text)}`;
  return fail(problem('usage', message));
}

function draw(path: string | null, picture: () => string): Problem | null {
  if (path === null) return null;
  try {
    writeFileSync(path, picture());
    return null;
  } catch (error) {
    const { message } = error as Error;
    return problem('unavailable', `the picture could not be written: ${message}`);
  }
}
