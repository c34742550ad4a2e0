import { publishTilesOf, stateFiles } from '../../app.ts';
import { type CommandDefinition, OUTPUT_OPTION } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { STATE_OPTION } from '../ledger-view.ts';
import { logKey, VKEY_OPTION } from '../log-key.ts';

export const ledgerTiles: CommandDefinition = {
  name: 'ledger tiles',
  summary: 'write the ledger as files that any transparency-log client reads (C2SP tlog-tiles)',
  operands: [
    { name: '<folder>', summary: 'made where it is new, else continued', completes: 'folder' },
  ],
  options: [VKEY_OPTION, STATE_OPTION, OUTPUT_OPTION],
  example: 'auroractl ledger tiles published',
  exits:
    '0 written, 2 no ledger or no key, 5 nothing is signed yet, 6 the folder is of another history',
  run: async (context, args) => {
    const state = args.text('state') ?? '';
    const vkey = logKey(args.text('vkey'), stateFiles(state).logVkey);
    if (!vkey.ok) return context.fail(vkey.problem);
    const folder = args.operands[0] ?? '';
    const published = await publishTilesOf(state, { folder, vkey: vkey.value });
    if (!published.ok) return context.fail(published.problem);
    const shown = { folder, ...published.value };
    await context.print(
      {
        kind: 'LedgerTiles',
        data: shown,
        columns: [{ title: 'WHAT' }, { title: 'VALUE' }],
        rows: Object.entries(shown).map(([name, value]) => [name, String(value)]),
      },
      args.text('output'),
    );
    return EXIT.yes;
  },
};
