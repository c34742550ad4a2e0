import { type CommandDefinition, OUTPUT_OPTION } from '../command.ts';
import { ControllerClient, PROMOTION_OPERAND } from '../controller-client.ts';
import { EXIT } from '../exit-codes.ts';
import { formatTime, STATE_OPTION } from '../ledger-view.ts';
import { outcomeText } from '../promotion-tree.ts';

export const explain: CommandDefinition = {
  name: 'explain',
  summary: 'say what a promotion waits for, and what helps',
  operands: [PROMOTION_OPERAND],
  options: [STATE_OPTION, OUTPUT_OPTION],
  example: 'auroractl explain',
  exits: '0 explained, 2 no such promotion',
  run: async (context, args) => {
    const found = await new ControllerClient(args.text('state') ?? '').promotion(args.operands[0]);
    if (!found.ok) return context.fail(found.problem);
    const { id, waiting, outcome } = found.value;
    if (outcome !== null) context.note(`${id} has ended: ${outcomeText(outcome)}`);
    await context.print(
      {
        kind: 'Explanation',
        data: { promotion: id, waiting },
        columns: [{ title: 'ON' }, { title: 'UNTIL' }, { title: 'WHY' }, { title: 'HELPS' }],
        rows: waiting.map(({ on, text, untilMs, next }) => [
          on,
          untilMs === null ? '-' : formatTime(untilMs),
          text,
          next ?? '-',
        ]),
      },
      args.text('output'),
    );
    return EXIT.yes;
  },
};
