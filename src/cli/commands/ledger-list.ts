import { openLedger } from '../../app.ts';
import { DURATION_FORM, parseDuration } from '../../base/duration.ts';
import { problem } from '../../base/problem.ts';
import { type CommandDefinition, OUTPUT_OPTION } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { formatAge, formatTime, parseWhole, STATE_OPTION } from '../ledger-view.ts';

export const ledgerList: CommandDefinition = {
  name: 'ledger list',
  summary: 'list entries of the ledger',
  operands: [],
  options: [
    { flags: '--promotion <id>', summary: 'only of this promotion' },
    { flags: '--type <type>', summary: 'only of this type' },
    { flags: '--since <duration>', summary: 'only those younger than this, such as 7d' },
    { flags: '--limit <count>', summary: 'the newest so many', default: '100' },
    STATE_OPTION,
    OUTPUT_OPTION,
  ],
  example: 'auroractl ledger list --since 7d -o json',
  exits: '0 listed, 2 no ledger',
  run: async (context, args) => {
    const limit = parseWhole(args.text('limit') ?? '', '--limit');
    if (!limit.ok) return context.fail(limit.problem);
    const since = args.text('since');
    const sinceMs = since === null ? null : parseDuration(since);
    if (since !== null && sinceMs === null) {
      const message = `expected ${DURATION_FORM} as --since, found ${JSON.stringify(since)}`;
      return context.fail(problem('usage', message));
    }
    const ledger = await openLedger(args.text('state') ?? '');
    if (!ledger.ok) return context.fail(ledger.problem);
    const promotion = args.text('promotion');
    const type = args.text('type');
    const nowMs = context.nowMs();
    const leaves = ledger.value.list({
      limit: limit.value,
      ...(promotion === null ? {} : { promotion }),
      ...(type === null ? {} : { type }),
      ...(sinceMs === null ? {} : { sinceMs: nowMs - sinceMs }),
    });
    ledger.value.close();
    if (!leaves.ok) return context.fail(leaves.problem);
    await context.print(
      {
        kind: 'LedgerEntryList',
        data: {
          items: leaves.value.map((leaf) => ({
            index: leaf.index,
            at: formatTime(leaf.atMs),
            promotion: leaf.promotion,
            type: leaf.type,
            actor: leaf.actor,
            summary: leaf.summary,
            blobSha256: leaf.blobSha256,
          })),
        },
        columns: [
          { title: 'INDEX' },
          { title: 'AGE' },
          { title: 'AT' },
          { title: 'PROMOTION' },
          { title: 'TYPE' },
          { title: 'ACTOR', wide: true },
          { title: 'SUMMARY' },
        ],
        rows: leaves.value.map((leaf) => [
          String(leaf.index),
          formatAge(leaf.atMs, nowMs),
          formatTime(leaf.atMs),
          leaf.promotion,
          leaf.type,
          leaf.actor,
          leaf.summary,
        ]),
      },
      args.text('output'),
    );
    return EXIT.yes;
  },
};
