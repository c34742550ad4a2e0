import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { LOAD_FORM, parseLoad } from '../core/plan/grammar/small.ts';
import { changedSince } from '../core/plan/lock.ts';
import type { Plan } from '../core/plan/plan.ts';
import { type Promote, PromotionView } from '../protocol/controller.ts';
import { type CommandArgs, type Context, type OptionDefinition, OUTPUT_OPTION } from './command.ts';
import { ControllerClient, caller } from './controller-client.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { readText } from './files.ts';
import { STATE_OPTION } from './ledger-view.ts';
import { PLAN_ARGUMENT_OPTION, planArguments, readSoundPlan } from './plan-files.ts';
import { lockMismatch, lockPathOf, readPlanLock } from './plan-lock-file.ts';
import { watchPromotion } from './watch-promotion.ts';

/** What promote and rehearse have in common. */
export const ASK_OPTIONS: readonly OptionDefinition[] = [
  PLAN_ARGUMENT_OPTION,
  {
    flags: '--load <load>',
    summary: 'generated requests in place of live ones, such as "200rps /path"',
  },
  { flags: '--by <name>', summary: 'who asks for it; else the name of your account' },
  { flags: '--supersede', summary: 'withdraw an active promotion of the service first' },
  { flags: '-w, --watch', summary: 'show it until it has ended' },
  { flags: '--dry-run', summary: 'check the plan and its lock, and begin nothing' },
  STATE_OPTION,
  OUTPUT_OPTION,
];

/** Reads the plan, holds it against its lock, and asks the controller to begin. */
export async function askPromotion(
  context: Context,
  args: CommandArgs,
  asked: Pick<Promote, 'rehearsal' | 'scaleToMs'>,
): Promise<ExitCode> {
  const [path = ''] = args.operands;
  const format = args.text('output');
  if (args.flag('watch') && format !== 'table') {
    return context.fail(problem('usage', '--watch shows a tree; leave --output away'));
  }
  const values = planArguments(args.texts('arg'));
  if (!values.ok) return context.fail(values.problem);
  const load = args.text('load');
  if (load !== null && parseLoad(load) === null) {
    return context.fail(problem('usage', `expected ${LOAD_FORM}, found ${JSON.stringify(load)}`));
  }
  const sound = readSoundPlan(path, values.value);
  if (!sound.ok) return context.fail(sound.problem);
  const locked = holdAgainstLock(context, path, sound.value);
  if (!locked.ok) return context.fail(locked.problem);
  const { name, service, release } = sound.value;
  if (args.flag('dry-run')) {
    const would = asked.rehearsal ? 'rehearse' : 'promote';
    context.note(`would ${would} ${service} ${release.candidate} under the plan ${name}`);
    return EXIT.usage;
  }
  const text = readText(path);
  if (!text.ok) return context.fail(text.problem);
  const body: Promote = {
    path: watchable(path),
    text: text.value,
    args: { ...values.value },
    by: caller(args.text('by')),
    supersede: args.flag('supersede'),
    ...(load === null ? {} : { load }),
    ...asked,
  };
  const client = new ControllerClient(args.text('state') ?? '');
  const opened = await client.ask(PromotionView, 'POST', '/promote', body);
  if (!opened.ok) return context.fail(opened.problem);
  const { id } = opened.value;
  context.note(`${id} is under way; it goes on when you close this: auroractl status ${id} -w`);
  if (args.flag('watch')) {
    return await watchPromotion(context, client, opened.value, context.isTerminal);
  }
  if (format === 'table') context.printText(`${id}\n`);
  else {
    await context.print({ kind: 'Promotion', data: opened.value, columns: [], rows: [] }, format);
  }
  return EXIT.yes;
}

/** A plan that was locked is promoted as it was locked, or not at all. */
function holdAgainstLock(context: Context, path: string, plan: Plan): Result<void> {
  const lock = readPlanLock(lockPathOf(path));
  if (lock === null) {
    context.note(`${path} is not locked; to pin what was reviewed: auroractl plan lock ${path}`);
    return ok(undefined);
  }
  const fits = lock.ok && changedSince(lock.value, plan).length === 0;
  return fits ? ok(undefined) : fail(lockMismatch(path, lock, plan));
}

/** The controller watches a file that stays; of a pipe it keeps the text alone. */
function watchable(path: string): string {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true ? resolve(path) : 'plan.yaml';
}
