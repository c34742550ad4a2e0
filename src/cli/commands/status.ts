import type { PromotionView } from '../../protocol/controller.ts';
import { askBackup } from '../ask-backup.ts';
import { type CommandDefinition, OUTPUT_OPTION } from '../command.ts';
import { ControllerClient, PROMOTION_OPERAND } from '../controller-client.ts';
import { backupFailure } from '../controller-view.ts';
import { STATE_OPTION } from '../ledger-view.ts';
import { promotionTree } from '../promotion-tree.ts';
import { outcomeCode, watchPromotion } from '../watch-promotion.ts';

export const status: CommandDefinition = {
  name: 'status',
  summary: 'show a promotion: phase, gates, checks, numbers, what it waits for',
  operands: [PROMOTION_OPERAND],
  options: [{ flags: '-w, --watch', summary: 'until it has ended' }, STATE_OPTION, OUTPUT_OPTION],
  example: 'auroractl status',
  exits: '0 promoted, 1 rolled back, 2 no such promotion, 5 under way',
  run: async (context, args) => {
    const client = new ControllerClient(args.text('state') ?? '');
    const found = await client.promotion(args.operands[0]);
    if (!found.ok) return context.fail(found.problem);
    const view: PromotionView = found.value;
    if (args.flag('watch')) return await watchPromotion(context, client, view, context.isTerminal);
    const format = args.text('output');
    if (format === 'json' || format === 'yaml') {
      await context.print({ kind: 'Promotion', data: view, columns: [], rows: [] }, format);
    } else {
      context.printText(promotionTree(view, context.nowMs()));
      const failure = backupFailure(await askBackup(client), context.nowMs());
      if (failure !== null) context.note(failure);
    }
    return outcomeCode(view);
  },
};
