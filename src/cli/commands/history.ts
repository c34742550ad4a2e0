import { formatDuration } from '../../base/duration.ts';
import { problem } from '../../base/problem.ts';
import { HistoryEntries, type HistoryEntry } from '../../protocol/controller.ts';
import { type CommandDefinition, OUTPUT_OPTION } from '../command.ts';
import { ControllerClient } from '../controller-client.ts';
import { EXIT } from '../exit-codes.ts';
import { formatAge, formatTime, parseWhole, STATE_OPTION } from '../ledger-view.ts';
import type { View } from '../output.ts';
import { outcomeText } from '../promotion-tree.ts';

export const history: CommandDefinition = {
  name: 'history',
  summary: 'list promotions that have ended, the last one first',
  operands: [{ name: '[service]', summary: 'only of this service', completes: 'nothing' }],
  options: [
    { flags: '-n, --limit <count>', summary: 'the last so many', default: '20' },
    STATE_OPTION,
    OUTPUT_OPTION,
  ],
  example: 'auroractl history -n 5',
  exits: '0 listed, 2 nothing of that service has ended',
  run: async (context, args) => {
    const limit = parseWhole(args.text('limit') ?? '', '--limit');
    if (!limit.ok) return context.fail(limit.problem);
    const [service] = args.operands;
    const query = new URLSearchParams({ limit: String(limit.value) });
    if (service !== undefined) query.set('service', service);
    const client = new ControllerClient(args.text('state') ?? '');
    const entries = await client.ask(HistoryEntries, 'GET', `/history?${query}`);
    if (!entries.ok) return context.fail(entries.problem);
    if (entries.value.length === 0 && service !== undefined) {
      const message = `no promotion of ${service} has ended yet`;
      return context.fail(problem('not-found', message, 'auroractl history; auroractl list'));
    }
    await context.print(viewOf(entries.value, context.nowMs()), args.text('output'));
    return EXIT.yes;
  },
};

function viewOf(entries: readonly HistoryEntry[], nowMs: number): View {
  return {
    kind: 'PromotionHistory',
    data: { items: entries },
    columns: [
      { title: 'PROMOTION' },
      { title: 'ENDED' },
      { title: 'AT', wide: true },
      { title: 'TOOK' },
      { title: 'CANDIDATE', wide: true },
      { title: 'PLAN' },
      { title: 'SHARE' },
      { title: 'BY' },
      { title: 'OUTCOME' },
    ],
    rows: entries.map((entry) => {
      const { id, openedAtMs, outcome, candidate, plan, highestPct, by, rehearsal } = entry;
      const ended = outcomeText(outcome);
      return [
        id,
        `${formatAge(outcome.atMs, nowMs)} ago`,
        formatTime(outcome.atMs),
        formatDuration(Math.round((outcome.atMs - openedAtMs) / 1_000) * 1_000),
        candidate,
        plan,
        `${highestPct} %`,
        by,
        rehearsal && outcome.kind !== 'rehearsed' ? `rehearsal, ${ended}` : ended,
      ];
    }),
  };
}
