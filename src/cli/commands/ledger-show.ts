import { openLedger } from '../../app.ts';
import { problem } from '../../base/problem.ts';
import { parseJson } from '../../core/ledger/entry.ts';
import type { CommandDefinition } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { formatTime, parseWhole, STATE_OPTION } from '../ledger-view.ts';

export const ledgerShow: CommandDefinition = {
  name: 'ledger show',
  summary: 'print one entry of the ledger in full',
  operands: [{ name: '<index>', summary: 'counted from 0', completes: 'nothing' }],
  options: [
    STATE_OPTION,
    {
      flags: '-o, --output <format>',
      summary: 'body: the exact bytes that the ledger hashes',
      default: 'yaml',
      choices: ['yaml', 'json', 'body'],
    },
  ],
  example: 'auroractl ledger show 0',
  exits: '0 printed, 2 no such entry',
  run: async (context, args) => {
    const index = parseWhole(args.operands[0] ?? '', 'the index of an entry');
    if (!index.ok) return context.fail(index.problem);
    const ledger = await openLedger(args.text('state') ?? '');
    if (!ledger.ok) return context.fail(ledger.problem);
    const leaf = ledger.value.leaf(index.value);
    ledger.value.close();
    if (!leaf.ok) return context.fail(leaf.problem);
    if (leaf.value === null) {
      const hint = 'see what there is: auroractl ledger list';
      return context.fail(problem('not-found', `there is no entry ${index.value}`, hint));
    }
    const { body, promotion, atMs, type, actor, summary, blobSha256 } = leaf.value;
    const format = args.text('output');
    if (format === 'body') {
      context.printText(body);
      return EXIT.yes;
    }
    const data = {
      index: index.value,
      at: formatTime(atMs),
      promotion,
      type,
      actor,
      summary,
      blobSha256,
      body: parseJson(body) ?? body,
    };
    await context.print({ kind: 'LedgerEntry', data, columns: [], rows: [] }, format);
    return EXIT.yes;
  },
};
