import { servicesOf } from '../../app.ts';
import type { CommandDefinition } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { STATE_OPTION } from '../ledger-view.ts';

export const serviceStop: CommandDefinition = {
  name: 'service stop',
  summary: 'stop services: door, tracks and keeper; they can be started again as they were',
  operands: [{ name: '<name...>', summary: 'names of services', completes: 'nothing' }],
  options: [STATE_OPTION],
  example: 'auroractl service stop web',
  exits: '0 they are stopped, 2 no such service, 5 something of one is still there',
  run: async (context, args) => {
    const services = await servicesOf(args.text('state') ?? '');
    for (const name of args.operands) {
      const stopped = await services.stop(name);
      if (!stopped.ok) return context.fail(stopped.problem);
      context.note(`${name} is stopped`);
    }
    return EXIT.yes;
  },
};
