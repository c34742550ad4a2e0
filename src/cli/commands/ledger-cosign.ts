import { openLedger, stateFiles } from '../../app.ts';
import { formatInstant } from '../../base/instant.ts';
import { type CommandDefinition, OUTPUT_OPTION } from '../command.ts';
import { cosignLedger } from '../cosign-ledger.ts';
import { EXIT } from '../exit-codes.ts';
import { STATE_OPTION } from '../ledger-view.ts';
import { logKey, VKEY_OPTION } from '../log-key.ts';

export const ledgerCosign: CommandDefinition = {
  name: 'ledger cosign',
  summary: 'have a witness cosign the newest checkpoint, and keep what it signed',
  operands: [],
  options: [
    { flags: '--witness <url>', summary: 'where it answers', required: true },
    {
      flags: '--witness-key <key>',
      summary: 'its public key (name+id+key) or a file with it',
      required: true,
      completes: 'file',
    },
    VKEY_OPTION,
    STATE_OPTION,
    OUTPUT_OPTION,
  ],
  example: 'auroractl ledger cosign --witness http://127.0.0.1:7380/ --witness-key witness.vkey',
  exits:
    '0 cosigned, 2 no ledger or key, 4 the witness refuses, 5 nobody answers, 6 it saw another history',
  run: async (context, args) => {
    const state = args.text('state') ?? '';
    const files = stateFiles(state);
    const vkey = logKey(args.text('vkey'), files.logVkey);
    if (!vkey.ok) return context.fail(vkey.problem);
    const witnessVkey = logKey(args.text('witness-key'), '');
    if (!witnessVkey.ok) return context.fail(witnessVkey.problem);
    const ledger = await openLedger(state);
    if (!ledger.ok) return context.fail(ledger.problem);
    try {
      const url = args.text('witness') ?? '';
      const keys = { vkey: vkey.value, witnessVkey: witnessVkey.value };
      const cosigned = await cosignLedger(ledger.value, url, keys, files.cosigned);
      if (!cosigned.ok) return context.fail(cosigned.problem);
      const { witness, size, atS } = cosigned.value;
      const shown = { witness, size, at: formatInstant(atS * 1_000), kept: files.cosigned };
      await context.print(
        {
          kind: 'Cosignature',
          data: shown,
          columns: [{ title: 'WHAT' }, { title: 'VALUE' }],
          rows: Object.entries(shown).map(([name, value]) => [name, String(value)]),
        },
        args.text('output'),
      );
      return EXIT.yes;
    } finally {
      ledger.value.close();
    }
  },
};
