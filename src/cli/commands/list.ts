import type { PromotionView } from '../../protocol/controller.ts';
import { type CommandDefinition, OUTPUT_OPTION } from '../command.ts';
import { ControllerClient } from '../controller-client.ts';
import { EXIT } from '../exit-codes.ts';
import { formatAge, STATE_OPTION } from '../ledger-view.ts';
import { outcomeText } from '../promotion-tree.ts';

export const list: CommandDefinition = {
  name: 'list',
  summary: 'list active promotions',
  operands: [],
  options: [STATE_OPTION, OUTPUT_OPTION],
  example: 'auroractl list',
  exits: '0 listed, 5 the controller does not answer',
  run: async (context, args) => {
    const views = await new ControllerClient(args.text('state') ?? '').promotions();
    if (!views.ok) return context.fail(views.problem);
    const nowMs = context.nowMs();
    await context.print(
      {
        kind: 'PromotionList',
        data: { items: views.value },
        columns: [
          { title: 'PROMOTION' },
          { title: 'AGE' },
          { title: 'PHASE' },
          { title: 'CANDIDATE' },
          { title: 'PLAN', wide: true },
          { title: 'BY', wide: true },
          { title: 'OUTCOME', wide: true },
          { title: 'WAITS FOR' },
        ],
        rows: views.value.map((view) => [
          view.id,
          formatAge(view.openedAtMs, nowMs),
          phaseOf(view),
          `${view.weights.candidate} %`,
          view.plan,
          view.by,
          view.outcome === null ? '-' : outcomeText(view.outcome),
          view.waiting.map(({ on }) => on).join(', '),
        ]),
      },
      args.text('output'),
    );
    return EXIT.yes;
  },
};

function phaseOf({ back, phases }: PromotionView): string {
  if (back !== null) return 'back';
  return phases.find(({ standing }) => standing === 'active')?.name ?? '-';
}
