import { showPlan } from '../../core/plan/show.ts';
import type { CommandDefinition } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { PLAN_ARGUMENT_OPTION, planArguments, readSoundPlan } from '../plan-files.ts';

export const planShow: CommandDefinition = {
  name: 'plan show',
  summary: 'print a resolved plan, every default written out',
  operands: [{ name: '<file>', summary: 'a plan file', completes: 'file' }],
  options: [
    PLAN_ARGUMENT_OPTION,
    {
      flags: '-o, --output <format>',
      summary: 'yaml: a plan file again; json: the form that is hashed and locked',
      default: 'yaml',
      choices: ['yaml', 'json'],
    },
  ],
  example: 'auroractl plan show plans/smoke.yaml',
  exits: '0 printed, 2 an error in the plan or a missing file',
  run: async (context, args) => {
    const given = planArguments(args.texts('arg'));
    if (!given.ok) return context.fail(given.problem);
    const plan = readSoundPlan(args.operands[0] ?? '', given.value);
    if (!plan.ok) return context.fail(plan.problem);
    if (args.text('output') === 'yaml') context.printText(showPlan(plan.value));
    else {
      const view = { kind: plan.value.kind, data: plan.value, columns: [], rows: [] };
      await context.print(view, 'json');
    }
    return EXIT.yes;
  },
};
