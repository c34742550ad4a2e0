import { About } from '../../protocol/controller.ts';
import { askBackup } from '../ask-backup.ts';
import { type CommandDefinition, OUTPUT_OPTION } from '../command.ts';
import { ControllerClient } from '../controller-client.ts';
import { aboutView } from '../controller-view.ts';
import { EXIT } from '../exit-codes.ts';
import { STATE_OPTION } from '../ledger-view.ts';

export const controllerStart: CommandDefinition = {
  name: 'controller start',
  summary: 'start the controller, which resumes what is active; one that runs goes on',
  operands: [],
  options: [STATE_OPTION, OUTPUT_OPTION],
  example: 'auroractl controller start',
  exits: '0 it runs, 5 it does not answer',
  run: async (context, args) => {
    const client = new ControllerClient(args.text('state') ?? '');
    const about = await client.ask(About, 'GET', '/about');
    if (!about.ok) return context.fail(about.problem);
    await context.print(
      aboutView(about.value, await askBackup(client), context.nowMs()),
      args.text('output'),
    );
    return EXIT.yes;
  },
};
