import { type Order, PromotionView } from '../protocol/controller.ts';
import type { CommandDefinition } from './command.ts';
import { ControllerClient, caller, PROMOTION_OPERAND } from './controller-client.ts';
import { EXIT } from './exit-codes.ts';
import { STATE_OPTION } from './ledger-view.ts';

/** A command by which a person moves a promotion: one order to the controller. */
export function orderCommand(command: Order['command'], summary: string): CommandDefinition {
  return {
    name: command,
    summary,
    operands: [PROMOTION_OPERAND],
    options: [
      {
        flags: '--reason <text>',
        summary: 'why; it is written to the ledger',
        default: 'no reason given',
      },
      { flags: '--by <name>', summary: 'who; else the name of your account' },
      STATE_OPTION,
    ],
    example: `auroractl ${command} --reason 'customers report errors'`,
    exits: '0 taken, 2 no such promotion, 4 it cannot be',
    run: async (context, args) => {
      const client = new ControllerClient(args.text('state') ?? '');
      const found = await client.promotion(args.operands[0]);
      if (!found.ok) return context.fail(found.problem);
      const { id } = found.value;
      const reason = args.text('reason') ?? '';
      const body: Order = { id, command, by: caller(args.text('by')), reason };
      const taken = await client.ask(PromotionView, 'POST', '/command', body);
      if (!taken.ok) return context.fail(taken.problem);
      context.note(`${id}: ${command} is written; auroractl status ${id}`);
      return EXIT.yes;
    },
  };
}
