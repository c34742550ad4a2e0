import { present } from '../../base/assert.ts';
import { type CommandDefinition, type OptionDefinition, OUTPUT_OPTION } from '../command.ts';
import { SETTINGS } from '../config.ts';
import { caller } from '../controller-client.ts';
import { EXIT } from '../exit-codes.ts';
import { STATE_OPTION } from '../ledger-view.ts';
import { PROFILES_DIR_OPTION } from '../profile-files.ts';

const BY_OPTION: OptionDefinition = {
  flags: '--by <name>',
  summary: 'who gives orders; else the name of your account',
};

export const configView: CommandDefinition = {
  name: 'config view',
  summary: 'show every setting, its value, and who gave it',
  operands: [],
  options: [STATE_OPTION, PROFILES_DIR_OPTION, BY_OPTION, OUTPUT_OPTION],
  example: 'auroractl config view',
  exits: '0 shown, 2 a file of settings is not sound',
  run: async (context, args) => {
    const items = SETTINGS.map(({ flag, key, env }) => {
      const source = present(args.source?.(flag), 'the command line says who gave a value');
      const value = flag === 'by' ? caller(args.text(flag)) : (args.text(flag) ?? '');
      return { name: key, value, env, ...source };
    });
    await context.print(
      {
        kind: 'Settings',
        data: { items },
        columns: [
          { title: 'SETTING' },
          { title: 'VALUE' },
          { title: 'FROM' },
          { title: 'AT' },
          { title: 'VARIABLE', wide: true },
        ],
        rows: items.map(({ name, value, from, at, env }) => [name, value, from, at ?? '-', env]),
      },
      args.text('output'),
    );
    return EXIT.yes;
  },
};
