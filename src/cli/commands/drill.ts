import { DURATION_FORM, parseDuration } from '../../base/duration.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { LOAD_FORM, parseLoad } from '../../core/plan/grammar/small.ts';
import {
  type CommandArgs,
  type CommandDefinition,
  type Context,
  OUTPUT_OPTION,
} from '../command.ts';
import { caller } from '../controller-client.ts';
import { DRILL_KINDS, type DrillKind, type DrillWish, runDrill } from '../drill.ts';
import {
  drillPassed,
  drillReportPath,
  drillView,
  endLeaf,
  writeDrillReport,
} from '../drill-report.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { STATE_OPTION } from '../ledger-view.ts';
import {
  restoreDrillPassed,
  restoreDrillView,
  restoreReportPath,
  runRestoreDrill,
} from '../restore-drill.ts';

export const drill: CommandDefinition = {
  name: 'drill',
  summary: 'rehearse a way back with a second instance of stable, or a restore, timed and recorded',
  operands: [
    { name: '<kind>', summary: 'rollback, failover, halt or restore', completes: 'nothing' },
    {
      name: '[service]',
      summary: 'the service, none of whose requests is lost; of restore a backup, else the newest',
      completes: 'file',
    },
  ],
  options: [
    {
      flags: '--limit <duration>',
      summary: 'longer is not passed; of restore 1h where it is left out',
      default: '5m',
    },
    {
      flags: '--weight <percent>',
      summary: "the second instance's share; in a failover it takes everything",
      default: '1',
    },
    {
      flags: '--load <load>',
      summary: 'requests meanwhile, such as "10rps /path", where nobody asks',
    },
    { flags: '--hold <duration>', summary: 'how long the share stands', default: '5s' },
    {
      flags: '--command <command>',
      summary: "starts the second one, or its address; else stable's",
    },
    {
      flags: '--report <file>',
      summary: 'what a gate reads; else reports/KIND-drill.json beside the state directory',
      completes: 'file',
    },
    {
      flags: '--folder <folder>',
      summary: 'of restore: where backups are kept',
      env: 'AURORA_BACKUP_FOLDER',
      completes: 'folder',
    },
    { flags: '--by <name>', summary: 'who drills; else the name of your account' },
    STATE_OPTION,
    OUTPUT_OPTION,
  ],
  example: 'auroractl drill rollback web --limit 2m',
  exits:
    '0 within the limit, 1 slower or failed, 2 no such service, 4 it is being promoted, 5 it does not run',
  run: async (context, args) => {
    if (args.operands[0] === 'restore') return await restoreDrill(context, args);
    const wish = wishOf(args);
    if (!wish.ok) return context.fail(wish.problem);
    const { kind, state } = wish.value;
    const drilled = await runDrill(context, wish.value);
    if (!drilled.ok) return context.fail(drilled.problem);
    const result = drilled.value;
    const view = drillView(result, await endLeaf(state, result.promotion));
    const path = args.text('report') ?? drillReportPath(state, kind);
    const written = await writeDrillReport(path, view);
    await context.print(view, args.text('output'));
    if (!written.ok) return context.fail(written.problem);
    context.note(`the report: ${path}`);
    if (drillPassed(result)) return EXIT.yes;
    const message = result.problem?.message ?? 'it took longer than its limit';
    const hint = result.problem?.hint ?? `auroractl status ${result.promotion}`;
    context.fail(problem('unavailable', `the drill did not pass: ${message}`, hint));
    return EXIT.no;
  },
};

const RESTORE_LIMIT_MS = 3_600_000;

async function restoreDrill(context: Context, args: CommandArgs): Promise<ExitCode> {
  const state = args.text('state') ?? '';
  const isOwnLimit = args.source?.('limit').from === 'default';
  const limitMs = isOwnLimit ? ok(RESTORE_LIMIT_MS) : millis(args, 'limit', 1);
  if (!limitMs.ok) return context.fail(limitMs.problem);
  const drilled = await runRestoreDrill(context, {
    ...{ state, limitMs: limitMs.value, by: caller(args.text('by')) },
    file: args.operands[1] ?? null,
    folder: args.text('folder'),
  });
  if (!drilled.ok) return context.fail(drilled.problem);
  const view = restoreDrillView(drilled.value);
  const path = args.text('report') ?? restoreReportPath(state);
  const written = await writeDrillReport(path, view);
  await context.print(view, args.text('output'));
  if (!written.ok) return context.fail(written.problem);
  context.note(`the report: ${path}`);
  if (restoreDrillPassed(drilled.value)) return EXIT.yes;
  const message = drilled.value.problem?.message ?? 'it took longer than its limit';
  const hint = 'docs/operating/backup.md';
  context.fail(problem('unavailable', `the drill did not pass: ${message}`, hint));
  return EXIT.no;
}

function wishOf(args: CommandArgs): Result<DrillWish> {
  const [word = '', service = ''] = args.operands;
  const kind = DRILL_KINDS.find((one) => one === word);
  if (kind === undefined) {
    const hint = `auroractl drill ${DRILL_KINDS.join('|')} SERVICE, or drill restore`;
    const message = `expected ${DRILL_KINDS.join(', ')}, found ${JSON.stringify(word)}`;
    return fail(problem('usage', message, hint));
  }
  if (service === '') {
    const hint = `auroractl drill ${kind} SERVICE; auroractl service list`;
    return fail(problem('usage', 'a service is missing', hint));
  }
  const limitMs = millis(args, 'limit', 1);
  if (!limitMs.ok) return limitMs;
  const holdMs = millis(args, 'hold', 0);
  if (!holdMs.ok) return holdMs;
  const load = args.text('load');
  if (load !== null && parseLoad(load) === null) {
    return fail(problem('usage', `expected ${LOAD_FORM}, found ${JSON.stringify(load)}`));
  }
  const weightPct = weightOf(args, kind);
  if (!weightPct.ok) return weightPct;
  return ok({
    ...{ kind, service, weightPct: weightPct.value },
    ...{ limitMs: limitMs.value, holdMs: holdMs.value },
    command: args.text('command'),
    load,
    by: caller(args.text('by')),
    state: args.text('state') ?? '',
  });
}

function millis(args: CommandArgs, name: string, min: number): Result<number> {
  const text = args.text(name) ?? '';
  const ms = parseDuration(text);
  if (ms !== null && ms >= min) return ok(ms);
  const found = JSON.stringify(text);
  return fail(problem('usage', `expected ${DURATION_FORM} as --${name}, found ${found}`));
}

/** A failover that keeps a share back is none. */
function weightOf(args: CommandArgs, kind: DrillKind): Result<number> {
  if (kind === 'failover') return ok(100);
  const text = args.text('weight') ?? '';
  const pct = Number(text);
  if (/^\d+(?:\.\d+)?$/.test(text) && pct > 0 && pct < 100) return ok(pct);
  const message = `expected a percentage above 0 and below 100 as --weight, found ${JSON.stringify(text)}`;
  return fail(problem('usage', message));
}
