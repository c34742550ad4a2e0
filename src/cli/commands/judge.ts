import { writeFileSync } from 'node:fs';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { follow } from '../../core/judge/course.ts';
import { flipsOf } from '../../core/judge/flip.ts';
import type { VerdictKind } from '../../core/judge/verdict.ts';
import type { CommandArgs, CommandDefinition } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { readIntervals } from '../judge/input.ts';
import { judgePicture } from '../judge/picture.ts';
import { judgeReport } from '../judge/report.ts';
import { type JudgeRule, ruleOf } from '../judge/rule.ts';
import { PLAN_ARGUMENT_OPTION } from '../plan-files.ts';

const CODES: Readonly<Record<VerdictKind, ExitCode>> = {
  promote: EXIT.yes,
  rollback: EXIT.no,
  continue: EXIT.inconclusive,
  inconclusive: EXIT.inconclusive,
};

export const judge: CommandDefinition = {
  name: 'judge',
  summary: 'judge intervals of two tracks from a file, as a promotion would',
  operands: [{ name: '<file>', summary: 'CSV or JSON intervals', completes: 'file' }],
  options: [
    {
      flags: '--plan <file>',
      summary: "metrics and settings of a plan's judge",
      completes: 'file',
    },
    PLAN_ARGUMENT_OPTION,
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
  example: 'auroractl judge docs/examples/equal-builds.csv --split 50 --dispersion "assumed 1"',
  exits: '0 promote, 1 rollback, 2 an error in the file, 5 neither is shown or nothing can be told',
  run: async (context, args) => {
    const share = shareOf(args);
    if (!share.ok) return context.fail(share.problem);
    const input = await readIntervals(args.operands[0] ?? '', {
      interval: args.text('interval'),
      candidatePct: share.value,
      counters: args.flag('counters'),
    });
    if (!input.ok) return context.fail(input.problem);
    for (const note of input.value.notes) context.note(note);
    const rule = ruleOf(args, input.value);
    if (!rule.ok) return context.fail(rule.problem);
    const { settings, metrics } = rule.value;
    const course = follow(settings, metrics, input.value.intervals);
    const drawn = draw(args.text('picture'), () => judgePicture(course, args.operands[0] ?? ''));
    if (drawn !== null) return context.fail(drawn);
    const format = args.text('output');
    if (format === 'text') context.printText(judgeReport(settings, metrics, course));
    else {
      const { verdict, ratios, points } = course;
      const flips = flipsOf(settings, metrics, course);
      const data = { verdict, ratios, flips, settings, metrics, points };
      await context.print({ kind: 'Judgement', data, columns: [], rows: [] }, format);
    }
    return helped(context.note, course.verdict.kind, rule.value, course.verdict.reason);
  },
};

/** What would help where nothing can be told for want of a setting. */
function helped(
  note: (line: string) => void,
  kind: VerdictKind,
  { settings }: JudgeRule,
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
