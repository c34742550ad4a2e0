import { problem } from '../../base/problem.ts';
import type { Promote } from '../../protocol/controller.ts';
import { PromotionView } from '../../protocol/controller.ts';
import { type CommandDefinition, OUTPUT_OPTION } from '../command.ts';
import { ControllerClient, caller } from '../controller-client.ts';
import { EXIT } from '../exit-codes.ts';
import { readText } from '../files.ts';
import { STATE_OPTION } from '../ledger-view.ts';
import { PLAN_ARGUMENT_OPTION, planArguments, readSoundPlan } from '../plan-files.ts';
import { watchPromotion } from '../watch-promotion.ts';

export const promote: CommandDefinition = {
  name: 'promote',
  summary: 'carry a release from candidate to GA under a plan',
  operands: [{ name: '<plan>', summary: 'the plan file', completes: 'file' }],
  options: [
    PLAN_ARGUMENT_OPTION,
    { flags: '--by <name>', summary: 'who promotes; else the name of your account' },
    { flags: '--rehearse', summary: 'mark it as a rehearsal: it never counts as GA' },
    { flags: '--supersede', summary: 'withdraw an active promotion of the service first' },
    { flags: '-w, --watch', summary: 'show it until it has ended' },
    { flags: '--dry-run', summary: 'check the plan, and promote nothing' },
    STATE_OPTION,
    OUTPUT_OPTION,
  ],
  example: 'auroractl promote plans/smoke.yaml --dry-run',
  exits: '0 opened, or with -w: promoted; 1 rolled back; 2 a plan with errors, dry run; 4 refused',
  run: async (context, args) => {
    const [path = ''] = args.operands;
    const values = planArguments(args.texts('arg'));
    if (!values.ok) return context.fail(values.problem);
    const sound = readSoundPlan(path, values.value);
    if (!sound.ok) return context.fail(sound.problem);
    const { name, service, release } = sound.value;
    if (args.flag('dry-run')) {
      context.note(`would promote ${service} ${release.candidate} under the plan ${name}`);
      return EXIT.usage;
    }
    const text = readText(path);
    if (!text.ok) return context.fail(text.problem);
    const body: Promote = {
      path,
      text: text.value,
      args: { ...values.value },
      by: caller(args.text('by')),
      rehearsal: args.flag('rehearse'),
      supersede: args.flag('supersede'),
    };
    const client = new ControllerClient(args.text('state') ?? '');
    const opened = await client.ask(PromotionView, 'POST', '/promote', body);
    if (!opened.ok) return context.fail(opened.problem);
    const { id } = opened.value;
    context.note(`${id} is under way; it goes on when you close this: auroractl status ${id} -w`);
    if (args.flag('watch')) {
      if (args.text('output') !== 'table') {
        return context.fail(problem('usage', '--watch shows a tree; leave --output away'));
      }
      return await watchPromotion(context, client, opened.value, context.isTerminal);
    }
    if (args.text('output') === 'table') context.printText(`${id}\n`);
    else {
      const view = { kind: 'Promotion', data: opened.value, columns: [], rows: [] };
      await context.print(view, args.text('output'));
    }
    return EXIT.yes;
  },
};
