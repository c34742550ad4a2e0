import { About } from '../../protocol/controller.ts';
import { askBackup } from '../ask-backup.ts';
import { type CommandDefinition, OUTPUT_OPTION } from '../command.ts';
import { ControllerClient } from '../controller-client.ts';
import { aboutView, backupFailure } from '../controller-view.ts';
import { EXIT } from '../exit-codes.ts';
import { STATE_OPTION } from '../ledger-view.ts';

export const controllerStatus: CommandDefinition = {
  name: 'controller status',
  summary: 'say whether a controller runs, since when, and where its metrics are',
  operands: [],
  options: [STATE_OPTION, OUTPUT_OPTION],
  example: 'auroractl controller status',
  exits: '0 it runs, 1 none runs, 5 it does not answer',
  run: async (context, args) => {
    const client = new ControllerClient(args.text('state') ?? '');
    const about = await client.askRunning(About, '/about');
    if (about === null) {
      context.note('no controller runs; any command that needs one starts it');
      return EXIT.no;
    }
    if (!about.ok) return context.fail(about.problem);
    const backup = await askBackup(client);
    await context.print(aboutView(about.value, backup, context.nowMs()), args.text('output'));
    const failure = backupFailure(backup, context.nowMs());
    if (failure !== null) context.note(failure);
    return EXIT.yes;
  },
};
