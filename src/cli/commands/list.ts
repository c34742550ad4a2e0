import { type CommandDefinition, OUTPUT_OPTION } from '../command.ts';
import { ControllerClient } from '../controller-client.ts';
import { EXIT } from '../exit-codes.ts';
import { formatAge, STATE_OPTION } from '../ledger-view.ts';

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
          { title: 'WAITS FOR' },
        ],
        rows: views.value.map(({ id, openedAtMs, phases, weights, waiting, back }) => [
          id,
          formatAge(openedAtMs, nowMs),
          back === null ? (phases.find((one) => one.standing === 'active')?.name ?? '-') : 'back',
          `${weights.candidate} %`,
          waiting.map(({ on }) => on).join(', '),
        ]),
      },
      args.text('output'),
    );
    return EXIT.yes;
  },
};
