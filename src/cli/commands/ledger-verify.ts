import { stateFiles, verifyLedgerOf } from '../../app.ts';
import { toHex } from '../../base/bytes.ts';
import { problem } from '../../base/problem.ts';
import { type CommandDefinition, OUTPUT_OPTION } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { STATE_OPTION } from '../ledger-view.ts';
import { logKey, VKEY_OPTION } from '../log-key.ts';

export const ledgerVerify: CommandDefinition = {
  name: 'ledger verify',
  summary: 're-hash the whole ledger and check its signatures',
  operands: [],
  options: [VKEY_OPTION, STATE_OPTION, OUTPUT_OPTION],
  example: 'auroractl ledger verify',
  exits: '0 intact, 2 no ledger or no key, 6 damaged',
  run: async (context, args) => {
    const state = args.text('state') ?? '';
    const given = args.text('vkey');
    const vkey = logKey(given, stateFiles(state).logVkey);
    if (!vkey.ok) return context.fail(vkey.problem);
    const verified = await verifyLedgerOf(state, vkey.value);
    if (!verified.ok) return context.fail(verified.problem);
    const { root, damage, damageCount, ...counts } = verified.value;
    const shown = { ...counts, root: toHex(root), damageCount };
    for (const { entry, place, message } of damage) {
      context.note(`damage: ${entry === null ? '' : `entry ${entry}, `}${place}: ${message}`);
    }
    await context.print(
      {
        kind: 'LedgerVerification',
        data: { intact: damageCount === 0, ...shown, damage },
        columns: [{ title: 'WHAT' }, { title: 'VALUE' }],
        rows: Object.entries(shown).map(([name, value]) => [name, String(value)]),
      },
      args.text('output'),
    );
    if (given === null) {
      context.note('the key is the one beside the ledger; an outsider passes the published --vkey');
    }
    if (damageCount === 0) return EXIT.yes;
    const hint =
      'keep this file as it is; restore the newest backup that verifies into another folder';
    return context.fail(
      problem('integrity', `the ledger is damaged in ${damageCount} places`, hint),
    );
  },
};
