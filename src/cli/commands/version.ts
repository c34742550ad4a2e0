import { type CommandDefinition, OUTPUT_OPTION } from '../command.ts';
import { EXIT } from '../exit-codes.ts';

export const version: CommandDefinition = {
  name: 'version',
  summary: 'print the version',
  operands: [],
  options: [OUTPUT_OPTION],
  example: 'auroractl version -o json',
  exits: '0',
  run: async (context, args) => {
    const format = args.text('output') ?? '';
    if (!['json', 'yaml'].includes(format)) {
      context.printText(`auroractl ${context.version}\n`);
      return EXIT.yes;
    }
    const data = { version: context.version, node: process.versions.node };
    await context.print({ kind: 'Version', data, columns: [], rows: [] }, format);
    return EXIT.yes;
  },
};
