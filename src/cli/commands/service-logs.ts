import { join } from 'node:path';
import { servicesOf } from '../../app.ts';
import { problem } from '../../base/problem.ts';
import type { CommandDefinition } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { parseWhole, STATE_OPTION } from '../ledger-view.ts';
import { FOLLOW_OPTION, LINES_OPTION, printLogs } from '../print-logs.ts';

export const serviceLogs: CommandDefinition = {
  name: 'service logs',
  summary: "print what a service's processes wrote",
  operands: [{ name: '<name>', summary: 'name of the service', completes: 'nothing' }],
  options: [
    {
      flags: '--of <process>',
      summary: 'whose',
      default: 'all',
      choices: ['all', 'stable', 'candidate', 'baseline', 'splitter', 'keeper'],
    },
    LINES_OPTION,
    FOLLOW_OPTION,
    STATE_OPTION,
  ],
  example: 'auroractl service logs web --of candidate',
  exits: '0 printed, 2 no such service',
  run: async (context, args) => {
    const lines = parseWhole(args.text('lines') ?? '', '--lines');
    if (!lines.ok) return context.fail(lines.problem);
    const [name = ''] = args.operands;
    const services = await servicesOf(args.text('state') ?? '');
    const definition = services.definition(name);
    if (!definition.ok) return context.fail(definition.problem);
    const of = args.text('of') ?? 'all';
    const printed = await printLogs(context, join(services.folderOf(name), 'logs'), {
      whose: of === 'all' ? null : [of],
      lines: lines.value,
      follow: args.flag('follow'),
    });
    if (printed) return EXIT.yes;
    const hint = `auroractl service start ${name}`;
    return context.fail(problem('not-found', `${name} has written no log yet`, hint));
  },
};
