import { PromotionViews } from '../../protocol/controller.ts';
import type { CommandDefinition } from '../command.ts';
import { ControllerClient } from '../controller-client.ts';
import { EXIT } from '../exit-codes.ts';
import { STATE_OPTION } from '../ledger-view.ts';

export const controllerStop: CommandDefinition = {
  name: 'controller stop',
  summary: 'stop the controller: promotions stand still until it is started again',
  operands: [],
  options: [
    { flags: '--force', summary: 'even while a candidate has traffic: its fallback follows' },
    STATE_OPTION,
  ],
  example: 'auroractl controller stop',
  exits: '0 none runs now, 4 a candidate has traffic, 5 it does not answer',
  run: async (context, args) => {
    const client = new ControllerClient(args.text('state') ?? '');
    const active = await client.askRunning(PromotionViews, '/promotions');
    const stopped = await client.stop(args.flag('force'));
    if (!stopped.ok) return context.fail(stopped.problem);
    context.note(stopped.value ? 'the controller is stopped' : 'no controller runs');
    const ids = active?.ok === true ? active.value.map(({ id }) => id) : [];
    if (stopped.value && ids.length > 0) {
      context.note(`until it is started again these stand still: ${ids.join(', ')}`);
      context.note(
        'to go on: auroractl controller start; other commands that need it start it too',
      );
    }
    return EXIT.yes;
  },
};
